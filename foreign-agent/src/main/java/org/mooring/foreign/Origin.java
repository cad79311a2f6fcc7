package org.mooring.foreign;

import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * Where a request came from, which is where its reply goes (RFC 3344 §3.7.1).
 *
 * @param link the interface on which it arrived
 * @param linkAddress the frame's source
 * @param destination the agent's address on that link, its care-of address, or 224.0.0.11
 * @param ttl as it arrived
 */
public record Origin(
        String link, Octets linkAddress, Ipv4Address source, int sourcePort, Ipv4Address destination, int ttl) {}
