package org.mooring.hook;

import org.mooring.protocol.wire.Ipv4Address;

/**
 * The foreign agent of this host's link.
 *
 * @param address its own on the link, where requests go
 * @param careOfAddress what it offers to visitors
 */
public record ForeignAgent(Ipv4Address address, Ipv4Address careOfAddress) implements TunnelEnd {}
