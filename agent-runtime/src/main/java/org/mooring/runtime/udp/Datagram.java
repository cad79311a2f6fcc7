package org.mooring.runtime.udp;

import java.net.InetSocketAddress;
import java.time.Instant;
import org.mooring.protocol.wire.Octets;

/**
 * A UDP datagram as it arrived. The kernel has verified its checksum.
 *
 * @param at when it was read
 * @param to the address and port of the socket that took it
 */
public record Datagram(Instant at, InetSocketAddress from, InetSocketAddress to, Octets payload) {}
