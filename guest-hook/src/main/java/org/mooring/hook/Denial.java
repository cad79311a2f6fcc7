package org.mooring.hook;

import org.mooring.protocol.wire.ReplyCode;

/** What a denial asks of the mobile node (RFC 3344 §3.4, §3.6.2.3). */
enum Denial {
    LIFETIME_TOO_LONG("ask for less"),
    CLOCKS_DIFFER("see to the clocks"),
    /** RFC 5563 §8.1: a proxy that isn't wanted should not ask again; nor helps it an address that isn't served. */
    NOT_WANTED("have the home agent's configuration allow this guest"),
    KEYS_DIFFER("the keys differ: compare spi and key of [guest.association] with the home agent's for this guest"),
    KEYS_DIFFER_FROM_FOREIGN_AGENTS(
            "the keys differ: compare [guest.foreign-association] with the foreign agent's for this guest"),
    KEYS_OF_AGENTS_DIFFER("the keys of foreign agent and home agent differ: compare their associations"),
    HOME_AGENT_UNREACHABLE(
            "the foreign agent gets no answer from the home agent: is it running, and does UDP port 434 pass between them?"),
    BUSY("an agent is at its limit"),
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

    String speaker(ReplyCode code) {
        return code.isFromForeignAgent() ? "foreign-agent" : "home-agent";
    }
}
