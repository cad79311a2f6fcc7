package org.mooring.protocol.nat;

import io.netty.buffer.Unpooled;
import java.util.Optional;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.TunnelData;

/**
 * An IPv4 packet with an ICMP Echo Request or Echo Reply (RFC 792), as keepalives are (RFC 3519 §4.9).
 *
 * @param identifier 16 bits
 * @param sequence 16 bits
 */
public record EchoPacket(
        Kind kind, Ipv4Address source, Ipv4Address destination, int identifier, int sequence, Octets data) {
    /** Which of the two. */
    public enum Kind {
        REQUEST(8),
        REPLY(0);

        private final int type;

        Kind(int type) {
            this.type = type;
        }
    }

    private static final int IP_HEADER_LENGTH = 20;
    private static final int ICMP_HEADER_LENGTH = 8;
    private static final int VERSION_AND_HEADER_LENGTH = 0x45;
    private static final int FRAGMENT = 0x3fff;
    private static final int TTL = 64;
    private static final int ICMP = 1;

    /** Empty for whatever else is tunnelled, for fragments, options and wrong checksums. */
    public static Optional<EchoPacket> decode(TunnelData data) {
        var packet = data.packet();
        boolean icmp = data.nextHeader() == TunnelData.IP_IN_IP
                && packet.length() >= IP_HEADER_LENGTH + ICMP_HEADER_LENGTH
                && packet.unsignedByte(0) == VERSION_AND_HEADER_LENGTH
                && packet.unsignedShort(2) == packet.length()
                && (packet.unsignedShort(6) & FRAGMENT) == 0
                && packet.unsignedByte(9) == ICMP
                && checksum(packet.slice(0, IP_HEADER_LENGTH)) == 0;
        return icmp
                ? decode(
                        new Ipv4Address(packet.int32(12)),
                        new Ipv4Address(packet.int32(16)),
                        packet.slice(IP_HEADER_LENGTH))
                : Optional.empty();
    }

    private static Optional<EchoPacket> decode(Ipv4Address source, Ipv4Address destination, Octets icmp) {
        if (checksum(icmp) != 0 || icmp.unsignedByte(1) != 0) {
            return Optional.empty();
        }
        for (var kind : Kind.values()) {
            if (kind.type == icmp.unsignedByte(0)) {
                return Optional.of(new EchoPacket(
                        kind,
                        source,
                        destination,
                        icmp.unsignedShort(4),
                        icmp.unsignedShort(6),
                        icmp.slice(ICMP_HEADER_LENGTH)));
            }
        }
        return Optional.empty();
    }

    /** What answers it. */
    public EchoPacket reply() {
        return new EchoPacket(
                Kind.REPLY, /* source= */ destination, /* destination= */ source, identifier, sequence, data);
    }

    /** As IP in UDP carries it. */
    public TunnelData encode() {
        var icmp = Unpooled.buffer(ICMP_HEADER_LENGTH + data.length());
        icmp.writeByte(kind.type)
                .writeByte(0)
                .writeShort(0)
                .writeShort(identifier)
                .writeShort(sequence);
        data.writeTo(icmp);
        icmp.setShort(2, checksum(Octets.copyOf(icmp)));
        var header = Unpooled.buffer(IP_HEADER_LENGTH);
        header.writeByte(VERSION_AND_HEADER_LENGTH).writeByte(0).writeShort(IP_HEADER_LENGTH + icmp.readableBytes());
        header.writeInt(0).writeByte(TTL).writeByte(ICMP).writeShort(0);
        header.writeInt(source.bits()).writeInt(destination.bits());
        header.setShort(10, checksum(Octets.copyOf(header)));
        return new TunnelData(TunnelData.IP_IN_IP, 0, Octets.copyOf(header).concat(Octets.copyOf(icmp)));
    }

    /** RFC 1071; zero over octets that contain their own. */
    private static int checksum(Octets octets) {
        int sum = 0;
        for (int i = 0; i < octets.length(); i++) {
            sum += i % 2 == 0 ? octets.unsignedByte(i) << 8 : octets.unsignedByte(i);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return ~sum & 0xffff;
    }
}
