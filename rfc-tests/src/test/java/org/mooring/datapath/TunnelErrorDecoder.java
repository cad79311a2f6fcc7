package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Takes ICMP errors about a tunnel's packets apart, for tests that have no network. */
public final class TunnelErrorDecoder {
    private TunnelErrorDecoder() {}

    /** What the inner packet's sender is told of {@code icmp}, which came to the tunnel's beginning. */
    public static Optional<ByteBuffer> told(ByteBuffer icmp, Inet4Address address) {
        return TunnelError.read(icmp, address).flatMap(error -> {
            error.sender();
            error.destination();
            error.isAbout(Tunnel.udp(address, 434));
            return error.forSender(true).or(() -> error.forSender(false));
        });
    }
}
