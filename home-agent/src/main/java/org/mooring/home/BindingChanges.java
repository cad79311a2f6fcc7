package org.mooring.home;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import org.mooring.home.Change.Step;
import org.mooring.home.Event.Timer;
import org.mooring.home.Event.Timer.Purpose;
import org.mooring.home.Fact.BindingEnded.End;
import org.mooring.home.MobileNodeState.Announcement;
import org.mooring.protocol.wire.ReplyCode;

/**
 * Carries out what was accepted (RFC 3344 §3.8.2.2, §4.6): forwarding, then store, then reply and gratuitous ARP. What the kernel or the
 * store refuses is undone and becomes code 130. Confined to the agent loop.
 */
final class BindingChanges {
    /** RFC 3344 §4.6: a gratuitous ARP should be repeated a few times, for it may be lost. */
    private static final int ANNOUNCEMENT_REPEATS = 2;

    private static final Duration ANNOUNCEMENT_INTERVAL = Duration.ofSeconds(1);

    /** Until the kernel is asked again to end the forwarding of a binding that is over. */
    private static final Duration REMOVAL_RETRY = Duration.ofSeconds(5);

    private final Answers answers;
    private final Consumer<Action> out;

    BindingChanges(Answers answers, Consumer<Action> out) {
        this.answers = answers;
        this.out = out;
    }

    /**
     * Starts what {@code acceptance} asks for.
     *
     * @param maxLifetime the longest that may be granted, in seconds
     */
    void begin(MobileNodeState node, Change.Acceptance acceptance, int maxLifetime) {
        var request = acceptance.received().request();
        var before = node.binding();
        if (!request.isDeregistration()) {
            // §3.8.2.2: without simultaneous bindings, the new one takes the place of all others.
            begin(node, new Change(Optional.of(acceptance), before, Optional.of(bind(node, acceptance, maxLifetime))));
        } else if (request.isDeregistrationOfAll()) {
            begin(node, new Change(Optional.of(acceptance), before, Optional.empty()));
        } else {
            var others = before.filter(binding -> !binding.peer().address().equals(request.careOfAddress()));
            begin(node, new Change(Optional.of(acceptance), before, others));
        }
    }

    /** Takes up what was stored, be it alive or over by now. */
    void restore(MobileNodeState node, MobileNodeRecord stored, Instant at) {
        node.restore(stored);
        stored.binding().ifPresent(binding -> {
            if (binding.isExpired(at)) {
                expire(node);
            } else {
                log(new Fact.BindingRestored(binding));
                armLifetime(binding);
                announce(node, new Action.AnnounceAway(node.homeAddress()), at);
            }
        });
    }

    void forwardingChanged(MobileNodeState node, Change change, Instant at) {
        if (change.step() == Step.RESTORING) {
            deny(node, change, at);
        } else {
            persist(node, change);
        }
    }

    void forwardingFailed(MobileNodeState node, Change change, String reason, Instant at) {
        log(new Fact.ForwardingRefused(node.homeAddress(), reason));
        if (change.step() == Step.RESTORING) {
            deny(node, change, at);
        } else if (change.acceptance().isPresent()) {
            restore(node, change, at);
        } else {
            node.endChange();
            out.accept(new Action.ArmTimer(new Timer(Purpose.LIFETIME, node.homeAddress()), at.plus(REMOVAL_RETRY)));
        }
    }

    void persisted(MobileNodeState node, Change change, Instant at) {
        node.commit(change);
        change.acceptance().ifPresent(acceptance -> answers.accept(node, acceptance, granted(change), at));
        change.after().ifPresent(this::armLifetime);
        report(change);
        tellHomeLink(node, change, at);
    }

    void persistFailed(MobileNodeState node, Change change, String reason, Instant at) {
        log(new Fact.StoreRefused(node.homeAddress(), reason));
        if (change.acceptance().isPresent()) {
            restore(node, change, at);
        } else {
            // The stored binding's lifetime is over, and a restart will see that.
            persisted(node, change, at);
        }
    }

    /** Ends a binding whose lifetime is over; nothing is sent (§3.8.2.2). Timers of earlier lifetimes come to nothing. */
    void lifetimeExpired(MobileNodeState node, Instant at) {
        // A change under way arms the timer anew when it is done, whatever becomes of it.
        if (node.change().isPresent()) {
            return;
        }
        node.binding().ifPresent(binding -> {
            if (binding.isExpired(at)) {
                expire(node);
            } else {
                armLifetime(binding);
            }
        });
    }

    void announcementDue(MobileNodeState node, Instant at) {
        node.announcement().ifPresent(announcement -> announce(node, announcement, at));
    }

    private void begin(MobileNodeState node, Change change) {
        node.begin(change);
        if (change.touchesForwarding()) {
            forward(node, change.after());
        } else {
            persist(node, change);
        }
    }

