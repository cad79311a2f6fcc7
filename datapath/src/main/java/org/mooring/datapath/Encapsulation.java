package org.mooring.datapath;

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

    /** The outer packet's IP protocol number. */
    public int protocol() {
        return protocol;
    }

    /** How much longer it makes a packet, in octets. */
    public int overhead() {
        return overhead;
    }
}
