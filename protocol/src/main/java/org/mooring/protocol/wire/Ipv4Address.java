package org.mooring.protocol.wire;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * An IPv4 address as the messages carry it: 32 bits, no name, no lookup.
 *
 * @param bits the address, most significant octet first
 */
public record Ipv4Address(int bits) implements Comparable<Ipv4Address> {
    /** 0.0.0.0: "not known", the home address of a mobile node that asks for one (RFC 3344 §3.3). */
    public static final Ipv4Address UNSPECIFIED = new Ipv4Address(0);

    /** 255.255.255.255. */
    public static final Ipv4Address LIMITED_BROADCAST = new Ipv4Address(-1);

    /** 224.0.0.1, the group that all systems of a link listen to (RFC 1112 §4). */
    public static final Ipv4Address ALL_SYSTEMS = of(224, 0, 0, 1);

    /** 224.0.0.2, the group that all routers of a link listen to (RFC 1256 §2). */
    public static final Ipv4Address ALL_ROUTERS = of(224, 0, 0, 2);

    /** 224.0.0.11, the group that all mobility agents listen to (RFC 3344 §2.3). */
    public static final Ipv4Address ALL_MOBILITY_AGENTS = of(224, 0, 0, 11);

    /**
     * Reads dotted decimal, and nothing else: no host names, no abbreviations, no leading zeros.
     *
     * @throws IllegalArgumentException if {@code text} is not such an address
     */
    public static Ipv4Address of(String text) {
        var parts = text.split("\\.", -1);
        if (parts.length != 4) {
            throw new IllegalArgumentException("'" + text + "' is not an IPv4 address");
        }
        int bits = 0;
        for (var part : parts) {
            if (!part.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(part) > 255) {
                throw new IllegalArgumentException("'" + text + "' is not an IPv4 address");
            }
            bits = (bits << 8) | Integer.parseInt(part);
        }
        return new Ipv4Address(bits);
    }

    public static Ipv4Address of(Inet4Address address) {
        var octets = address.getAddress();
        return of(octets[0] & 0xff, octets[1] & 0xff, octets[2] & 0xff, octets[3] & 0xff);
    }

    private static Ipv4Address of(int a, int b, int c, int d) {
        return new Ipv4Address((a << 24) | (b << 16) | (c << 8) | d);
    }

    public Inet4Address toInet() {
        byte[] octets = {(byte) octet(0), (byte) octet(1), (byte) octet(2), (byte) octet(3)};
        try {
            return (Inet4Address) InetAddress.getByAddress(octets);
        } catch (UnknownHostException e) {
            throw new AssertionError("four octets are always an address", e);
        }
    }

    public boolean isUnspecified() {
        return bits == 0;
    }

    /** Whether this is 224.0.0.0/4. */
    public boolean isMulticast() {
        return (bits >>> 28) == 0xe;
    }

    /** Neither unspecified, multicast, reserved (240.0.0.0/4) nor limited broadcast. */
    public boolean isUnicast() {
        return (bits >>> 24) != 0 && (bits >>> 28) < 0xe;
    }

    /** Unsigned order, so that lists of addresses read as people expect. */
    @Override
    public int compareTo(Ipv4Address other) {
        return Integer.compareUnsigned(bits, other.bits);
    }

    @Override
    public String toString() {
        return octet(0) + "." + octet(1) + "." + octet(2) + "." + octet(3);
    }

    private int octet(int index) {
        return (bits >>> (24 - 8 * index)) & 0xff;
    }
}
