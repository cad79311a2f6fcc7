package org.mooring.datapath;

import java.util.Optional;
import java.util.Set;
import org.mooring.linux.packet.Ipv4Packet;

/** How a packet is put into another. */
public enum Encapsulation {
    /** IP in IP (RFC 2003), which every agent supports (RFC 3344 §4.1). */
    IPIP(Ipv4Packet.IPIP, 20),

    /** Generic Routing Encapsulation (RFC 2784). */
    GRE(47, 24),

    /** Minimal encapsulation (RFC 2004), but for fragments and packets with options, which go by {@link #IPIP}. */
    MINIMAL(55, 12),

    /** In UDP, from port 434 (RFC 3519). */
    UDP(Ipv4Packet.UDP, 32);

    private final int protocol;
    private final int overhead;

    Encapsulation(int protocol, int overhead) {
        this.protocol = protocol;
        this.overhead = overhead;
    }

    /**
     * What a registration asks for, of both {@link #GRE} (RFC 3344 §3.3, §4.1).
     *
     * @param gre whether its bit G is set
     * @param minimal whether its bit M is set
     * @param served beside {@link #IPIP}
     * @return empty if nothing that it asks for is served
     */
    public static Optional<Encapsulation> requested(boolean gre, boolean minimal, Set<Encapsulation> served) {
        if (!gre && !minimal) {
            return Optional.of(IPIP);
        }
        return gre && served.contains(GRE)
                ? Optional.of(GRE)
                : Optional.of(MINIMAL).filter(any -> minimal && served.contains(MINIMAL));
    }

    /** The outer packet's IP protocol number. */
    public int protocol() {
        return protocol;
    }

    /** How much longer it makes a packet, in octets; but a fragment, which minimal encapsulation leaves to {@link #IPIP}. */
    public int overhead() {
        return overhead;
    }

    /** How much longer it makes any packet, fragments too, in octets: what a route into a tunnel must leave. */
    public int greatestOverhead() {
        return Math.max(overhead, IPIP.overhead);
    }
}
