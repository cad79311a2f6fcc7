package org.mooring.hook;

import org.mooring.protocol.wire.ReplyCode;

/** What a denial asks of the mobile node (RFC 3344 §3.4, §3.6.2.3). */
enum Denial {
    LIFETIME_TOO_LONG("set the guest's lifetime to no more than the agents' max-lifetime"),
    CLOCKS_DIFFER("the clocks differ: run an NTP client here and on the home agent's router"),
    /** RFC 5563 §8.1: a proxy that isn't wanted should not ask again; nor helps it an address that isn't served. */
    NOT_WANTED("have the home agent's configuration allow this guest"),
    KEYS_DIFFER("the keys differ: compare spi and key of [[guest.association]] with the home agent's for this guest"),
    KEYS_DIFFER_FROM_FOREIGN_AGENTS(
            "the keys differ: compare [[guest.foreign-association]] with the foreign agent's for this guest"),
    /** RFC 4721 §3.5: the denial has another challenge. */
    CHALLENGED(
            "the foreign agent wants its challenge answered: give the guest a [[guest.foreign-association]] with it"),
    KEYS_OF_AGENTS_DIFFER("the keys of foreign agent and home agent differ: compare their associations"),
    HOME_AGENT_UNREACHABLE(
            "the foreign agent gets no answer from the home agent: is it running, and does UDP port 434 pass between them?"),
    BUSY("an agent is at its limit, or short of something: its log says of what"),
    MISCONFIGURED("compare this host's configuration with the agents'");

    private final String advice;

    Denial(String advice) {
        this.advice = advice;
    }

    static Denial of(ReplyCode code) {
        return switch (code.value()) {
            case 69 -> LIFETIME_TOO_LONG;
            case 133 -> CLOCKS_DIFFER;
            case 129, 149, 150 -> NOT_WANTED;
            case 131 -> KEYS_DIFFER;
            case 104, 105, 106 -> CHALLENGED;
            case 67 -> KEYS_DIFFER_FROM_FOREIGN_AGENTS;
            case 68, 132 -> KEYS_OF_AGENTS_DIFFER;
            case 78, 80, 81, 82, 83, 84, 85, 86, 87, 88 -> HOME_AGENT_UNREACHABLE;
            case 66, 130, 135 -> BUSY;
            default -> MISCONFIGURED;
        };
    }

    /** What the operator can do. */
    String advice() {
        return advice;
    }

    /** Whether each request is denied until an operator has changed something. */
    boolean isLasting() {
        return switch (this) {
            case NOT_WANTED,
                    KEYS_DIFFER,
                    KEYS_DIFFER_FROM_FOREIGN_AGENTS,
                    CHALLENGED,
                    KEYS_OF_AGENTS_DIFFER,
                    MISCONFIGURED -> true;
            case LIFETIME_TOO_LONG, CLOCKS_DIFFER, HOME_AGENT_UNREACHABLE, BUSY -> false;
        };
    }

    String speaker(ReplyCode code) {
        return code.isFromForeignAgent() ? "foreign-agent" : "home-agent";
    }
}
