package org.mooring.hook;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Action.ArmTimer;
import org.mooring.hook.Action.RepeatRequest;
import org.mooring.hook.Action.Report;
import org.mooring.hook.Action.SendRequest;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.security.MobileNodeReplay;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.ForeignAgentError;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.UdpTunnelRequest;

/**
 * The registration of one guest that this host speaks for (RFC 3344 §3.6): asks, asks again, corrects itself by what a
 * denial says, renews. Confined to one thread.
 *
 * <p>§3.6 allows one registration a second "in the absence of link-layer indications", which §3.6 has of "changes in point of attachment". That
 * the guest has moved (QEMU's RESUME) is such an indication, so a request follows it at once. All others keep their distance of a second from the
 * one before (§3.6.3), also those that correct what was denied (codes 133, 69, 136, and those of challenges), and ARM: a guest whose migration is
 * set up is where it was.
 */
final class Registration {
    /** So many denials in a row say how to ask better; one more is a denial as any other. */
    private static final int CORRECTIONS = 2;

    /** One request may get lost; two in a row are worth a line. */
    private static final int REQUESTS_BEFORE_COMPLAINT = 2;

    /** The binding of a guest that has ended harms nobody and lapses anyhow. */
    private static final int DEPARTURE_REQUESTS = 4;

    private static final int INFINITE = 0xffff;

    /** How far it is. */
    enum State {
        NONE,
        REQUESTED,
        DENIED,
        REFUSED,
        ACCEPTED
    }

    private final Guest guest;
    private final Attachment attachment;
    private final Requests requests;
    private final Replies replies;
    private final MobileNodeReplay replay;
    private final Spacing spacing;
    private final Retransmission retransmission;
    private final Set<String> complaints = new HashSet<>();

    private State state = State.NONE;
    private Purpose purpose;
    private Errand errand = Errand.REGISTRATION;
    private int lifetime;
    private int correctionsLeft;
    private boolean renewal;
    private boolean armsNext;
    private @Nullable TunnelEnd toBeUndone;
    private @Nullable SendRequest request;
    private Instant sentAt = Instant.EPOCH;

    /** {@link #request} has only left in AGAIN so far. */
    private boolean anticipated;

    private @Nullable Instant due;
    private @Nullable Instant expires;
    private @Nullable ReplyCode lastCode;
    private @Nullable Duration roundTrip;
    private @Nullable Staged staged;
    private Instant stagedUntil = Instant.EPOCH;
    private Optional<UdpTunnel> udpTunnel = Optional.empty();
    private boolean awaitsKeepalive;

    Registration(
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
        this.purpose = new Purpose.Home(guest, attachment.agent());
    }

    State state() {
        return state;
    }

    /** When the present registration at a foreign agent ends unless it is renewed. */
    Optional<Instant> expires() {
        return Optional.ofNullable(expires);
    }

    /** Of the latest reply. */
    Optional<ReplyCode> lastCode() {
        return Optional.ofNullable(lastCode);
    }

    /** Of the latest reply. */
    Optional<Duration> roundTrip() {
        return Optional.ofNullable(roundTrip);
    }

    /** What the home agent said to ARM that it holds ready for the guest's next host, and still does. */
    Optional<Staged> staged(Instant at) {
        return Optional.ofNullable(staged).filter(held -> at.isBefore(stagedUntil));
    }

    /** What the home agent assented to in its latest reply. */
    Optional<UdpTunnel> udpTunnel() {
        return udpTunnel;
    }

    /** Whether the home agent knows where {@link #udpTunnel} ends only by a keepalive that follows its latest reply (RFC 3519 §4.4, R). */
    boolean awaitsKeepalive() {
        return udpTunnel.isPresent() && awaitsKeepalive;
    }

    /** Renews what is registered as soon as it may: its packets may not find their way here any more. */
    void renew(Instant at, List<Action> out) {
        if (state == State.ACCEPTED) {
            renewal = true;
            retransmission.reset();
            sendOrWait(at, out);
        }
    }

