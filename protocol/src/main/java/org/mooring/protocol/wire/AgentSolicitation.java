package org.mooring.protocol.wire;

/**
 * Agent Solicitation (RFC 3344 §2.2): a Router Solicitation (RFC 1256 §3), which says nothing but that it was sent.
 *
 * @param reserved 32 bits, sent as zero, ignored, kept
 * @param rest what may follow; ignored, kept
 */
public record AgentSolicitation(int reserved, Octets rest) implements AgentDiscoveryMessage {
    static final int TYPE = 10;
    static final int FIXED_LENGTH = 8;

    public AgentSolicitation() {
        this(0, Octets.EMPTY);
    }
}
