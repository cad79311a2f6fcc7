package org.mooring.home;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.RevocationSupport;

/**
 * A change of one mobile node's bindings, or of what is staged for it, that is under way: first the kernel, then the store, then the reply. What
 * fails is undone, and then denied. Confined to the agent loop.
 */
final class Change {
    /** What it comes from. */
    enum Purpose {
        /** A registration, a deregistration, or the end of a lifetime (RFC 3344 §3.8.2.2). */
        REGISTRATION,
        /** A PREPARE that stages an entry. */
        PREPARATION,
        /** Nothing is to be staged any more; the binding stays. */
        UNSTAGING,
        /** A COMMIT of the staged entry. */
        COMMIT,
        /** The first keepalive tells where a UDP tunnel ends (RFC 3519 §4.6). */
        KEEPALIVE,
        /** The operator, or the foreign agent, ends the binding before its time (RFC 3543). */
        REVOCATION
    }

    /** Whose answer is awaited. */
    enum Step {
        FORWARDING,
        PERSISTING,
        /** The store has refused, and is asked again later. */
        STALLED,
        RESTORING
    }

    /**
     * The request that asked for the change.
     *
     * @param lifetime that is granted, in seconds
     * @param offer what it offers of revocation (RFC 3543)
     */
    record Acceptance(
            ReceivedRequest received,
            SecurityAssociation association,
            ReplyCode code,
            int lifetime,
            UdpTunnelChoice tunnel,
            Optional<RevocationSupport> offer) {}

    /** Where a mobile node is, and where it may go next. */
    record Standing(BindingList bindings, Optional<StagedEntry> staged) {
        Standing with(BindingList next) {
            return new Standing(next, staged);
        }

        Standing withStaged(Optional<StagedEntry> next) {
            return new Standing(bindings, next);
        }
    }

    private final Purpose purpose;
    private final Optional<Acceptance> acceptance;
    private final Standing before;
    private final Standing after;
    private final Optional<Action.Forwarding> forwarding;
    private final Optional<Action> answer;
    private final Optional<ReceivedRevocation> revocation;
    private Step step;

    /**
     * @param acceptance none if nobody asked: a time is over
     * @param forwarding what the kernel is to do first
     */
    Change(
            Purpose purpose,
            Optional<Acceptance> acceptance,
            Standing before,
            Standing after,
            Optional<Action.Forwarding> forwarding) {
        this(purpose, acceptance, before, after, forwarding, Optional.empty(), Optional.empty());
    }

    /**
     * The far end of a tunnel becomes known.
     *
     * @param answer to the keepalive, when that is done
     */
    static Change keepalive(Standing before, MobilityBinding after, Action answer) {
        var bindings = before.bindings().changing(after);
        return new Change(
                Purpose.KEEPALIVE,
                Optional.empty(),
                before,
                before.with(bindings),
                Optional.of(Action.Forwarding.of(after.homeAddress(), bindings)),
                Optional.of(answer),
                Optional.empty());
    }

    private Change(
            Purpose purpose,
            Optional<Acceptance> acceptance,
            Standing before,
            Standing after,
            Optional<Action.Forwarding> forwarding,
            Optional<Action> answer,
            Optional<ReceivedRevocation> revocation) {
        this.purpose = purpose;
        this.acceptance = acceptance;
        this.before = before;
        this.after = after;
        this.forwarding = forwarding;
        this.answer = answer;
        this.revocation = revocation;
        this.step = Step.FORWARDING;
    }

    /**
     * The end of bindings before their time; with the last one, what is staged ends as well.
     *
     * @param others the bindings that stay
     * @param revocation the foreign agent's; none if the operator revokes
     */
    static Change revocation(
            Ipv4Address homeAddress, Standing before, BindingList others, Optional<ReceivedRevocation> revocation) {
        return new Change(
                Purpose.REVOCATION,
                Optional.empty(),
                before,
                others.isEmpty() ? new Standing(others, Optional.empty()) : before.with(others),
                Optional.of(Action.Forwarding.of(homeAddress, others)),
                Optional.empty(),
                revocation);
    }

    Purpose purpose() {
        return purpose;
    }

    Optional<Acceptance> acceptance() {
        return acceptance;
    }

    /** What asked for it, if that was a foreign agent's revocation. */
    Optional<ReceivedRevocation> revocation() {
        return revocation;
    }

    BindingList before() {
        return before.bindings();
    }

    BindingList after() {
        return after.bindings();
    }

    Optional<StagedEntry> stagedBefore() {
        return before.staged();
    }

    Optional<StagedEntry> stagedAfter() {
        return after.staged();
    }

    Optional<Action.Forwarding> forwarding() {
        return forwarding;
    }

    /** What is sent when all is done, beside a reply. */
    Optional<Action> answer() {
        return answer;
    }

    /** What gives the forwarding back what it had before. */
    Optional<Action.Forwarding> undoing() {
        return forwarding.flatMap(done -> {
            if (changesBindings()) {
                return Optional.of(Action.Forwarding.of(done.homeAddress(), before()));
            }
            return purpose == Purpose.PREPARATION
                    ? Optional.of(new Action.UnstageForwarding(done.homeAddress()))
                    : Optional.empty();
        });
    }

    /** A renewal does as well. */
    boolean changesBindings() {
        return !before().equals(after());
    }

    /** Neither a binding nor what is staged or retired may be another one. */
    boolean changesAnything() {
        return changesBindings() || forwarding.isPresent() || !stagedBefore().equals(stagedAfter());
    }

    /** A COMMIT that brings the mobile node home comes from where it was; one from home takes it away. */
    boolean isReturn() {
        return purpose == Purpose.COMMIT
                ? after().isEmpty()
                : purpose == Purpose.REGISTRATION
                        && acceptance
                                .filter(a -> a.received().request().isDeregistrationOfAll())
                                .isPresent();
    }

    /** The bindings of care-of addresses that have none any more. */
    Stream<MobilityBinding> ended() {
        return before().all().stream()
                .filter(binding -> after().at(binding.careOfAddress()).isEmpty());
    }

    /** Where the mobile node was before it went to what was staged. */
    List<Peer> left() {
        boolean moves = purpose == Purpose.COMMIT
                || (purpose == Purpose.REGISTRATION
                        && stagedBefore().isPresent()
                        && stagedAfter().isEmpty()
                        && !aborts());
        return moves ? before().beside(after()).peers() : List.of();
    }

    /** What is staged is not kept through a restart, but an Identification that was used up is. */
    boolean persists() {
        return acceptance.isPresent() || changesBindings();
    }

    /** Whether the request asks what is staged. */
    boolean arms() {
        return acceptance.filter(a -> a.received().handover().arm()).isPresent();
    }

    /** Whether the request says that the mobile node doesn't come. */
    boolean aborts() {
        var aborted = acceptance.flatMap(a -> a.received().handover().abort());
        return stagedBefore()
                .map(StagedEntry::id)
                .filter(id -> aborted.equals(Optional.of(id)))
                .isPresent();
    }

    Step step() {
        return step;
    }

    void enter(Step next) {
        step = next;
    }
}