    /** The guest has moved, which needs a registration: asks at once. */
    void begin(Purpose purpose, Errand errand, Instant at, List<Action> out) {
        prepare(purpose, errand);
        send(at, out);
    }

    /** The guest needs a registration, or no more of one, where it was already: asks as soon as it may. */
    void beginWhereItWas(Purpose purpose, Errand errand, Instant at, List<Action> out) {
        prepare(purpose, errand);
        sendOrWait(at, out);
    }

    private void prepare(Purpose purpose, Errand errand) {
        setPurpose(purpose);
        this.errand = errand;
        staged = null;
        correctionsLeft = CORRECTIONS;
        renewal = false;
        armsNext = false;
        toBeUndone = null;
        expires = null;
        udpTunnel = Optional.empty();
        lastCode = null;
        complaints.clear();
        retransmission.reset();
    }

    /**
     * What is known of the foreign agents says that a registration is needed (§2.4.2): asks as soon as §3.6 allows without
     * an indication from the link. The one before holds until this one takes its place.
     */
    void renew(Purpose purpose, Instant at, List<Action> out) {
        setPurpose(purpose);
        errand = state == State.NONE ? Errand.REGISTRATION : errand;
        staged = null;
        toBeUndone = null;
        renewal = false;
        correctionsLeft = CORRECTIONS;
        complaints.clear();
        retransmission.reset();
        sendOrWait(at, out);
    }

    /** What later requests ask for. */
    void setPurpose(Purpose purpose) {
        this.purpose = purpose;
        lifetime = Math.min(guest.lifetime(), purpose.longestLifetime());
    }

    /** Whether {@link #timerFired} would renew what holds. */
    boolean isToBeRenewed(Instant at) {
        return state == State.ACCEPTED && due != null && !at.isBefore(due);
    }

    /** Whether nothing was heard since so many requests, the latest of which had its time. */
    boolean isUnanswered(int requests, Instant at) {
        return state == State.REQUESTED && retransmission.requests() >= requests && due != null && !at.isBefore(due);
    }

    /**
     * The guest's migration has begun: renews at once, in AGAIN if it may be no request yet, and until {@link #disarmHandover} each time asks
     * what is staged. What isn't accepted yet is said to its end before: ARM moves no binding.
     */
    void armHandover(Instant at, List<Action> out) {
        staged = null;
        boolean renews =
                state == State.ACCEPTED || isHurried() || (renewal && errand.kind() == RequestKind.REGISTRATION);
        if (state == State.NONE || state == State.REFUSED) {
            return;
        }
        armsNext = !renews;
        if (renews) {
            errand = Errand.ARM;
            correctionsLeft = CORRECTIONS;
            retransmission.reset();
            sendOrAnticipate(at, out);
        }
    }

    /** The migration has come to nothing before it stopped the guest. */
    void disarmHandover() {
        armsNext = false;
        errand = errand.kind() == RequestKind.ARM ? Errand.REGISTRATION : errand;
        staged = null;
    }

    /** A renewal that says something else besides; whoever sends it sees to the answer. */
    SendRequest renewal(Errand errand, Instant at) {
        return purpose.request(requests, errand, lifetime, at);
    }

    /** Asks nothing more, whatever comes. */
    void end() {
        state = State.NONE;
        armsNext = false;
        staged = null;
        request = null;
        due = null;
        expires = null;
        udpTunnel = Optional.empty();
    }

