package org.mooring.linux;

import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A 48-bit Ethernet address.
 *
 * @param bits the six octets, the first one on the wire in the highest place; bits 48..63 are zero
 */
public record MacAddress(long bits) {
    public static final int LENGTH = 6;
    public static final MacAddress BROADCAST = new MacAddress(0xffff_ffff_ffffL);

    /** What a device without a link-layer address (TUN, loopback) is said to have. */
    public static final MacAddress NONE = new MacAddress(0);

    private static final Pattern TEXT = Pattern.compile("\\p{XDigit}{2}(:\\p{XDigit}{2}){5}");

    public MacAddress {
        if (bits >>> 48 != 0) {
            throw new IllegalArgumentException("more than 48 bits: " + Long.toHexString(bits));
        }
    }

    /**
     * Reads text like {@code 52:54:00:12:34:56}.
     *
     * @throws IllegalArgumentException if it is anything else
     */
    public static MacAddress of(String text) {
        if (!TEXT.matcher(text).matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a MAC address like 52:54:00:12:34:56");
        }
        return new MacAddress(Long.parseLong(text.replace(":", ""), 16));
    }

    /** Reads the next six octets of {@code in}. */
    public static MacAddress read(ByteBuffer in) {
        long bits = 0;
        for (int i = 0; i < LENGTH; i++) {
            bits = (bits << 8) | (in.get() & 0xffL);
        }
        return new MacAddress(bits);
    }

    public void write(ByteBuffer out) {
        for (int shift = 40; shift >= 0; shift -= 8) {
            out.put((byte) (bits >>> shift));
        }
    }

    /** Whether the group bit is set: broadcast or multicast. */
    public boolean isGroup() {
        return (bits & 0x0100_0000_0000L) != 0;
    }

    @Override
    public String toString() {
        String hex = String.format(Locale.ROOT, "%012x", bits);
        return String.join(":", hex.split("(?<=\\G..)"));
    }
}
