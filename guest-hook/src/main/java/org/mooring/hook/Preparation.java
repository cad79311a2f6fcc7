package org.mooring.hook;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Action.AnswerPreparation;
import org.mooring.hook.Action.ArmTimer;
import org.mooring.hook.Action.LeadToPort;
import org.mooring.hook.Action.RepeatRequest;
import org.mooring.hook.Action.Report;
import org.mooring.hook.Action.SendRequest;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.security.MobileNodeReplay;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;

/**
 * Has the agents prepare a guest's care-of address here while the guest still runs elsewhere (docs/handover.md, "Hook"):
 * PREPARE, refreshed until the guest runs here, or ABORT if it never does. Confined to one thread.
 */
final class Preparation {
    /** How long whoever brings the guest may have to wait, unless an agent has said how to ask better. */
    static final Duration LONGEST = Duration.ofSeconds(3);

    /** For the answer to what was corrected. */
    private static final Duration ANSWER = Duration.ofSeconds(1);

    static final Duration HOLD = Duration.ofSeconds(60);

    /** For so many whoever brings the guest waits longer. */
    private static final int CORRECTIONS = 2;

    private static final PreparationOutcome OPENED_BY_KEEPALIVE =
            PreparationOutcome.plain("its UDP tunnel opens with the first keepalive, which follows its registration");

    /** What isn't aborted ends with its hold time. */
    private static final int ABORT_REQUESTS = 3;

    private enum State {
        NONE,
        /** Somebody waits for the outcome, but no agent is known yet who could be asked. */
        SEARCHING,
        /** Somebody waits for the outcome. */
        ASKED,
        /** Somebody waits still, for our own kernel. */
        FORWARDING,
        /** Kept up until the guest runs. */
        STAGED,
        /** There is nothing to keep up. */
        DECIDED,
        ABORTING
    }

    private final Guest guest;
    private final Attachment attachment;
    private final OwnTunnel tunnel;
    private final Requests requests;
    private final Replies replies;
    private final MobileNodeReplay replay;
    private final PlainAgents plainAgents;
    private final Spacing spacing;
    private final IntSupplier random;
    private final Retransmission retransmission;

    private State state = State.NONE;

    /** Agents may know of it, whatever they answered. */
    private @Nullable HandoverId id;

    private PreparationOutcome outcome = PreparationOutcome.plain("");
    private Duration hold = HOLD;
    private int correctionsLeft;
    private @Nullable SendRequest request;
    private Instant sentAt = Instant.EPOCH;
    private Instant deadline = Instant.EPOCH;
    private @Nullable Instant due;
    private Optional<String> unauthentic = Optional.empty();

    Preparation(
            Guest guest,
            Attachment attachment,
            OwnTunnel tunnel,
            Requests requests,
            Replies replies,
            MobileNodeReplay replay,
            PlainAgents plainAgents,
            Spacing spacing,
            IntSupplier random) {
        this.guest = guest;
        this.retransmission = new Retransmission(guest.longestRetransmissionInterval());
        this.attachment = attachment;
        this.tunnel = tunnel;
        this.requests = requests;
        this.replies = replies;
        this.replay = replay;
        this.plainAgents = plainAgents;
        this.spacing = spacing;
        this.random = random;
    }

    /** The guest is to come. Begins, goes on with what it has begun, or says what came of it. */
    void begin(Instant at, List<Action> out) {
        if (isAwaited()) {
            return;
        }
        if (state == State.STAGED) {
            // Whoever told first may have done so before there was a port.
            out.add(new LeadToPort(guest));
            out.add(new AnswerPreparation(guest, outcome));
            return;
        }
        end();
        Optional<PreparationOutcome> hopeless = hopeless(at);
        if (hopeless.isPresent()) {
            decide(hopeless.get(), at, out);
            return;
        }
        deadline = at.plus(LONGEST);
        unauthentic = Optional.empty();
        if (attachment.isComplete()) {
            ask(at, out);
        } else {
            state = State.SEARCHING;
            arm(deadline, out);
        }
    }

    /** Whether it would go on if there were an agent to ask. */
    boolean isSearching() {
        return state == State.SEARCHING;
    }

