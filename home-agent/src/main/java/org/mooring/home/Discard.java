package org.mooring.home;

import org.mooring.protocol.handover.Arrivals.Refusal;
import org.mooring.protocol.wire.Decoded;

/** Why a datagram was not answered. */
public enum Discard {
    /** Not a message, or one with an extension that must be recognised and isn't (RFC 3344 §1.8). */
    UNDECODABLE("not a registration message"),
    NOT_A_REQUEST("not a registration request"),
    /** RFC 3344 §2.3: what is sent to all agents of the home link comes to each. */
    FOR_FOREIGN_AGENT("sent to all mobility agents, and not for this one"),
    /** RFC 5944 §3.8.2.1: nothing is said to those whom the agent does not know. */
    UNKNOWN_MOBILE_NODE("no association with this mobile node"),
    /** RFC 5944 §3.8.2.1. */
    NO_AUTHORIZATION("no authorization-enabling extension"),
    /** RFC 5944 §3.8.2.1 (d). */
    UNKNOWN_FOREIGN_AGENT("foreign-home authentication, but no association with this foreign agent"),
    /** docs/handover.md, "Messages beside registration": of no handover that is under way here. */
    HANDOVER_MESSAGE("a handover message that is not followed"),
    /** RFC 3519 §4.3. */
    TUNNEL_DATA("tunnel data that belongs to no binding"),
    /** RFC 3543 §3.3. */
    REVOCATION_NOT_AUTHENTIC("a revocation message without a valid authentication"),
    /** RFC 3543 §3.5: the A bit says that it comes from a home agent. */
    REVOCATION_REFLECTED("a revocation that a home agent has sent"),
    /** RFC 3543 §3.5, §4.2.3.2. */
    REVOCATION_REPLAYED("a revocation that is older than the registration, or was received before"),
    /** RFC 3543 §4.2.1. */
    REVOCATION_NOT_AGREED("a revocation of what was not registered as revocable"),
    /** RFC 3543 §3.5. */
    REVOCATION_NOT_SENT("an acknowledgment of no revocation that was sent"),
    /** The same request is being served: its reply is on the way. */
    IN_PROGRESS("the same request is in progress"),
    /** A newer request of the same mobile node waits for the one in progress. */
    SUPERSEDED("a newer request took its place"),
    /** A denial that would have gone to someone who was denied a moment ago. */
    RATE_LIMITED("too many denials to this mobile node");

    private final String words;

    Discard(String words) {
        this.words = words;
    }

    public String words() {
        return words;
    }

    /** Whether it may be a configuration that is missing, or somebody who tries. */
    boolean isSuspicious() {
        return this == UNKNOWN_MOBILE_NODE
                || this == NO_AUTHORIZATION
                || this == UNKNOWN_FOREIGN_AGENT
                || this == REVOCATION_NOT_AUTHENTIC;
    }

    static String words(Refusal refusal) {
        return HANDOVER_MESSAGE.words + ": " + refusal;
    }

    static String words(Decoded.Undecodable undecodable) {
        return UNDECODABLE.words + ": " + undecodable.reason() + " at octet " + undecodable.offset();
    }
}
