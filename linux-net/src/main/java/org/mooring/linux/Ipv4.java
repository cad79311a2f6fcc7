package org.mooring.linux;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** IPv4 addresses as octets and as text. Nothing here asks a name server. */
public final class Ipv4 {
    public static final int LENGTH = 4;

    private static final Pattern DOTTED = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");

    private Ipv4() {}

    /**
     * Reads dotted decimals: {@code 10.1.0.50}.
     *
     * @throws IllegalArgumentException if it is anything else
     */
    public static Inet4Address address(String dotted) {
        Matcher matcher = DOTTED.matcher(dotted);
        int bits = 0;
        for (int group = 1; group <= LENGTH; group++) {
            int octet = matcher.matches() ? Integer.parseInt(matcher.group(group)) : Integer.MAX_VALUE;
            if (octet > 255) {
                throw new IllegalArgumentException("'" + dotted + "' is not an IPv4 address like 10.1.0.50");
            }
            bits = (bits << 8) | octet;
        }
        return address(bits);
    }

    /** The address whose first octet is the highest of {@code bits}. */
    public static Inet4Address address(int bits) {
        return read(ByteBuffer.allocate(LENGTH).putInt(0, bits));
    }

    /** Reads the next four octets of {@code in}. */
    public static Inet4Address read(ByteBuffer in) {
        byte[] octets = new byte[LENGTH];
        in.get(octets);
        try {
            return (Inet4Address) InetAddress.getByAddress(octets);
        } catch (UnknownHostException e) {
            throw new AssertionError("four octets are an IPv4 address", e);
        }
    }
}