    void timerFired(Instant at, List<Action> out) {
        if (due == null || at.isBefore(due)) {
            return;
        }
        due = null;
        if (anticipated && request != null) {
            anticipatedDue(request, at, out);
            return;
        }
        if (request != null && at.isBefore(sentAt.plus(silence()))) {
            armForSilence(out); // It was to repeat an ARM that isn't one any more.
            return;
        }
        if (expires != null && !at.isBefore(expires)) {
            out.add(new Report(at, Fact.lapsed(guest)));
            expires = null;
        }
        if (request != null && retransmission.again(isHurried()).isPresent()) {
            out.add(new RepeatRequest(request));
            retransmission.repeated(isHurried());
            armForSilence(out);
            return;
        }
        if (at.isBefore(spacing.soonest(at))) {
            arm(spacing.soonest(at), out); // Something else was asked meanwhile.
            return;
        }
        if (state == State.ACCEPTED) {
            renew(at, out);
            return;
        }
        if (state == State.REQUESTED && retransmission.requests() >= REQUESTS_BEFORE_COMPLAINT) {
            complain("no answer", at, Fact.noAnswer(guest, purpose.agent(), retransmission.requests()), out);
            attachment.forgetHomeAgent();
        }
        if (purpose instanceof Purpose.Departure && retransmission.requests() >= DEPARTURE_REQUESTS) {
            out.add(new Report(at, Fact.gaveUp(guest, purpose.careOfAddress())));
            end();
        } else if (state == State.REQUESTED
                && request != null
                && replay.repeats()
                && attachment.isUpToDate(request)
                && request.request().homeAgent().equals(attachment.homeAgent())) {
            send(request, at, out);
        } else {
            send(at, out);
        }
    }

