package org.mooring.linux.netlink;

import java.net.Inet4Address;
import org.mooring.linux.Interface;
import org.mooring.linux.MacAddress;

/**
 * Who has an IPv4 address on a link.
 *
 * @param mac {@link MacAddress#NONE} while it is not known
 * @param permanent whether it stays until it is removed; otherwise ARP made it, and will change it
 * @param protocol who made it; of an entry by us it is {@link Route#PROTOCOL}
 */
public record Neighbour(int interfaceIndex, Inet4Address address, MacAddress mac, boolean permanent, int protocol) {
    /** An entry that holds without ARP, so also for a guest that cannot answer it. */
    public static Neighbour permanent(Interface link, Inet4Address address, MacAddress mac) {
        return new Neighbour(link.index(), address, mac, true, Route.PROTOCOL);
    }
}