    /** There is one now. */
    void found(Instant at, List<Action> out) {
        Optional<PreparationOutcome> hopeless = hopeless(at);
        if (hopeless.isPresent()) {
            stopAsking();
            decide(hopeless.get(), at, out);
        } else {
            ask(at, out);
        }
    }

    private void ask(Instant at, List<Action> out) {
        state = State.ASKED;
        id = new HandoverId((long) random.getAsInt() << Integer.SIZE | Integer.toUnsignedLong(random.getAsInt()));
        // RFC 3344 §3.6.1.2: no longer than the agent says that it may grant.
        hold = attachment
                .foreignAgent()
                .map(agent -> Duration.ofSeconds(Math.min(HOLD.toSeconds(), agent.longestLifetime())))
                .orElse(HOLD);
        correctionsLeft = CORRECTIONS;
        retransmission.reset();
        sendOrWait(at, out);
    }

    /** Whether the guest comes from another host of this site. */
    boolean changesNothing() {
        return state == State.DECIDED && outcome.prepared() == PreparationOutcome.Prepared.NOTHING;
    }

    /** The guest runs here: what follows is its registration's. */
    void confirmed(List<Action> out) {
        if (isAwaited()) {
            answer(PreparationOutcome.plain("the guest runs here already"), out);
        }
        end();
    }

    /** The guest doesn't come. */
    void abort(Instant at, List<Action> out) {
        tunnel.abort(out);
        if (isAwaited()) {
            answer(PreparationOutcome.plain("the guest no longer comes"), out);
        }
        if (id == null) {
            end();
            return;
        }
        if (state == State.ABORTING) {
            return;
        }
        state = State.ABORTING;
        correctionsLeft = CORRECTIONS;
        retransmission.reset();
        sendOrWait(at, out);
    }

    void timerFired(Instant at, List<Action> out) {
        if (due == null || at.isBefore(due)) {
            return;
        }
        if (state == State.SEARCHING) {
            stopAsking();
            decide(PreparationOutcome.plain(Fact.NOBODY_HEARD), at, out);
        } else if (state == State.ASKED && !at.isBefore(deadline)) {
            stopAsking();
            decide(
                    unauthentic
                            .map(PreparationOutcome::denied)
                            .orElseGet(() -> PreparationOutcome.plain("no answer from " + attachment.agent())),
                    at,
                    out);
        } else if (request != null && repeats()) {
            out.add(new RepeatRequest(request));
            retransmission.repeated(true);
            armForSilence(out);
        } else if (at.isBefore(spacing.soonest(at))) {
            arm(spacing.soonest(at), out); // Something else was asked meanwhile.
        } else if (state == State.ABORTING && retransmission.requests() >= ABORT_REQUESTS) {
            end();
        } else if (state == State.ASKED && request != null && replay.repeats() && attachment.isUpToDate(request)) {
            send(request, at, out);
        } else {
            send(at, out);
        }
    }

    /** Whether {@code reply} answers the latest request. */
    boolean isAnsweredBy(RegistrationReply reply) {
        return request != null
                && request.request().identification().low()
                        == reply.identification().low();
    }

    /** Acts on a reply for which {@link #isAnsweredBy} holds. */
    void replyReceived(Instant at, Decoded.Message received, RegistrationReply reply, List<Action> out) {
        if (request == null) {
            throw new AssertionError("no request is answered by " + reply);
        }
        Reply checked = replies.check(request.to(), received, reply);
        if (checked instanceof Reply.Genuine genuine) {
            genuine.tellTime(replay, request, sentAt, at);
            answered(genuine, reply.code(), at, out);
        } else if (checked instanceof Reply.Unauthentic forged && unauthentic.isEmpty()) {
            // The true answer may still come.
            unauthentic = Optional.of(forged.why() + ": " + Denial.KEYS_DIFFER.advice());
            out.add(new Report(at, Fact.unauthenticReply(guest, reply.code(), forged.why())));
        }
    }

