package org.mooring.datapath;

import static org.mooring.datapath.Packets.isIpip;
import static org.mooring.datapath.Packets.text;
import static org.mooring.datapath.Topology.GUEST;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;

/** Packets as the tests send and recognise them. */
final class Packets {
    private Packets() {}

    static String hex(ByteBuffer octets, int length) {
        byte[] first = new byte[length];
        octets.get(first);
        return HexFormat.of().formatHex(first);
    }

    static Ipv4Packet udp(Inet4Address source, Inet4Address destination, int ttl, String text) {
        return new UdpPacket(source, 4000, destination, 9, ttl, StandardCharsets.US_ASCII.encode(text)).toIpv4();
    }

    /** What makes a UDP packet of this length. */
    static String text(int packetLength) {
        return "x".repeat(packetLength - 28);
    }

    static Ipv4Packet ipip(Inet4Address source, Inet4Address destination, Ipv4Packet inner) {
        return Ipv4Packet.of(source, destination, Ipv4Packet.IPIP, 64, inner.toOctets());
    }

    /** The two fragments that a router would make of it. */
    static List<Ipv4Packet> inTwo(Ipv4Packet whole) {
        int cut = 800;
        int moreFragments = 0x2000;
        ByteBuffer payload = whole.payload();
        return List.of(
                new Ipv4Packet(
                        0,
                        4711,
                        moreFragments,
                        63,
                        whole.protocol(),
                        whole.source(),
                        whole.destination(),
                        payload.slice(0, cut)),
                new Ipv4Packet(
                        0,
                        4711,
                        cut / 8,
                        63,
                        whole.protocol(),
                        whole.source(),
                        whole.destination(),
                        payload.slice(cut, payload.remaining() - cut)));
    }

    static Ipv4Packet echoRequest(Inet4Address source, Inet4Address destination) {
        byte[] icmp = {8, 0, (byte) 0xe5, (byte) 0xca, 0x12, 0x34, 0, 1};
        return Ipv4Packet.of(source, destination, Ipv4Packet.ICMP, 64, ByteBuffer.wrap(icmp));
    }

    static Ipv4Packet error(Inet4Address router, int type, int code, int mtu, Ipv4Packet about) {
        ByteBuffer octets = about.toOctets();
        ByteBuffer icmp = ByteBuffer.allocate(8 + octets.remaining())
                .put((byte) type)
                .put((byte) code)
                .putInt(0)
                .putShort((short) mtu)
                .put(octets)
                .flip();
        icmp.putShort(2, (short) Checksum.of(icmp));
        return Ipv4Packet.of(router, about.source(), Ipv4Packet.ICMP, 64, icmp);
    }

    static Ipv4Packet marked(int tos, int fragment, Ipv4Packet packet) {
        return new Ipv4Packet(
                tos,
                packet.identification(),
                fragment,
                packet.ttl(),
                packet.protocol(),
                packet.source(),
                packet.destination(),
                packet.payload());
    }

    static Ipv4Packet withTtl(int ttl, Ipv4Packet packet) {
        return new Ipv4Packet(
                packet.typeOfService(),
                packet.identification(),
                packet.fragment(),
                ttl,
                packet.protocol(),
                packet.source(),
                packet.destination(),
                packet.payload());
    }

    /** With four octets of options that ask for nothing (RFC 791 §3.1). */
    static ByteBuffer withNoOperation(Ipv4Packet packet) {
        ByteBuffer plain = packet.toOctets();
        ByteBuffer octets = ByteBuffer.allocate(plain.remaining() + Integer.BYTES)
                .put(plain.slice(0, Ipv4Packet.HEADER_LENGTH))
                .putInt(0x01010101)
                .put(packet.payload())
                .flip();
        octets.put(0, (byte) 0x46).putShort(2, (short) octets.remaining()).putShort(10, (short) 0);
        return octets.putShort(10, (short) Checksum.of(octets.slice(0, 24)));
    }

    static boolean isIcmp(Ipv4Packet packet) {
        return packet.protocol() == Ipv4Packet.ICMP;
    }

    static boolean isUdp(Ipv4Packet packet) {
        return packet.protocol() == Ipv4Packet.UDP;
    }

    static boolean isIpip(Ipv4Packet packet) {
        return packet.protocol() == Ipv4Packet.IPIP;
    }

    static boolean isFromGuest(Ipv4Packet packet) {
        return packet.source().equals(GUEST) || isIpip(packet);
    }
}
