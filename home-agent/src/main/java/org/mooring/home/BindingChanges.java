package org.mooring.home;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import org.mooring.home.Change.Step;
import org.mooring.home.Event.Timer;
import org.mooring.home.Event.Timer.Purpose;
import org.mooring.home.MobileNodeState.Announcement;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.ReplyCode;

/**
 * Carries out what was accepted (RFC 3344 §3.8.2.2, §4.6; docs/handover.md): forwarding, then store, then reply and gratuitous ARP. What the kernel or the
 * store refuses is undone and becomes code 130. Confined to the agent loop.
 */
final class BindingChanges {
    /** RFC 3344 §4.6: a gratuitous ARP should be repeated a few times, for it may be lost. */
    private static final int ANNOUNCEMENT_REPEATS = 2;

    private static final Duration ANNOUNCEMENT_INTERVAL = Duration.ofSeconds(1);

    /** The kernel asks by ARP three times, a second apart, where to send the reply to. */
    private static final int NEIGHBOUR_READINGS = 30;

    private static final Duration NEIGHBOUR_INTERVAL = Duration.ofMillis(100);

    /** Until the kernel is asked again to end the forwarding of a binding that is over. */
    private static final Duration REMOVAL_RETRY = Duration.ofSeconds(5);

    /** What a change takes at most, as a rule. */
    private static final Duration CHANGE_TIME = Duration.ofSeconds(1);

    private final Answers answers;
    private final PacketOrder order;
    private final Revocations revocations;
    private final ChangeReport facts;
    private final Consumer<Action> out;

    BindingChanges(Answers answers, PacketOrder order, Revocations revocations, Consumer<Action> out) {
        this.answers = answers;
        this.order = order;
        this.revocations = revocations;
        this.facts = new ChangeReport(this::log);
        this.out = out;
    }

    /** Starts {@code change}. Nothing else may be under way for this mobile node. */
    void begin(MobileNodeState node, Change change) {
        node.begin(change);
        order.begin(node.homeAddress(), change);
        change.forwarding().ifPresentOrElse(out, () -> persist(node, change));
    }

    /** Takes up what was stored, be it alive or over by now. */
    void restore(MobileNodeState node, MobileNodeRecord stored, Instant at) {
        node.restore(stored);
        revocations.finish(node, stored.revoked(), stored.bindings().isEmpty(), at);
        var alive = stored.bindings().alive(at);
        if (node.associations().isEmpty() && !alive.isEmpty()) {
            revokeUnconfigured(node, alive);
            return;
        }
        alive.all().forEach(binding -> log(new Fact.BindingRestored(binding)));
        endExpired(node, at);
        if (!alive.peers().isEmpty()) {
            announce(node, new Action.AnnounceAway(node.homeAddress()), at);
        }
    }

    void forwardingChanged(MobileNodeState node, Change change, Instant at) {
        if (change.step() == Step.RESTORING) {
            change.undoing().ifPresent(done -> node.forwarded(done, change));
            deny(node, change, at);
            return;
        }
        change.forwarding().ifPresent(done -> node.forwarded(done, change));
        order.forwarded(node.homeAddress(), change, at);
        if (change.persists()) {
            persist(node, change);
        } else {
            finish(node, change, at);
        }
    }

    void forwardingFailed(MobileNodeState node, Change change, String reason, Instant at) {
        log(new Fact.ForwardingRefused(node.homeAddress(), reason));
        node.giveUpStaged();
        if (change.step() == Step.RESTORING) {
            deny(node, change, at);
        } else if (change.acceptance().isPresent()) {
            restore(node, change, at);
        } else if (change.purpose() == Change.Purpose.REVOCATION) {
            node.endChange();
            retryRevocation(node, change, at);
        } else {
            node.endChange();
            var purpose = change.purpose() == Change.Purpose.UNSTAGING ? Purpose.HOLD : Purpose.LIFETIME;
            out.accept(new Action.ArmTimer(new Timer(purpose, node.homeAddress()), at.plus(REMOVAL_RETRY)));
        }
    }

    void persisted(MobileNodeState node, Change change, Instant at) {
        finish(node, change, at);
    }

    void persistFailed(MobileNodeState node, Change change, String reason, Instant at) {
        log(new Fact.StoreRefused(node.homeAddress(), reason));
        if (change.acceptance().isPresent()) {
            restore(node, change, at);
        } else if (change.purpose() == Change.Purpose.REVOCATION) {
            // A restart would find the binding alive.
            change.enter(Step.STALLED);
            retryRevocation(node, change, at);
        } else {
            // The stored binding's lifetime is over, and a restart will see that.
            finish(node, change, at);
        }
    }

    private void retryRevocation(MobileNodeState node, Change change, Instant at) {
        // A foreign agent asks again by itself, unless it waits for the store.
        if (change.revocation().isEmpty() || change.step() == Step.STALLED) {
            out.accept(new Action.ArmTimer(
                    new Timer(Purpose.REVOCATION_RETRY, node.homeAddress()), at.plus(REMOVAL_RETRY)));
        }
    }

