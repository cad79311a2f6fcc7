package org.mooring.datapath;

import java.net.Inet4Address;
import org.mooring.linux.packet.Ipv4Packet;

/**
 * A home agent's datapath. A home address that is only staged is reached on the home link.
 *
 * <p>Packets that wait are those for a mobile node that comes home. Its old path is the tunnel that is installed, or has been
 * until {@link #retire}; what comes by the uplinks in no tunnel, or in another mobile node's, is on the new path. Packets for the home
 * address are taken out of its tunnel only where they wait so, or once it is retired: else they would go back into it (RFC 3024 §4.3.2).
 */
public interface HomeDatapath extends Datapath<HomeForwarding> {
    /**
     * The mobile node has come home: nothing is sent into its tunnel any more, and what comes out of it, from the mobile node or late
     * for it, is still taken. The tunnel is staged from then on.
     *
     * @throws IllegalStateException if the home address is not installed
     */
    void retire(Inet4Address homeAddress) throws DatapathException;

    /** Sends a packet into a tunnel, whether one is installed or not, behind what the kernel has sent into it. */
    void send(Tunnel tunnel, Ipv4Packet packet) throws DatapathException;
}
