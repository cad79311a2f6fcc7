package org.mooring.runtime.udp;

import java.time.Instant;
import java.util.Optional;
import org.mooring.linux.packet.Ipv4Packet;

/** Takes ICMP errors apart, for tests that have no network. */
public final class IcmpErrorDecoder {
    private IcmpErrorDecoder() {}

    public static Optional<IcmpError> parse(Ipv4Packet packet) {
        return IcmpError.parse(Instant.EPOCH, packet);
    }
}
