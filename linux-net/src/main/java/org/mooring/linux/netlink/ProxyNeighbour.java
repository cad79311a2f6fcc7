package org.mooring.linux.netlink;

import java.net.Inet4Address;
import org.mooring.linux.Interface;

/**
 * An address that this machine answers ARP for on a link. The kernel does so if the link forwards, if the route to the address leads out of
 * another device, and after a random delay of up to the link's {@code proxy_delay}
 * ({@link org.mooring.linux.Sysctl#ipv4Neighbour}), which is 0.8 s unless it was set to 0.
 *
 * @param protocol who made it; of an entry by us it is {@link Route#PROTOCOL}
 */
public record ProxyNeighbour(int interfaceIndex, Inet4Address address, int protocol) {
    public static ProxyNeighbour on(Interface link, Inet4Address address) {
        return new ProxyNeighbour(link.index(), address, Route.PROTOCOL);
    }
}