    private void expire(MobileNodeState node) {
        begin(node, new Change(Optional.empty(), node.binding(), Optional.empty()));
    }

    private static MobilityBinding bind(MobileNodeState node, Change.Acceptance acceptance, int maxLifetime) {
        var received = acceptance.received();
        var request = received.request();
        var peer = Peer.ipip(request.careOfAddress());
        return new MobilityBinding(
                node.homeAddress(),
                peer,
                request.flags(),
                // §3.8.3.2: never more than asked for. Infinity is the largest number of both.
                Math.min(request.lifetime(), maxLifetime),
                received.at(),
                request.identification(),
                acceptance.association().spi(),
                received.from(),
                node.generationWith(peer));
    }

    private void forward(MobileNodeState node, Optional<MobilityBinding> binding) {
        out.accept(binding.<Action>map(b -> new Action.InstallForwarding(node.homeAddress(), b.peer()))
                .orElseGet(() -> new Action.RemoveForwarding(node.homeAddress())));
    }

    private void persist(MobileNodeState node, Change change) {
        change.enter(Step.PERSISTING);
        out.accept(new Action.Persist(node.recordAfter(change)));
    }

    /** Gives the forwarding back what it had before. */
    private void restore(MobileNodeState node, Change change, Instant at) {
        if (change.touchesForwarding()) {
            change.enter(Step.RESTORING);
            forward(node, change.before());
        } else {
            deny(node, change, at);
        }
    }

    private void deny(MobileNodeState node, Change change, Instant at) {
        node.endChange();
        var acceptance = change.acceptance().orElseThrow(() -> new AssertionError("nobody to tell"));
        answers.deny(
                node,
                acceptance.received(),
                acceptance.association(),
                new Verdict.Denial(ReplyCode.HA_INSUFFICIENT_RESOURCES, "the change could not be made"),
                at);
        change.before().ifPresent(this::armLifetime);
    }

    private static int granted(Change change) {
        boolean registered = change.acceptance()
                .filter(acceptance -> !acceptance.received().request().isDeregistration())
                .isPresent();
        return registered ? change.after().map(MobilityBinding::lifetime).orElse(0) : 0;
    }

    private void armLifetime(MobilityBinding binding) {
        if (!binding.isInfinite()) {
            out.accept(new Action.ArmTimer(new Timer(Purpose.LIFETIME, binding.homeAddress()), binding.expiry()));
        }
    }

    private void report(Change change) {
        var before = change.before();
        var after = change.after();
        if (!change.touchesForwarding()) {
            change.acceptance().ifPresent(this::reportNothing);
        } else if (after.isEmpty()) {
            var how = change.acceptance().isPresent() ? End.DEREGISTERED : End.EXPIRED;
            before.ifPresent(binding -> log(new Fact.BindingEnded(binding, how)));
        } else if (before.isEmpty()) {
            after.ifPresent(binding -> log(new Fact.BindingMade(binding)));
        } else if (before.get().generation() == after.get().generation()) {
            log(new Fact.BindingRenewed(after.get()));
        } else {
            log(new Fact.BindingMoved(after.get(), before.get().peer()));
        }
    }

    private void reportNothing(Change.Acceptance acceptance) {
        var received = acceptance.received();
        log(new Fact.NothingToDeregister(
                received.homeAddress(), received.request().careOfAddress(), received.from()));
    }

    /** §4.6. A binding that ends otherwise than by coming home leaves nobody to announce. */
    private void tellHomeLink(MobileNodeState node, Change change, Instant at) {
        if (change.acceptance()
                .filter(a -> a.received().request().isDeregistrationOfAll())
                .isPresent()) {
            node.stopAnnouncing();
            node.mac()
                    .ifPresentOrElse(
                            mac -> announce(node, new Action.AnnounceHome(node.homeAddress(), mac), at),
                            () -> log(new Fact.MacUnknown(node.homeAddress())));
        } else if (change.after().isEmpty()) {
            node.stopAnnouncing();
        } else if (change.before().isEmpty()) {
            announce(node, new Action.AnnounceAway(node.homeAddress()), at);
        }
    }

    private void announce(MobileNodeState node, Action gratuitousArp, Instant at) {
        announce(node, new Announcement(gratuitousArp, ANNOUNCEMENT_REPEATS), at);
    }

    private void announce(MobileNodeState node, Announcement announcement, Instant at) {
        out.accept(announcement.gratuitousArp());
        if (announcement.repeats() == 0) {
            node.stopAnnouncing();
        } else {
            node.announcing(new Announcement(announcement.gratuitousArp(), announcement.repeats() - 1));
            out.accept(new Action.ArmTimer(
                    new Timer(Purpose.ANNOUNCEMENT, node.homeAddress()), at.plus(ANNOUNCEMENT_INTERVAL)));
        }
    }

    private void log(Fact fact) {
        out.accept(new Action.Report(fact));
    }
}
