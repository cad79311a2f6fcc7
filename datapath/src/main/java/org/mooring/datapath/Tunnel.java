package org.mooring.datapath;

import java.net.Inet4Address;

/**
 * A tunnel that begins at an agent's own address.
 *
 * @param remote the tunnel exit (RFC 2003 §3), which is also the only outer source that packets are taken from
 */
public record Tunnel(Inet4Address remote, Encapsulation encapsulation) {
    /** The encapsulation that every agent must support (RFC 3344 §4.1). */
    public static Tunnel ipip(Inet4Address remote) {
        return new Tunnel(remote, Encapsulation.IPIP);
    }
}