    private void answered(Reply.Genuine genuine, ReplyCode code, Instant at, List<Action> out) {
        RegistrationReply reply = genuine.reply();
        Denial denial = Denial.of(code);
        if (denial == Denial.CLOCKS_DIFFER) {
            replay.resynchronise(reply.identification(), at, RequestKind.PREPARE.mostAhead());
        }
        if (code.isAccepted() && request != null) {
            replay.observe(request.request().identification());
            accepted(genuine, request.request(), at, out);
        } else if (genuine.byHomeAgent() && attachment.homeAgentTold(reply)) {
            out.add(new Report(at, Fact.homeAgentTold(guest, attachment.homeAgent())));
            correct(at, out);
        } else if (denial == Denial.CLOCKS_DIFFER) {
            if (correctionsLeft == CORRECTIONS) {
                out.add(new Report(at, Fact.clocksDiffer(guest, replay.offset().orElse(Duration.ZERO))));
            }
            correct(at, out);
        } else if (denial == Denial.CHALLENGED
                && !attachment.associations().mobileForeign().isEmpty()
                && correctionsLeft > 0) {
            correct(at, out);
        } else if (denial == Denial.LIFETIME_TOO_LONG && reply.lifetime() > 0 && reply.lifetime() < hold.toSeconds()) {
            hold = Duration.ofSeconds(reply.lifetime());
            correct(at, out);
        } else if (state == State.ABORTING) {
            end();
        } else if (state == State.ASKED || isUnknownExtension(code)) {
            denied(code, at, out);
        } else {
            askAgain(out);
        }
    }

    private void accepted(Reply.Genuine genuine, RegistrationRequest answered, Instant at, List<Action> out) {
        if (state == State.ABORTING || id == null) {
            end();
            return;
        }
        boolean staged = genuine.said(Staged.class).isPresent();
        boolean first = state == State.ASKED;
        if (first) {
            Optional<HandoverId> prepared = staged ? Optional.of(id) : Optional.empty();
            out.add(new Report(at, Fact.prepared(guest, prepared, Duration.between(sentAt, at))));
        }
        if (first && !staged) {
            end();
            decide(PreparationOutcome.nothing(), at, out);
            return;
        }
        // To a refresh, nothing staged says that COMMIT has come: the agents here go on serving the guest that is to
        // run.
        boolean forwarding = state == State.FORWARDING || (first && tunnel.isUsed());
        state = forwarding ? State.FORWARDING : State.STAGED;
        request = null;
        retransmission.reset();
        correctionsLeft = CORRECTIONS;
        arm(sentAt.plus(hold.dividedBy(2)), out);
        if (first && tunnel.isUsed()) {
            // Decided when that is done.
            tunnel.stage(
                    id,
                    genuine.udpTunnel(answered, attachment.tunnelEnd()),
                    genuine.said(Previous.class).map(Previous::careOfAddress),
                    at,
                    out);
        } else if (first) {
            decide(PreparationOutcome.staged(), at, out);
        }
    }

    /**
     * Our own kernel is prepared as well, or it isn't.
     *
     * @param refused why not
     */
    void forwarded(Optional<String> refused, Instant at, List<Action> out) {
        if (state != State.FORWARDING) {
            return;
        }
        state = State.STAGED;
        if (refused.isPresent()) {
            abort(at, out);
            answer(PreparationOutcome.plain(refused.get()), out);
        } else {
            decide(PreparationOutcome.staged(), at, out);
        }
    }

    /** §3.6.3: no sooner than a second after what is corrected. Its answer is worth waiting for. */
    private void correct(Instant at, List<Action> out) {
        if (correctionsLeft > 0) {
            correctionsLeft--;
            retransmission.reset();
            Instant answered = spacing.soonest(at).plus(ANSWER);
            deadline = answered.isAfter(deadline) ? answered : deadline;
            sendOrWait(at, out);
        } else {
            askAgain(out);
        }
    }

    /** When the request would have been repeated, had no reply come. */
    private void askAgain(List<Action> out) {
        request = null;
        arm(sentAt.plus(retransmission.patience()), out);
    }

    private void denied(ReplyCode code, Instant at, List<Action> out) {
        String speaker = Denial.of(code).speaker(code);
        String why = isUnknownExtension(code)
                ? speaker + " does not know of prepared handovers, code " + code
                : speaker + " denies it, code " + code + ": " + Denial.of(code).advice();
        if (isUnknownExtension(code)) {
            plainAgents.remember(
                    code.isFromForeignAgent() ? foreignAgent().orElse(attachment.homeAgent()) : attachment.homeAgent(),
                    why,
                    at);
        }
        stopAsking();
        id = null;
        boolean lasting = !isUnknownExtension(code) && Denial.of(code).isLasting();
        decide(lasting ? PreparationOutcome.denied(why) : PreparationOutcome.plain(why), at, out);
    }

