package org.mooring.protocol.wire;

/** What one datagram turned out to be. Both outcomes are ordinary inputs of an agent, never exceptions. */
public sealed interface Decoded {
    /**
     * A message whose every extension is recognised or may be skipped.
     *
     * @param wire what arrived: authenticators are checked over it, never over a re-encoding
     */
    record Message(ControlMessage message, Octets wire) implements Decoded {}

    /**
     * Something to be discarded silently.
     *
     * @param offset how far from the first octet the reason lies
     */
    record Undecodable(Reason reason, int offset) implements Decoded {}

    /** Why a datagram is no message. */
    enum Reason {
        /** Shorter than its fixed part (RFC 3344 §3.3, §3.4, RFC 3543 §3.3, §3.4). */
        TRUNCATED,
        /** None that has a record here. */
        UNKNOWN_MESSAGE_TYPE,
        /** An extension says that it is longer than what is left (RFC 3344 §1.9). */
        EXTENSION_OVERRUNS_DATAGRAM,
        /** A recognised extension that is too short, or long, for its fields. */
        MALFORMED_EXTENSION,
        /** A type in 0..127 that is not recognised (RFC 3344 §1.8). */
        UNRECOGNISED_EXTENSION
    }
}
