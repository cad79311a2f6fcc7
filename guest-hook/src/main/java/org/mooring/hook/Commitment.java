package org.mooring.hook;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Action.ArmTimer;
import org.mooring.hook.Action.RepeatRequest;
import org.mooring.hook.Action.Report;
import org.mooring.hook.Action.SendRequest;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.security.MobileNodeReplay;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.RegistrationReply;

/**
 * The word to the agents that the guest has stopped here and goes on elsewhere: COMMIT (docs/handover.md, "Hook").
 * Confined to one thread.
 */
final class Commitment {
    /**
     * After the first, unless it is answered. The same octets again: the home agent gives the same answer to them, where
     * a newer request could come after the guest's registration at the other host, and take it back.
     */
    private static final List<Duration> AGAIN = List.of(Duration.ofMillis(30), Duration.ofMillis(100));

    private final Guest guest;
    private final Replies replies;
    private final MobileNodeReplay replay;

    private @Nullable HandoverId id;
    private @Nullable SendRequest request;
    private Instant sentAt = Instant.EPOCH;
    private int repeated;
    private @Nullable Instant due;

    Commitment(Guest guest, Replies replies, MobileNodeReplay replay) {
        this.guest = guest;
        this.replies = replies;
        this.replay = replay;
    }

    /** Which handover was committed, and not taken back since. */
    Optional<HandoverId> id() {
        return Optional.ofNullable(id);
    }

    /**
     * Sends it, and sees that it arrives.
     *
     * @param commit for the handover {@code id}
     */
    void begin(HandoverId id, SendRequest commit, Instant at, List<Action> out) {
        out.add(commit);
        this.id = id;
        request = commit;
        sentAt = at;
        repeated = 0;
        armNext(out);
    }

    /** The guest runs here again. */
    void end() {
        id = null;
        stop();
    }

    void timerFired(Instant at, List<Action> out) {
        if (request == null || due == null || at.isBefore(due)) {
            return;
        }
        out.add(new RepeatRequest(request));
        repeated++;
        armNext(out);
    }

    /** Whether {@code reply} answers the request. */
    boolean isAnsweredBy(RegistrationReply reply) {
        return request != null
                && request.request().identification().low()
                        == reply.identification().low();
    }

    /**
     * Acts on a reply for which {@link #isAnsweredBy} holds: whatever it says, COMMIT is not asked for anew.
     *
     * @return whether the home agent has accepted it
     */
    boolean replyReceived(Instant at, Decoded.Message received, RegistrationReply reply, List<Action> out) {
        if (request == null) {
            throw new AssertionError("no request is answered by " + reply);
        }
        Reply checked = replies.check(request.to(), received, reply);
        if (checked instanceof Reply.Unauthentic unauthentic) {
            out.add(new Report(at, Fact.unauthenticReply(guest, reply.code(), unauthentic.why())));
            return false;
        }
        // No word of the time is taken from it: the answer to a repeated request may be that to the first.
        if (reply.code().isAccepted()) {
            replay.observe(request.request().identification());
        }
        out.add(new Report(at, Fact.committed(guest, reply.code(), Duration.between(sentAt, at))));
        stop();
        return reply.code().isAccepted();
    }

    private void armNext(List<Action> out) {
        due = repeated < AGAIN.size() ? sentAt.plus(AGAIN.get(repeated)) : null;
        if (due != null) {
            out.add(new ArmTimer(guest, Timer.COMMITMENT, due));
        }
    }

    private void stop() {
        request = null;
        due = null;
    }
}