    /** RFC 3115 §2.4. */
    private static boolean isUnknownExtension(ReplyCode code) {
        return code.equals(ReplyCode.FA_UNKNOWN_CVSE_FROM_MOBILE_NODE)
                || code.equals(ReplyCode.HA_UNKNOWN_CVSE_FROM_MOBILE_NODE)
                || code.equals(ReplyCode.HA_UNKNOWN_CVSE_FROM_FOREIGN_AGENT);
    }

    private void decide(PreparationOutcome decided, Instant at, List<Action> out) {
        if (decided.prepared() == PreparationOutcome.Prepared.PLAIN) {
            out.add(new Report(at, Fact.notPrepared(guest, decided.why())));
        } else if (decided.prepared() == PreparationOutcome.Prepared.DENIED) {
            out.add(new Report(at, Fact.notWelcome(guest, decided.why())));
        }
        if (decided.prepared() == PreparationOutcome.Prepared.STAGED) {
            // Its care-of address is another one now, so that it isn't on this link.
            out.add(new LeadToPort(guest));
        } else {
            state = State.DECIDED;
        }
        answer(decided, out);
    }

    private void answer(PreparationOutcome decided, List<Action> out) {
        outcome = decided;
        out.add(new AnswerPreparation(guest, decided));
    }

    /** Why nobody needs to be asked. */
    private Optional<PreparationOutcome> hopeless(Instant at) {
        if (!attachment.isPossible()) {
            return Optional.of(PreparationOutcome.denied(Fact.NOBODY_VISITS));
        }
        if (attachment.opensWithKeepalive(at)) {
            return Optional.of(OPENED_BY_KEEPALIVE);
        }
        return foreignAgent()
                .flatMap(agent -> plainAgents.why(agent, at))
                .or(() -> plainAgents.why(attachment.homeAgent(), at))
                .map(PreparationOutcome::plain);
    }

    /** Through which the guest would be registered here. */
    private Optional<Ipv4Address> foreignAgent() {
        return attachment.foreignAgent().map(ForeignAgent::address);
    }

    private void sendOrWait(Instant at, List<Action> out) {
        Instant soonest = spacing.soonest(at);
        if (at.isBefore(soonest)) {
            request = null;
            arm(soonest, out);
        } else {
            send(at, out);
        }
    }

    private void send(Instant at, List<Action> out) {
        if (id == null) {
            throw new AssertionError("nothing is prepared");
        }
        if (!attachment.isComplete()) {
            end(); // Who was asked is gone, and what it knows ends with its hold time.
            return;
        }
        if (state != State.ABORTING && attachment.opensWithKeepalive(at)) {
            // An agent has been heard that requires a registration through it (RFC 3519 §4.11).
            boolean awaited = isAwaited();
            end();
            if (awaited) {
                decide(OPENED_BY_KEEPALIVE, at, out);
            }
            return;
        }
        int holdSeconds = (int) hold.toSeconds();
        Errand errand = state == State.ABORTING ? Errand.withdraw(id, holdSeconds) : Errand.prepare(id, holdSeconds);
        send(requests.preparation(errand, holdSeconds, at), at, out);
    }

    private void send(SendRequest next, Instant at, List<Action> out) {
        request = next;
        sentAt = at;
        spacing.sent(at);
        out.add(next);
        retransmission.sent(next.request().lifetime());
        armForSilence(out);
    }

    private void armForSilence(List<Action> out) {
        Duration silence =
                retransmission.again(true).filter(again -> state == State.ASKED).orElseGet(retransmission::patience);
        arm(sentAt.plus(silence), out);
    }

    private boolean repeats() {
        return state == State.ASKED && retransmission.again(true).isPresent();
    }

    private void arm(Instant wanted, List<Action> out) {
        due = state == State.ASKED && deadline.isBefore(wanted) ? deadline : wanted;
        out.add(new ArmTimer(guest, Timer.PREPARATION, due));
    }

    private boolean isAwaited() {
        return state == State.SEARCHING || state == State.ASKED || state == State.FORWARDING;
    }

    private void stopAsking() {
        request = null;
        due = null;
    }

    private void end() {
        state = State.NONE;
        id = null;
        stopAsking();
    }
}
