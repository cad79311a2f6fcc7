package org.mooring.conformance.client;

import java.util.Optional;
import org.mooring.conformance.client.Octets.Fields;

/** What a tunnel in UDP carries behind its UDP header (RFC 3519 §3.3). */
final class TunnelData {
    private static final int TYPE = 4;

    private TunnelData() {}

    static Octets of(Packet inner) {
        return of(Packet.IP_IN_IP, inner);
    }

    static Octets of(int nextHeader, Packet inner) {
        return new Fields()
                .u8(TYPE)
                .u8(nextHeader)
                .u16(0)
                .octets(inner.octets())
                .done();
    }

    /** The packet in {@code datagram}, if it is IP in UDP. */
    static Optional<Packet> inner(Datagram datagram) {
        var payload = datagram.payload();
        return payload.length() > 4 && payload.u8(0) == TYPE && payload.u8(1) == Packet.IP_IN_IP && payload.u16(2) == 0
                ? Optional.of(Packet.of(payload.from(4)))
                : Optional.empty();
    }
}
