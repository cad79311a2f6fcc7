package org.mooring.protocol.security;

/** The outcome of checking a message's authentication extension (RFC 3344 §3.6.2.1, §3.7.2.1, §3.7.3.1, §3.8.2.1). */
public sealed interface Verified {
    /** Exactly one, and right under {@code association}. */
    record By(SecurityAssociation association) implements Verified {}

    /** Why not. */
    enum Not implements Verified {
        /** No association is shared with whoever should have sent this. */
        NO_ASSOCIATION,
        MISSING,
        MORE_THAN_ONE,
        /** The Mobile-Home extension is not the first authentication extension (RFC 3344 §3.2). */
        MISPLACED,
        UNKNOWN_SPI,
        BAD_AUTHENTICATOR
    }
}
