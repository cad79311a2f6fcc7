package org.mooring.hook;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Action.AnswerCheck;
import org.mooring.hook.Action.ArmTimer;
import org.mooring.hook.Action.SendRequest;
import org.mooring.protocol.security.MobileNodeReplay;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;

/**
 * A dry run of a guest's registration: a request that changes no binding, but passes, and is judged by, each agent that a
 * registration from here would. Confined to one thread.
 */
final class Check {
    /** A foreign agent says after a bit more than 7 s that the home agent is silent (RFC 3344 §3.7.1). */
    private static final Duration LONGEST = Duration.ofSeconds(9);

    /** Code 133 for another reason: another host's request, or a nonce. */
    private static final Duration CLOCKS_AGREE = Duration.ofSeconds(2);

    private final Guest guest;
    private final Attachment attachment;
    private final Requests requests;
    private final Replies replies;
    private final MobileNodeReplay replay;
    private final Spacing spacing;
    private final Retransmission retransmission;

    private @Nullable SendRequest request;
    private Instant sentAt = Instant.EPOCH;
    private @Nullable Instant due;
    private @Nullable Instant deadline;
    private boolean corrected;
    private boolean runsHere;
    private boolean searching;

    Check(
            Guest guest,
            Attachment attachment,
            Requests requests,
            Replies replies,
            MobileNodeReplay replay,
            Spacing spacing) {
        this.guest = guest;
        this.retransmission = new Retransmission(guest.longestRetransmissionInterval());
        this.attachment = attachment;
        this.requests = requests;
        this.replies = replies;
        this.replay = replay;
        this.spacing = spacing;
    }

    /** Begins, or does nothing if it goes on already. */
    void begin(Phase phase, Instant at, List<Action> out) {
        if (deadline != null) {
            return;
        }
        if (!attachment.isPossible()) {
            answer(Optional.empty(), Optional.empty(), Fact.NOBODY_VISITS, out);
            return;
        }
        if (phase == Phase.STOPPED) {
            // A deregistration could take its binding away, and a renewal is no longer ours to send.
            answer(Optional.empty(), Optional.empty(), "the guest is being migrated: ask again afterwards", out);
            return;
        }
        runsHere = phase == Phase.RUNNING;
        deadline = at.plus(LONGEST);
        corrected = false;
        retransmission.reset();
        searching = !attachment.isComplete();
        if (searching) {
            arm(deadline, out);
        } else {
            sendOrWait(at, out);
        }
    }

    /** Whether it would go on if there were an agent to ask. */
    boolean isSearching() {
        return deadline != null && searching;
    }

    /** There is one now. */
    void found(Instant at, List<Action> out) {
        searching = false;
        sendOrWait(at, out);
    }

    void timerFired(Instant at, List<Action> out) {
        if (due == null || deadline == null || at.isBefore(due)) {
            return;
        }
        if (at.isBefore(deadline)) {
            sendOrWait(at, out);
        } else {
            String verdict = isSearching()
                    ? Fact.NOBODY_HEARD
                    : "no answer from " + attachment.agent()
                            + ": is it running, and does UDP port 434 pass between here and there?";
            answer(Optional.empty(), Optional.empty(), verdict, out);
        }
    }

    /** Whether {@code reply} answers the latest request. */
    boolean isAnsweredBy(RegistrationReply reply) {
        return request != null
                && request.request().identification().low()
                        == reply.identification().low();
    }

    /**
     * Acts on a reply for which {@link #isAnsweredBy} holds.
     *
     * @return whether the home agent has accepted the request
     */
    boolean replyReceived(Instant at, Decoded.Message received, RegistrationReply reply, List<Action> out) {
        if (request == null) {
            throw new AssertionError("no request is answered by " + reply);
        }
        ReplyCode code = reply.code();
        Duration roundTrip = Duration.between(sentAt, at);
        Reply checked = replies.check(request.to(), received, reply);
        if (checked instanceof Reply.Unauthentic unauthentic) {
            answer(
                    Optional.of(code),
                    Optional.of(roundTrip),
                    unauthentic.why() + ": " + Denial.KEYS_DIFFER.advice(),
                    out);
        } else if (checked instanceof Reply.Genuine genuine
                && genuine.byHomeAgent()
                && !code.isAccepted()
                && attachment.homeAgentTold(reply)) {
            request = null;
            arm(spacing.soonest(at), out);
        } else if (Denial.of(code) == Denial.CLOCKS_DIFFER && !corrected) {
            replay.resynchronise(reply.identification(), at, request.kind().mostAhead());
            corrected = true;
            request = null;
            arm(spacing.soonest(at), out);
        } else if (code.isAccepted()) {
            if (checked instanceof Reply.Genuine genuine) {
                genuine.tellTime(replay, request, sentAt, at);
            }
            replay.observe(request.request().identification());
            answer(Optional.of(code), Optional.of(roundTrip), "the agents would accept" + clockAdvice(), out);
            return true;
        } else {
            answer(Optional.of(code), Optional.of(roundTrip), Denial.of(code).advice(), out);
        }
        return false;
    }

    /** The hook corrects its requests by the home agent's clock, which costs a round trip and hides what is wrong. */
    private String clockAdvice() {
        return replay.offset()
                .map(Duration::abs)
                .filter(skew -> skew.compareTo(CLOCKS_AGREE) >= 0)
                .map(skew -> ", but the clocks differ by " + skew.toSeconds() + " s: run an NTP client on both")
                .orElse("");
    }

    private void sendOrWait(Instant at, List<Action> out) {
        Instant soonest = spacing.soonest(at);
        if (at.isBefore(soonest)) {
            arm(soonest, out);
        } else {
            send(at, out);
        }
    }

    private void send(Instant at, List<Action> out) {
        request = runsHere ? requests.renewal(Errand.askingTheTime(at), at) : requests.check(at);
        sentAt = at;
        spacing.sent(at);
        out.add(request);
        retransmission.sent(0);
        Instant again = at.plus(retransmission.patience());
        arm(deadline != null && deadline.isBefore(again) ? deadline : again, out);
    }

    private void arm(Instant due, List<Action> out) {
        this.due = due;
        out.add(new ArmTimer(guest, Timer.CHECK, due));
    }

    private void answer(Optional<ReplyCode> code, Optional<Duration> roundTrip, String verdict, List<Action> out) {
        // Not only what this check has found: what was corrected before it is why there is no fault any more.
        out.add(new AnswerCheck(
                guest, new CheckOutcome(attachment.foreignAgent(), code, replay.offset(), roundTrip, verdict)));
        request = null;
        due = null;
        deadline = null;
    }
}
