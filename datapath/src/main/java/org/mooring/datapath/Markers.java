package org.mooring.datapath;

import java.nio.ByteBuffer;
import org.mooring.linux.packet.Ipv4Packet;

/** What agents send beside registration: only a marker comes out of a tunnel. */
final class Markers {
    private Markers() {}

    /** Whether a packet is a UDP datagram between ports 434. */
    static boolean is(ByteBuffer in, int at, int length) {
        int ports = Ip.headerLength(in, at);
        return Ip.protocol(in, at) == Ipv4Packet.UDP
                && !Ip.isFragment(in, at)
                && length >= ports + Ip.UDP_HEADER
                && in.getShort(at + ports) == Tunnel.OWN_PORT
                && in.getShort(at + ports + Short.BYTES) == Tunnel.OWN_PORT;
    }
}