    /** Ends the binding before its time, now or after the change under way. */
    void revoke(MobileNodeState node) {
        if (node.change().isPresent()) {
            node.revokeLater();
        } else {
            revoke(node, Optional.empty());
        }
    }

    /** Ends the binding as its foreign agent says. Nothing else may be under way for this mobile node. */
    void revoke(MobileNodeState node, ReceivedRevocation arrived) {
        revoke(node, Optional.of(arrived));
    }

    private void revoke(MobileNodeState node, Optional<ReceivedRevocation> arrived) {
        var others = arrived.map(one -> one.revocation().foreignDomainAddress())
                .map(node.bindings()::without)
                .orElse(BindingList.NONE);
        if (others.equals(node.bindings())) {
            log(new Fact.NothingToRevoke(node.homeAddress()));
        } else {
            begin(node, Change.revocation(node.homeAddress(), node.standing(), others, arrived));
        }
    }

    /** Ends what is bound, or about to be, though its mobile node is not configured any more. */
    void revokeUnconfigured(MobileNodeState node) {
        var bound = node.change().map(Change::after).orElseGet(node::bindings);
        if (!bound.isEmpty()) {
            revokeUnconfigured(node, bound);
        }
    }

    private void revokeUnconfigured(MobileNodeState node, BindingList bound) {
        bound.all().forEach(binding -> log(new Fact.MobileNodeUnconfigured(binding)));
        revoke(node);
    }

    /** Asks the kernel or the store again that refused to end a binding. */
    void revokeAgain(MobileNodeState node) {
        var stalled = node.change().filter(change -> change.step() == Step.STALLED);
        if (stalled.isPresent()) {
            persist(node, stalled.get());
        } else if (node.change().isEmpty() && !node.bindings().isEmpty()) {
            revoke(node);
        }
    }

    private void finish(MobileNodeState node, Change change, Instant at) {
        var revoked = node.revokedAfter(change);
        node.commit(change);
        change.acceptance().ifPresent(acceptance -> answers.accept(node, acceptance, change, at));
        change.answer().ifPresent(out);
        armLifetime(node.homeAddress(), change.after());
        holdOn(node, change, at);
        facts.report(change);
        change.revocation()
                .ifPresent(arrived -> revocations.acknowledge(
                        Optional.of(node),
                        arrived,
                        change.ended()
                                .flatMap(ended -> ended.revocation().stream())
                                .findFirst()));
        revocations.finish(node, revoked, change.purpose() == Change.Purpose.REVOCATION, at);
        order.finish(node.homeAddress(), change, at);
        tellHomeLink(node, change, at);
        if (change.aborts() && node.isTunnelStaged()) {
            begin(node, AcceptanceRules.unstage(node, Optional.empty()));
        }
    }

    /** The staged entry has its hold time from the request on; the tunnel before a flip is kept as long as that from the flip on. */
    private void holdOn(MobileNodeState node, Change change, Instant at) {
        if (change.purpose() == Change.Purpose.PREPARATION) {
            change.stagedAfter().ifPresent(entry -> hold(node, entry.end()));
        } else if (node.isTunnelStaged() && node.staged().isEmpty()) {
            change.stagedBefore().ifPresent(entry -> hold(node, at.plus(entry.holdTime())));
        }
    }

    private void hold(MobileNodeState node, Instant end) {
        node.holdUntil(end);
        out.accept(new Action.ArmTimer(new Timer(Purpose.HOLD, node.homeAddress()), end));
    }

    /** Ends what is staged: nobody came for it, or nothing comes out of the tunnel before the flip any more. */
    void holdTimeOver(MobileNodeState node, Instant at) {
        if (node.staged().isEmpty() && !node.isTunnelStaged()) {
            return;
        }
        var end = node.holdEnd().orElse(at);
        if (at.isBefore(end)) {
            hold(node, end);
        } else if (node.change().isPresent()) {
            hold(node, at.plus(CHANGE_TIME));
        } else {
            var change = AcceptanceRules.unstage(node, Optional.empty());
            if (change.forwarding().isPresent()) {
                begin(node, change);
            } else {
                finish(node, change, at);
            }
        }
    }

    /** Timers of earlier lifetimes come to nothing. */
    void lifetimeExpired(MobileNodeState node, Instant at) {
        // A change under way arms the timer anew when it is done, whatever becomes of it.
        if (node.change().isEmpty()) {
            endExpired(node, at);
        }
    }

    void announcementDue(MobileNodeState node, Instant at) {
        node.announcement().ifPresent(announcement -> {
            if (announcement.action() instanceof Action.ReadNeighbour) {
                readNeighbour(node, announcement.repeats(), at);
            } else {
                announce(node, announcement, at);
            }
        });
    }

