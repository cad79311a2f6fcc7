package org.mooring.protocol.wire;

/** A Registration Revocation or its acknowledgment (RFC 3543 §3.3, §3.4). */
public sealed interface RevocationMessage extends ControlMessage permits Revocation, RevocationAcknowledgment {
    /** The revoking agent's time, in seconds, as in its {@link RevocationSupport}; unsigned. */
    int identifier();
}
