package org.mooring.datapath;

/** How a packet is put into another. */
public enum Encapsulation {
    /** IP in IP, protocol 4 (RFC 2003). */
    IPIP(20);

    private final int overhead;

    Encapsulation(int overhead) {
        this.overhead = overhead;
    }

    /** What the headers in front of the inner packet take, in octets. */
    public int overhead() {
        return overhead;
    }
}
