package org.mooring.datapath;

import java.nio.ByteBuffer;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.EtherType;

/** What is in front of a packet in a tunnel (RFC 2003 §3.1, RFC 2784 §2, RFC 2004 §3.1, RFC 3519 §3.3). Makes no garbage. */
final class OuterHeader {
    /** The longest, in octets. */
    static final int LONGEST = 32;

    /** Behind the UDP header, in front of the packet. */
    static final int TUNNEL_DATA_HEADER = 4;

    static final int TUNNEL_DATA = (Tunnel.DATA << 24) | (Encapsulation.IPIP.protocol() << 16);
    static final int TTL = 64;

    /** In the second octet of a minimal forwarding header: the original source is there. */
    static final int WITH_SOURCE = 0x80;

    private OuterHeader() {}

    /**
     * RFC 2004 §3: what is a fragment has no place to say so. What has options goes in IP, too.
     *
     * @return the protocol of what goes into the tunnel
     */
    static int protocol(TunnelEnd tunnel, ByteBuffer in, int inner) {
        boolean minimally = Ip.headerLength(in, inner) == Ip.HEADER && !Ip.isFragment(in, inner);
        return tunnel.protocol == Encapsulation.MINIMAL.protocol() && !minimally
                ? Encapsulation.IPIP.protocol()
                : tunnel.protocol;
    }

    /** How long it is. */
    static int length(int protocol) {
        return switch (protocol) {
            case 47 -> Encapsulation.GRE.overhead();
            case 55 -> Ip.HEADER + Encapsulation.MINIMAL.overhead();
            case 17 -> Encapsulation.UDP.overhead();
            default -> Encapsulation.IPIP.overhead();
        };
    }

    /** How much of the inner packet's beginning it takes the place of. */
    static int replaces(int protocol) {
        return protocol == Encapsulation.MINIMAL.protocol() ? Ip.HEADER : 0;
    }

    /**
     * Writes it. The ECN field is copied with the rest of the octet: RFC 6040's normal mode.
     *
     * @param source where the tunnel begins
     * @param protocol as {@link #protocol(TunnelEnd, ByteBuffer, int)}
     * @param inner where the inner packet's header is; it may be where this is written to
     * @param length of the inner packet
     * @param kept what a header keeps of the inner one's "don't fragment", unless the encapsulation says
     */
    static void write(
            ByteBuffer out,
            int at,
            int source,
            TunnelEnd tunnel,
            int protocol,
            ByteBuffer in,
            int inner,
            int length,
            int kept) {
        int typeOfService = in.get(inner + Ip.TYPE_OF_SERVICE);
        int identification = in.getShort(inner + Ip.IDENTIFICATION);
        int fragment = in.getShort(inner + Ip.FRAGMENT) & 0xffff;
        int ttl = in.get(inner + Ip.TTL);
        int innerProtocol = in.get(inner + Ip.PROTOCOL);
        int innerSource = in.getInt(inner + Ip.SOURCE);
        int innerDestination = in.getInt(inner + Ip.DESTINATION);

        int header = length(protocol);
        int behind = at + Ip.HEADER;
        out.put(at, (byte) 0x45)
                .put(at + Ip.TYPE_OF_SERVICE, (byte) typeOfService)
                .putShort(at + Ip.TOTAL_LENGTH, (short) (header - replaces(protocol) + length))
                .putShort(at + Ip.IDENTIFICATION, (short) 0)
                .putShort(at + Ip.FRAGMENT, (short) (fragment & kept))
                .put(at + Ip.TTL, (byte) TTL)
                .put(at + Ip.PROTOCOL, (byte) protocol)
                .putInt(at + Ip.SOURCE, source)
                .putInt(at + Ip.DESTINATION, tunnel.remote);
        switch (protocol) {
            case 47 -> out.putInt(behind, EtherType.IPV4);
            case 55 -> {
                out.putShort(at + Ip.IDENTIFICATION, (short) identification)
                        .putShort(at + Ip.FRAGMENT, (short) fragment)
                        .put(at + Ip.TTL, (byte) ttl);
                out.put(behind, (byte) innerProtocol)
                        .put(behind + 1, (byte) WITH_SOURCE)
                        .putShort(behind + 2, (short) 0)
                        .putInt(behind + 4, innerDestination)
                        .putInt(behind + 8, innerSource);
                out.putShort(behind + 2, (short)
                        ~Checksum.fold(Checksum.add(out, behind, Encapsulation.MINIMAL.overhead(), 0)));
            }
            case 17 -> {
                // RFC 3519 §4.8: whoever is behind a NAT fragments before.
                out.putShort(at + Ip.FRAGMENT, (short) (fragment & Ip.DONT_FRAGMENT));
                // The checksum stays zero: the inner packet has one.
                out.putShort(behind, (short) Tunnel.OWN_PORT)
                        .putShort(behind + 2, (short) tunnel.port)
                        .putShort(behind + 4, (short) (header - Ip.HEADER + length))
                        .putShort(behind + Ip.UDP_CHECKSUM, (short) 0)
                        .putInt(behind + Ip.UDP_HEADER, TUNNEL_DATA);
            }
            default -> {}
        }
        Ip.writeChecksum(out, at, Ip.HEADER);
    }
}
