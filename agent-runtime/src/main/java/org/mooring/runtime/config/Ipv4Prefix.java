package org.mooring.runtime.config;

import org.mooring.protocol.wire.Ipv4Address;

/**
 * An IPv4 network, such as 10.1.0.0/24.
 *
 * @param network the network's address: no bit is set beyond {@code length}
 * @param length 0 to 32
 */
public record Ipv4Prefix(Ipv4Address network, int length) {
    /** 0.0.0.0/0, which contains every address. */
    public static final Ipv4Prefix ALL = new Ipv4Prefix(Ipv4Address.UNSPECIFIED, 0);

    public Ipv4Prefix {
        if (length < 0 || length > 32) {
            throw new IllegalArgumentException("a prefix has 0 to 32 bits, not " + length);
        }
        if ((network.bits() & ~mask(length)) != 0) {
            throw new IllegalArgumentException(
                    "'" + network + "/" + length + "' has bits set beyond its " + length + " network bits");
        }
    }

    /**
     * Reads {@code ADDRESS/LENGTH}.
     *
     * @throws IllegalArgumentException if {@code text} is not a network
     */
    public static Ipv4Prefix of(String text) {
        int slash = text.indexOf('/');
        if (slash < 0 || !text.substring(slash + 1).matches("[0-9]{1,2}")) {
            throw new IllegalArgumentException("'" + text + "' is not a network such as 192.0.2.0/24");
        }
        return new Ipv4Prefix(Ipv4Address.of(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
    }

    public boolean contains(Ipv4Address address) {
        return (address.bits() & mask(length)) == network.bits();
    }

    /** The network's directed broadcast address. */
    public Ipv4Address broadcast() {
        return new Ipv4Address(network.bits() | ~mask(length));
    }

    @Override
    public String toString() {
        return network + "/" + length;
    }

    private static int mask(int length) {
        return length == 0 ? 0 : -1 << (32 - length);
    }
}
