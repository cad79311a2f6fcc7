package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import org.mooring.linux.packet.Ipv4Packet;
import org.pcap4j.packet.IllegalRawDataException;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.TcpPacket;
import org.pcap4j.packet.UdpPacket;
import org.pcap4j.util.ByteArrays;

/** Lengths and checksums of captured packets, outer and inner ones, by Pcap4J: octet by octet as they were on the wire. */
final class PacketCheck {
    private static final int WITHOUT_OPTIONS = 5;
    private static final int GRE = 47;
    private static final int GRE_HEADER = 4;
    private static final int GRE_CHECKSUM = 0x8000;
    private static final int UDP_HEADER = 8;
    private static final int REGISTRATION_PORT = 434;
    private static final int TUNNEL_DATA = 4;
    private static final int MINIMAL = 55;

    private PacketCheck() {}

    /** The packet, which has to take all these octets. */
    static IpV4Packet read(ByteBuffer octets) {
        byte[] raw = octets(octets);
        try {
            return IpV4Packet.newPacket(raw, 0, raw.length);
        } catch (IllegalRawDataException e) {
            throw new AssertionError(e);
        }
    }

    /** @param checksummed whether checksums of TCP and UDP are not left to a device to fill in */
    static void check(ByteBuffer octets, boolean checksummed) {
        IpV4Packet.IpV4Header header = read(octets).getHeader();
        assertEquals(octets.remaining(), header.getTotalLengthAsInt(), "length of " + header);
        assertTrue(header.hasValidChecksum(false), () -> "checksum of " + header);
        if (header.getMoreFragmentFlag() || header.getFragmentOffset() != 0) {
            return;
        }
        int length = header.getIhlAsInt() * Integer.BYTES;
        ByteBuffer payload = octets.slice(octets.position() + length, octets.remaining() - length);
        switch (header.getProtocol().value()) {
            case Ipv4Packet.ICMP -> assertEquals(0, ByteArrays.calcChecksum(octets(payload)), "ICMP checksum");
            case Ipv4Packet.IPIP -> inner(payload, 0, header, checksummed);
            case GRE -> {
                boolean plain = (payload.getShort(0) & GRE_CHECKSUM) == 0;
                inner(payload, plain ? GRE_HEADER : 2 * GRE_HEADER, header, checksummed);
            }
            case Ipv4Packet.UDP -> {
                udp(payload, header, checksummed);
                if (payload.getShort(2) == REGISTRATION_PORT && payload.get(UDP_HEADER) == TUNNEL_DATA) {
                    inner(payload, UDP_HEADER + Integer.BYTES, header, checksummed);
                }
            }
            case Ipv4Packet.TCP -> tcp(payload, header, checksummed);
            case MINIMAL -> Encapsulated.inner(Ipv4Packet.parse(octets).orElseThrow());
            default -> {}
        }
    }

    private static void inner(ByteBuffer payload, int at, IpV4Packet.IpV4Header outer, boolean checksummed) {
        assertEquals(WITHOUT_OPTIONS, outer.getIhlAsInt());
        check(payload.slice(at, payload.remaining() - at), checksummed);
    }

    private static void udp(ByteBuffer octets, IpV4Packet.IpV4Header header, boolean checksummed) {
        byte[] raw = octets(octets);
        try {
            UdpPacket udp = UdpPacket.newPacket(raw, 0, raw.length);
            assertEquals(raw.length, udp.getHeader().getLengthAsInt(), "length of " + udp.getHeader());
            assertTrue(
                    !checksummed || udp.hasValidChecksum(header.getSrcAddr(), header.getDstAddr(), true),
                    () -> "checksum of " + udp.getHeader());
        } catch (IllegalRawDataException e) {
            throw new AssertionError(e);
        }
    }

    private static void tcp(ByteBuffer octets, IpV4Packet.IpV4Header header, boolean checksummed) {
        Inet4Address source = header.getSrcAddr();
        TcpPacket tcp = tcp(octets);
        assertTrue(
                !checksummed || tcp.hasValidChecksum(source, header.getDstAddr(), false),
                () -> "checksum of " + tcp.getHeader());
    }

    static TcpPacket tcp(ByteBuffer octets) {
        byte[] raw = octets(octets);
        try {
            return TcpPacket.newPacket(raw, 0, raw.length);
        } catch (IllegalRawDataException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] octets(ByteBuffer buffer) {
        byte[] octets = new byte[buffer.remaining()];
        buffer.duplicate().get(octets);
        return octets;
    }
}
