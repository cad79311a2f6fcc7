package org.mooring.home;

import org.mooring.protocol.wire.Ipv4Address;

/** A UDP address and port. */
public record Endpoint(Ipv4Address address, int port) {
    @Override
    public String toString() {
        return address + ":" + port;
    }
}
