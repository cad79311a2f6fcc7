package org.mooring.home;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.mooring.home.MobileNodeState.Answered;
import org.mooring.protocol.security.ReplayGuard;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.RevocationSupport;

/** Accepts, denies, repeats or says nothing, and counts it. Confined to the agent loop. */
final class Answers {
    /** Denials that somebody who has no key can provoke, with garbage or with what was recorded before. */
    private static final Set<ReplyCode> RATE_LIMITED = Set.of(
            ReplyCode.HA_MOBILE_NODE_FAILED_AUTHENTICATION,
            ReplyCode.HA_IDENTIFICATION_MISMATCH,
            ReplyCode.HA_PMIP_UNSUPPORTED);

    private static final int DISCARDS_LOGGED_AT_ONCE = 10;

    private final Consumer<Action> out;
    private final Traffic traffic;
    private final RateLimit discardLog = new RateLimit(DISCARDS_LOGGED_AT_ONCE, Duration.ofSeconds(1));
    private Replies replies;

    Answers(Policy policy, Traffic traffic, Consumer<Action> out) {
        this.out = out;
        this.traffic = traffic;
        this.replies = new Replies(policy);
    }

    void follow(Policy policy) {
        replies = new Replies(policy);
    }

    /** Answers with success. The same request gets the same answer from now on. */
    void accept(MobileNodeState node, Change.Acceptance acceptance, Change done, Instant at) {
        var received = acceptance.received();
        var reply = replies.reply(
                received,
                acceptance.code(),
                acceptance.lifetime(),
                node.guard(acceptance.association()).accepted(received.request().identification()),
                acceptance.association(),
                Optional.of(acceptance.tunnel()),
                HandoverReply.to(received, done, at),
                support(acceptance, done));
        node.answered(new Answered(received, reply));
        send(node, reply, acceptance.code(), at);
    }

    /** RFC 3543 §3.2: only to who offered it, and I only to who set it. */
    private static Optional<RevocationSupport> support(Change.Acceptance acceptance, Change done) {
        return acceptance
                .offer()
                .filter(offer -> done.purpose() == Change.Purpose.REGISTRATION)
                .flatMap(offer -> done.after().newest())
                .flatMap(MobilityBinding::revocation)
                .map(terms -> new RevocationSupport(terms.informs(), terms.told()));
    }

    void repeat(MobileNodeState node, Answered answered) {
        out.accept(answered.reply());
        traffic.countRepeat();
        log(new Fact.Repeated(node.homeAddress(), answered.received().from()));
    }

    /**
     * @param association what the mobile node is likely to verify the reply with
     */
    void deny(
            MobileNodeState node,
            ReceivedRequest received,
            SecurityAssociation association,
            Verdict.Denial denial,
            Instant at) {
        if (permits(node, denial, received.from(), at)) {
            deny(node, received, association, denial, at, true);
        }
    }

    private boolean permits(MobileNodeState node, Verdict.Denial denial, Endpoint from, Instant at) {
        boolean permitted = !RATE_LIMITED.contains(denial.code()) || node.permitsDenial(denial.code(), at);
        if (!permitted) {
            discard(Discard.RATE_LIMITED, from, at);
        }
        return permitted;
    }

    /**
     * Denies who did not prove to be {@code node}.
     *
     * @param vouchedFor whether a foreign agent has proved to have relayed this: each such request must be answered (RFC 5944 §3.8.2.1)
     */
    void denyUnauthenticated(
            MobileNodeState node, ReceivedRequest received, Verdict.Denial denial, boolean vouchedFor) {
        if (!vouchedFor && !permits(node, denial, received.from(), received.at())) {
            return;
        }
        deny(node, received, node.likelyKnown(received), denial, received.at(), false);
    }

    private void deny(
            MobileNodeState node,
            ReceivedRequest received,
            SecurityAssociation association,
            Verdict.Denial denial,
            Instant at,
            boolean authentic) {
        var request = received.request();
        var guard = node.guard(association);
        var reply = replies.reply(
                received,
                denial.code(),
                request.lifetime(),
                authentic
                        ? denied(node, denial.code(), guard, received)
                        : guard.unauthenticated(request.identification(), received.at()),
                association,
                Optional.empty(),
                HandoverReply.toDenied(received, at),
                Optional.empty());
        send(node, reply, denial.code(), at);
        log(new Fact.Denied(denial.code(), node.homeAddress(), received.from(), denial.reason()));
    }

    private static Identification denied(
            MobileNodeState node, ReplyCode code, ReplayGuard guard, ReceivedRequest received) {
        var identification = received.request().identification();
        if (!code.equals(ReplyCode.HA_IDENTIFICATION_MISMATCH)) {
            return guard.denied(identification, received.at());
        }
        return node.isHandedOver()
                ? guard.mismatchedInHandover(identification, received.at())
                : guard.mismatched(identification, received.at());
    }

    void discard(Discard discard, Endpoint from, Instant at) {
        discard(discard, discard.words(), from, at);
    }

    void discard(Discard discard, String reason, Endpoint from, Instant at) {
        traffic.countDiscard(discard, at);
        var level = discard.isSuspicious() && discardLog.permits(at) ? Fact.Level.WARN : Fact.Level.DEBUG;
        log(new Fact.Discarded(level, discard, from, reason));
    }

    private void send(MobileNodeState node, Action.SendReply reply, ReplyCode code, Instant at) {
        out.accept(reply);
        traffic.countReply(code.value(), at);
        node.countReply(code.value(), at);
    }

    private void log(Fact fact) {
        out.accept(new Action.Report(fact));
    }
}
