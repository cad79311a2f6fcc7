package org.mooring.protocol.wire;

import io.netty.buffer.Unpooled;
import java.util.Optional;

/**
 * MIP Tunnel Data (RFC 3519 §3.3): an encapsulated packet on port 434, beside the control messages. A keepalive is an
 * ICMP Echo in one (§4.9).
 *
 * @param nextHeader {@link #IP_IN_IP}, {@link #GRE} or {@link #MINIMAL}, or another protocol's number
 * @param reserved 16 bits, sent as zero, ignored, kept
 * @param packet what is encapsulated, from the header that {@code nextHeader} names
 */
public record TunnelData(int nextHeader, int reserved, Octets packet) {
    public static final int TYPE = 4;

    public static final int IP_IN_IP = 4;
    public static final int GRE = 47;
    public static final int MINIMAL = 55;

    private static final int HEADER_LENGTH = 4;

    public TunnelData {
        Field.requireUnsigned(8, nextHeader);
        Field.requireUnsigned(16, reserved);
    }

    /** Empty for what is too short, or of another type. */
    public static Optional<TunnelData> decode(Octets datagram) {
        return datagram.length() < HEADER_LENGTH || datagram.unsignedByte(0) != TYPE
                ? Optional.empty()
                : Optional.of(new TunnelData(
                        datagram.unsignedByte(1), datagram.unsignedShort(2), datagram.slice(HEADER_LENGTH)));
    }

    public Octets encode() {
        var header = Unpooled.buffer(HEADER_LENGTH)
                .writeByte(TYPE)
                .writeByte(nextHeader)
                .writeShort(reserved);
        return Octets.copyOf(header).concat(packet);
    }
}
