package org.mooring.conformance.scenario;

import java.util.Optional;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * One to or from UDP port 434.
 *
 * @param frame the frame that it stands in, on a link that someone listens to; empty where it was routed
 */
record Datagram(
        Ipv4Address source,
        int sourcePort,
        Ipv4Address destination,
        int destinationPort,
        Optional<Frame> frame,
        Octets payload) {
    /**
     * An Ethernet frame's.
     *
     * @param linkAddress of the mobile node: the source of what it sends, the destination of what it gets
     */
    record Frame(String link, Octets linkAddress, int ttl) {
        @Override
        public String toString() {
            return " on %s, mobile node's MAC %s, TTL %d".formatted(link, linkAddress, ttl);
        }
    }

    @Override
    public String toString() {
        return "%s:%d > %s:%d%s"
                .formatted(
                        source,
                        sourcePort,
                        destination,
                        destinationPort,
                        frame.map(Frame::toString).orElse(""));
    }
}