    /** Whether {@code reply} answers the latest request, by the low half of its Identification (§3.6.2.1). */
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
        SendRequest answered = request;
        Reply checked = replies.check(answered.to(), received, reply);
        if (checked instanceof Reply.Unauthentic unauthentic) {
            complain("unauthentic", at, Fact.unauthenticReply(guest, reply.code(), unauthentic.why()), out);
            return;
        }
        if (checked instanceof Reply.Genuine genuine) {
            genuine.tellTime(replay, answered, sentAt, at);
            staged = genuine.said(Staged.class).orElse(null);
            stagedUntil = staged == null ? at : at.plusSeconds(staged.holdSeconds());
            if (reply.code().isAccepted() && purpose instanceof Purpose.Visit visit) {
                udpTunnel = genuine.udpTunnel(answered.request(), visit.tunnelEnd());
                awaitsKeepalive = answered.request()
                        .extension(UdpTunnelRequest.class)
                        .filter(UdpTunnelRequest::isRegisteredThroughForeignAgent)
                        .isPresent();
            }
        }
        var refusal = foreignAgentsRefusal(answered, reply);
        request = null;
        due = null;
        lastCode = refusal.orElse(reply.code());
        roundTrip = Duration.between(sentAt, at);
        retransmission.answered(roundTrip);
        if (refusal.isPresent() && purpose instanceof Purpose.Visit visit) {
            replay.observe(answered.request().identification());
            toBeUndone = visit.tunnelEnd();
            refused(refusal.get(), at, out);
            return;
        }
        if (reply.code().isAccepted() && answered.request().isDeregistration() && purpose instanceof Purpose.Visit) {
            state = State.DENIED; // As it was; now the home agent knows.
            askAgain(out);
            return;
        }
        // §3.4: a lifetime of zero in a success means "deregistered", which isn't what a visitor asked for.
        if (reply.code().isAccepted() && (reply.lifetime() > 0 || !(purpose instanceof Purpose.Visit))) {
            replay.observe(answered.request().identification());
            accepted(reply, roundTrip, at, out);
        } else {
            denied(reply, checked instanceof Reply.Genuine genuine && genuine.byHomeAgent(), at, out);
        }
    }

    private void sendOrWait(Instant at, List<Action> out) {
        Instant soonest = spacing.soonest(at);
        if (at.isBefore(soonest)) {
            state = State.REQUESTED;
            request = null;
            arm(soonest, out);
        } else {
            send(at, out);
        }
    }

    private void send(Instant at, List<Action> out) {
        TunnelEnd undone = toBeUndone;
        toBeUndone = null;
        send(
                undone == null ? purpose.request(requests, errand, lifetime, at) : requests.departure(undone, at),
                at,
                out);
    }

    private void send(SendRequest next, Instant at, List<Action> out) {
        request = next;
        sentAt = at;
        anticipated = false;
        spacing.sent(at);
        state = State.REQUESTED;
        out.add(next);
        retransmission.sent(next.request().lifetime());
        armForSilence(out);
    }

    /** RFC 4636 §5: why the foreign agent does not serve whom the home agent has registered. */
    private Optional<ReplyCode> foreignAgentsRefusal(SendRequest answered, RegistrationReply reply) {
        return reply.extension(ForeignAgentError.class)
                .filter(error -> answered.to() == Action.Agent.FOREIGN_AGENT
                        && reply.code().isAccepted()
                        && !answered.request().isDeregistration())
                .map(ForeignAgentError::code);
    }

    /** RFC 4636 §5: the next request tells the home agent that nobody is there; only then the registration is asked for again. */
    private void refused(ReplyCode code, Instant at, List<Action> out) {
        state = State.DENIED;
        complain("code " + code.value(), at, Fact.denied(guest, code, Denial.of(code), retransmission.patience()), out);
        askAgain(out);
    }

    /** ARM has to be answered before the guest stops. */
    private boolean isHurried() {
        return errand.kind() == RequestKind.ARM;
    }

    private Duration silence() {
        return retransmission.again(isHurried()).orElseGet(retransmission::patience);
    }

    private void armForSilence(List<Action> out) {
        arm(sentAt.plus(silence()), out);
    }

    private void arm(Instant due, List<Action> out) {
        this.due = due;
        out.add(new ArmTimer(guest, Timer.REGISTRATION, due));
    }

    private void accepted(RegistrationReply reply, Duration roundTrip, Instant at, List<Action> out) {
        state = State.ACCEPTED;
        correctionsLeft = CORRECTIONS;
        boolean newsworthy = !renewal || !complaints.isEmpty();
        complaints.clear();
        boolean armed = errand.kind() == RequestKind.ARM;
        if (armed && newsworthy) {
            out.add(new Report(at, Fact.armed(guest, staged(at), roundTrip)));
        } else if (!armed) {
            errand = Errand.REGISTRATION;
        }
        if (purpose instanceof Purpose.Visit) {
            // §3.4, §3.6.2.2: never longer than was asked for.
            int granted = Math.min(lifetime, reply.lifetime());
            out.add(new Report(
                    at,
                    newsworthy && !armed
                            ? Fact.accepted(guest, purpose.careOfAddress(), granted, roundTrip)
                            : Fact.renewed(guest, granted)));
            expireAfter(granted, out);
        } else {
            if (!armed) {
                out.add(new Report(at, Fact.deregistered(guest, purpose.careOfAddress(), roundTrip)));
            }
            // §3.6: at home there is nothing to renew.
            state = purpose instanceof Purpose.Home ? State.ACCEPTED : State.NONE;
            due = null;
            expires = null;
        }
        if (armed) {
            armAgain(at, out);
        } else if (armsNext) {
            armHandover(at, out);
        }
    }

    /** What is staged is held longer once its host has said so again: halfway to its end we hear of that. */
    private void armAgain(Instant at, List<Action> out) {
        staged(at).ifPresent(held -> {
            Duration half = Duration.ofSeconds(held.holdSeconds()).dividedBy(2);
            Instant again = at.plus(half.compareTo(Retransmission.SPACING) > 0 ? half : Retransmission.SPACING);
            if (due == null || again.isBefore(due)) {
                arm(again, out);
            }
        });
    }

    /** §3.6.2.2: the lifetime runs from when the request was sent. Half of it is left for requests that get lost. */
    private void expireAfter(int granted, List<Action> out) {
        if (granted == INFINITE) {
            expires = null;
            return;
        }
        expires = sentAt.plusSeconds(granted);
        Duration half = Duration.ofSeconds(granted).dividedBy(2);
        arm(sentAt.plus(half.compareTo(Retransmission.SPACING) > 0 ? half : Retransmission.SPACING), out);
    }

    private void denied(RegistrationReply reply, boolean byHomeAgent, Instant at, List<Action> out) {
        state = State.DENIED;
        Denial denial = Denial.of(reply.code());
        if (denial == Denial.CLOCKS_DIFFER) {
            replay.resynchronise(reply.identification(), at, errand.kind().mostAhead());
        }
        if (byHomeAgent && attachment.homeAgentTold(reply)) {
            out.add(new Report(at, Fact.homeAgentTold(guest, attachment.homeAgent())));
            attachment.resolve(out);
            correct(at, out);
        } else if (denial == Denial.CLOCKS_DIFFER) {
            complain("clock", at, Fact.clocksDiffer(guest, replay.offset().orElse(Duration.ZERO)), out);
            correct(at, out);
        } else if (denial == Denial.LIFETIME_TOO_LONG && reply.lifetime() > 0 && reply.lifetime() < lifetime) {
            lifetime = reply.lifetime();
            out.add(new Report(at, Fact.lifetimeShortened(guest, lifetime)));
            correct(at, out);
        } else if (denial == Denial.CHALLENGED
                && !attachment.associations().mobileForeign().isEmpty()) {
            complain("challenge", at, Fact.challenged(guest, reply.code()), out);
            correct(at, out);
        } else if (denial == Denial.NOT_WANTED) {
            state = State.REFUSED;
            out.add(new Report(at, Fact.refused(guest, reply.code(), denial)));
        } else {
            complain(
                    "code " + reply.code().value(),
                    at,
                    Fact.denied(guest, reply.code(), denial, retransmission.patience()),
                    out);
            askAgain(out);
        }
    }

    /** Who answers isn't silent: whatever the next request waits for, it is not longer than the first. */
    private void correct(Instant at, List<Action> out) {
        retransmission.reset();
        if (correctionsLeft > 0) {
            correctionsLeft--;
            if (isHurried()) {
                sendOrAnticipate(at, out);
            } else {
                sendOrWait(at, out);
            }
        } else {
            arm(spacing.soonest(at), out);
        }
    }

    /** Who knows of handovers takes it from AGAIN; all others get the request when they may (decision 9). */
    private void sendOrAnticipate(Instant at, List<Action> out) {
        if (toBeUndone != null || !at.isBefore(spacing.soonest(at))) {
            sendOrWait(at, out);
            return;
        }
        request = purpose.request(requests, errand, lifetime, at);
        sentAt = at;
        anticipated = true;
        state = State.REQUESTED;
        out.add(new RepeatRequest(request));
        retransmission.anticipated();
        armForAnticipated(at, out);
    }

    private void anticipatedDue(SendRequest next, Instant at, List<Action> out) {
        Instant soonest = spacing.soonest(at);
        if (at.isBefore(soonest) && isHurried()) {
            out.add(new RepeatRequest(next));
            retransmission.repeated(true);
            armForAnticipated(at, out);
        } else if (at.isBefore(soonest)) {
            arm(soonest, out); // It was an ARM, and isn't one any more.
        } else if (isHurried()) {
            send(next, at, out);
        } else {
            send(at, out);
        }
    }

    private void armForAnticipated(Instant at, List<Action> out) {
        Instant soonest = spacing.soonest(at);
        Instant again = sentAt.plus(silence());
        arm(again.isBefore(soonest) ? again : soonest, out);
    }

    /** A denial is retried when its request would have been, had no reply come. */
    private void askAgain(List<Action> out) {
        arm(sentAt.plus(retransmission.patience()), out);
    }

    /** Says a thing once for each registration: what is repeated every few seconds nobody reads. */
    private void complain(String topic, Instant at, Fact fact, List<Action> out) {
        if (complaints.add(topic)) {
            out.add(new Report(at, fact));
        }
    }
}
