package org.mooring.protocol.wire;

/**
 * The part of a message that is the mobile node's and the home agent's business, which nobody may touch (RFC 3344 §3.7.2.2, §3.7.3.2):
 * the fixed part up to the last authorization-enabling extension. What follows is between it and a foreign agent.
 */
public final class AuthorizedPart {
    private AuthorizedPart() {}

    public static Octets of(Decoded.Message received) {
        var message = received.message();
        return received.wire().slice(0, message.offsetOf(extensions(message)));
    }

    /** How many of the message's extensions belong to it; zero where none is authorization-enabling. */
    public static int extensions(ControlMessage message) {
        var extensions = message.extensions();
        int count = extensions.size();
        while (count > 0 && !extensions.get(count - 1).isAuthorizationEnabling()) {
            count--;
        }
        return count;
    }
}
