package org.mooring.protocol.nat;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.mooring.protocol.nat.EchoPacket.Kind;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * Keeps the mapping of a NAT for the UDP tunnel of one home address, and notices if it is lost (RFC 3519 §4.9, §4.10). What packets the tunnel
 * carries doesn't matter: only an answer shows that the home agent's find their way back. Confined to the agent loop.
 */
public final class Keepalives {
    /** Does what is wanted. */
    public interface Out {
        /** Sends a datagram from and to the ports of the registration. */
        void send(Ipv4Address homeAgent, Octets datagram);

        /** {@link Keepalives#due} is to be called at {@code at}; in place of what was armed before. */
        void arm(Instant at);

        /** Nobody answers. Once until {@link #answered}. */
        void silent(Instant now);

        /** Somebody answers again. */
        void answered(Instant now);
    }

    /** Tells our echoes from those of the mobile node, together with their having no data. */
    public static final int IDENTIFIER = 434;

    private static final int SEQUENCES = 1 << 16;

    /** §4.10: after "a number of retransmissions". */
    private static final int REQUESTS = 4;

    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Ipv4Address homeAddress;
    private final Out out;
    private Ipv4Address homeAgent = Ipv4Address.UNSPECIFIED;
    private Duration interval = Duration.ZERO;
    private @Nullable Instant due;
    private int sequence;

    /** Those since the last answer. */
    private int requests;

    private boolean silent;

    public Keepalives(Ipv4Address homeAddress, Out out) {
        this.homeAddress = homeAddress;
        this.out = out;
    }

    /**
     * There is a tunnel from now on, or still.
     *
     * @param sent when the NAT saw something last: the registration
     */
    public void begin(Ipv4Address homeAgent, Duration interval, Instant sent) {
        this.homeAgent = homeAgent;
        this.interval = interval;
        heard(sent);
        arm(sent.plus(interval));
    }

    /**
     * As {@link #begin}, where the home agent waits for a keepalive to know where the tunnel ends (§4.4, §4.11): one leaves at once. That it has
     * registered us doesn't show that packets find their way.
     */
    public void open(Ipv4Address homeAgent, Duration interval, Instant now) {
        this.homeAgent = homeAgent;
        this.interval = interval;
        requests = 0;
        due = now;
        due(now);
    }

    /** How long nothing may pass, as it is now. */
    public Duration interval() {
        return interval;
    }

    /** There is none any more. */
    public void end() {
        due = null;
        requests = 0;
        silent = false;
    }

    /** The time has come, or one that means nothing any more. */
    public void due(Instant now) {
        if (due == null || now.isBefore(due)) {
            return;
        }
        if (requests == REQUESTS) {
            requests = 0;
            arm(now.plus(interval));
            if (!silent) {
                silent = true;
                out.silent(now);
            }
            return;
        }
        sequence = (sequence + 1) % SEQUENCES;
        requests++;
        arm(now.plus(PATIENCE.multipliedBy(1L << (requests - 1))));
        var echo = new EchoPacket(Kind.REQUEST, homeAddress, homeAgent, IDENTIFIER, sequence, Octets.EMPTY);
        out.send(homeAgent, echo.encode().encode());
    }

    /** Something came out of the tunnel. Whether it answers what was sent. */
    public boolean received(EchoPacket echo, Instant now) {
        boolean answers = due != null
                && echo.kind() == Kind.REPLY
                && echo.identifier() == IDENTIFIER
                && echo.source().equals(homeAgent)
                && echo.destination().equals(homeAddress)
                && Math.floorMod(sequence - echo.sequence(), SEQUENCES) < requests;
        if (answers) {
            heard(now);
            arm(now.plus(interval));
        }
        return answers;
    }

    private void heard(Instant now) {
        requests = 0;
        if (silent) {
            silent = false;
            out.answered(now);
        }
    }

    private void arm(Instant at) {
        due = at;
        out.arm(at);
    }
}
