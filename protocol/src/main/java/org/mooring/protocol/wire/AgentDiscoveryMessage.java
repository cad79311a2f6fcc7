package org.mooring.protocol.wire;

/** An ICMP message of agent discovery (RFC 3344 §2). */
public sealed interface AgentDiscoveryMessage permits AgentAdvertisement, AgentSolicitation {}