    /** Ends the bindings whose lifetime is over; the others stay, and nothing is sent (§3.8.2.2). */
    private void endExpired(MobileNodeState node, Instant at) {
        var alive = node.bindings().alive(at);
        if (alive.equals(node.bindings())) {
            armLifetime(node.homeAddress(), alive);
            return;
        }
        var before = node.standing();
        begin(
                node,
                new Change(
                        Change.Purpose.REGISTRATION,
                        Optional.empty(),
                        before,
                        before.with(alive),
                        Optional.of(Action.Forwarding.of(node.homeAddress(), alive))));
    }

    private void persist(MobileNodeState node, Change change) {
        change.enter(Step.PERSISTING);
        out.accept(new Action.Persist(node.recordAfter(change)));
    }

    /** Gives the forwarding back what it had before. */
    private void restore(MobileNodeState node, Change change, Instant at) {
        change.undoing()
                .ifPresentOrElse(
                        undoing -> {
                            change.enter(Step.RESTORING);
                            out.accept(undoing);
                        },
                        () -> deny(node, change, at));
    }

    private void deny(MobileNodeState node, Change change, Instant at) {
        node.endChange();
        order.undo(node);
        var acceptance = change.acceptance().orElseThrow(() -> new AssertionError("nobody to tell"));
        answers.deny(
                node,
                acceptance.received(),
                acceptance.association(),
                new Verdict.Denial(ReplyCode.HA_INSUFFICIENT_RESOURCES, "the change could not be made"),
                at);
        armLifetime(node.homeAddress(), change.before());
    }

    private void armLifetime(Ipv4Address homeAddress, BindingList bindings) {
        bindings.firstExpiry()
                .ifPresent(expiry -> out.accept(new Action.ArmTimer(new Timer(Purpose.LIFETIME, homeAddress), expiry)));
    }

    /** §4.6. A binding that ends otherwise than by coming home leaves nobody to announce. */
    private void tellHomeLink(MobileNodeState node, Change change, Instant at) {
        if (change.purpose() == Change.Purpose.PREPARATION || change.purpose() == Change.Purpose.UNSTAGING) {
            return;
        }
        if (change.isReturn()) {
            node.stopAnnouncing();
            boolean isThere = change.acceptance()
                    .filter(acceptance -> acceptance.received().isDeregistrationFromHome())
                    .isPresent();
            node.mac()
                    .ifPresentOrElse(
                            mac -> announce(node, new Action.AnnounceHome(node.homeAddress(), mac), at),
                            () -> readNeighbour(node, isThere ? NEIGHBOUR_READINGS : 0, at));
        } else if (change.after().isEmpty()) {
            node.stopAnnouncing();
        } else if (change.before().peers().isEmpty() && !change.after().peers().isEmpty()) {
            announce(node, new Action.AnnounceAway(node.homeAddress()), at);
        }
    }

    /** Whoever comes home without a word of its MAC is asked by ARP: the kernel does, to send the reply. */
    private void readNeighbour(MobileNodeState node, int times, Instant at) {
        if (times == 0) {
            node.stopAnnouncing();
            log(new Fact.MacUnknown(node.homeAddress()));
            return;
        }
        var reading = new Action.ReadNeighbour(node.homeAddress());
        out.accept(reading);
        repeat(node, new Announcement(reading, times - 1), at.plus(NEIGHBOUR_INTERVAL));
    }

    /** Announces who is found at home, unless it has gone away since then. */
    void neighbourRead(MobileNodeState node, Optional<MacAddress> mac, Instant at) {
        boolean isWanted = node.bindings().isEmpty()
                && node.announcement()
                        .filter(announcement -> announcement.action() instanceof Action.ReadNeighbour)
                        .isPresent();
        mac.filter(any -> isWanted).ifPresent(found -> {
            node.saw(found);
            announce(node, new Action.AnnounceHome(node.homeAddress(), found), at);
        });
    }

    private void announce(MobileNodeState node, Action gratuitousArp, Instant at) {
        announce(node, new Announcement(gratuitousArp, ANNOUNCEMENT_REPEATS), at);
    }

    private void announce(MobileNodeState node, Announcement announcement, Instant at) {
        out.accept(announcement.action());
        if (announcement.repeats() == 0) {
            node.stopAnnouncing();
        } else {
            repeat(
                    node,
                    new Announcement(announcement.action(), announcement.repeats() - 1),
                    at.plus(ANNOUNCEMENT_INTERVAL));
        }
    }

    private void repeat(MobileNodeState node, Announcement next, Instant at) {
        node.announcing(next);
        out.accept(new Action.ArmTimer(new Timer(Purpose.ANNOUNCEMENT, node.homeAddress()), at));
    }

    private void log(Fact fact) {
        out.accept(new Action.Report(fact));
    }
}
