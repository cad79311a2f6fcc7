package org.mooring.hook;

import org.mooring.protocol.wire.Ipv4Address;

/**
 * This host itself: it takes its visitors' packets out of the tunnel, and puts theirs into it (docs/handover.md, "Co-located care-of
 * address").
 *
 * @param careOfAddress its own, be it behind a NAT
 */
public record CoLocated(Ipv4Address careOfAddress, NatTraversal natTraversal) implements TunnelEnd {}
