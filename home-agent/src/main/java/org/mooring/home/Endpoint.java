package org.mooring.home;

import org.mooring.protocol.wire.Ipv4Address;

/** A UDP address and port. */
public record Endpoint(Ipv4Address address, int port) {
    /** Of UDP (RFC 3344 §3.3). */
    static final int REGISTRATION_PORT = 434;

    @Override
    public String toString() {
        return address + ":" + port;
    }
}
