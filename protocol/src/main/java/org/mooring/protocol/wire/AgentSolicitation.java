package org.mooring.protocol.wire;

/** Agent Solicitation (RFC 3344 §2.2): a Router Solicitation (RFC 1256 §3), which says nothing but that it was sent. */
public record AgentSolicitation() implements AgentDiscoveryMessage {
    static final int TYPE = 10;
    static final int LENGTH = 8;
}
