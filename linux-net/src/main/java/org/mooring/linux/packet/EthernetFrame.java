package org.mooring.linux.packet;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.mooring.linux.MacAddress;

/**
 * An Ethernet II frame without its check sequence.
 *
 * @param etherType one of {@link EtherType}, or any other
 * @param payload with the padding of a short frame, if it has any
 */
public record EthernetFrame(MacAddress destination, MacAddress source, int etherType, ByteBuffer payload) {
    public static final int HEADER_LENGTH = 14;

    public EthernetFrame {
        payload = Octets.copyOf(payload);
    }

    /** Takes a frame apart; empty if it is shorter than a header. */
    public static Optional<EthernetFrame> parse(ByteBuffer octets) {
        if (octets.remaining() < HEADER_LENGTH) {
            return Optional.empty();
        }
        ByteBuffer in = octets.slice();
        MacAddress destination = MacAddress.read(in);
        MacAddress source = MacAddress.read(in);
        return Optional.of(new EthernetFrame(destination, source, in.getShort() & 0xffff, in));
    }

    /** The frame as it is sent; the device pads it where it must. */
    public ByteBuffer toOctets() {
        ByteBuffer out = ByteBuffer.allocate(HEADER_LENGTH + payload.remaining());
        destination.write(out);
        source.write(out);
        out.putShort((short) etherType).put(payload());
        return out.flip().asReadOnlyBuffer();
    }

    /** Read-only, with a position of its own. */
    @Override
    public ByteBuffer payload() {
        return payload.duplicate();
    }
}
