package org.mooring.home;

import java.time.Duration;
import java.util.Optional;
import org.mooring.home.Change.Acceptance;
import org.mooring.home.Change.Purpose;
import org.mooring.home.Change.Standing;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.revocation.RevocationTerms;

/** What an accepted request changes: RFC 3344 §3.8.2.2, and docs/handover.md, "Home agent". */
record AcceptanceRules(Policy policy) {

    Change change(MobileNodeState node, Acceptance acceptance) {
        var handover = acceptance.received().handover();
        if (handover.prepare().isPresent()) {
            return prepare(node, acceptance, handover.prepare().get());
        }
        var committing = node.staged().filter(entry -> handover.commit().equals(Optional.of(entry.id())));
        if (committing.isPresent() && handover.abort().isEmpty()) {
            return commit(node, acceptance, committing.get());
        }
        // A COMMIT that is sent again is dated anew, and a late one, or a late ARM, may be newer than CONFIRM where
        // clocks were misjudged: it must not take the mobile node back to where it comes from.
        boolean late = (handover.arm() || handover.commit().isPresent())
                && handover.abort().isEmpty()
                && (handover.commit()
                                .filter(id -> node.committed().equals(Optional.of(id)))
                                .isPresent()
                        || !isThere(node, acceptance));
        return late ? unchanged(node, acceptance) : register(node, acceptance);
    }

    /** Whether the mobile node is where the request registers it: then this renews that, and moves nothing. */
    private static boolean isThere(MobileNodeState node, Acceptance acceptance) {
        var request = acceptance.received().request();
        return request.isDeregistration()
                ? node.bindings().isEmpty()
                : node.bindings().at(request.careOfAddress()).isPresent();
    }

    private Change prepare(MobileNodeState node, Acceptance acceptance, Prepare prepare) {
        var received = acceptance.received();
        var request = received.request();
        if (received.handover().abort().isPresent()) {
            boolean aborted = received.handover().abort().equals(node.staged().map(StagedEntry::id));
            return aborted ? unstage(node, Optional.of(acceptance)) : unchanged(node, acceptance);
        }
        var peer = Optional.of(acceptance.tunnel().peer()).filter(any -> !request.isDeregistration());
        boolean isThere = peer.map(node.bindings().peers()::contains).orElseGet(node.bindings()::isEmpty);
        if (isThere) {
            return node.staged().isPresent() ? unstage(node, Optional.of(acceptance)) : unchanged(node, acceptance);
        }
        var holdTime = Duration.ofSeconds(Math.min(prepare.holdSeconds(), policy.maxLifetime()));
        var entry = new StagedEntry(
                node.homeAddress(),
                prepare.id(),
                request.careOfAddress(),
                peer,
                request.flags(),
                received.from(),
                holdTime,
                received.at().plus(holdTime));
        var forwarding = peer.<Action.Forwarding>map(tunnel -> new Action.StageForwarding(node.homeAddress(), tunnel))
                .orElseGet(() -> new Action.ExpectReturn(node.homeAddress()));
        var before = node.standing();
        return new Change(
                Purpose.PREPARATION,
                Optional.of(acceptance),
                before,
                before.withStaged(Optional.of(entry)),
                Optional.of(forwarding));
    }

    private Change commit(MobileNodeState node, Acceptance acceptance, StagedEntry entry) {
        var received = acceptance.received();
        // A mobile node that leaves home asks for none: its present registration is a deregistration.
        int asked = acceptance.lifetime() == 0 ? policy.maxLifetime() : acceptance.lifetime();
        var binding = entry.peer()
                .map(peer -> new MobilityBinding(
                        node.homeAddress(),
                        entry.careOfAddress(),
                        peer,
                        entry.flags(),
                        Math.min(asked, policy.maxLifetime(peer)),
                        received.at(),
                        received.request().identification(),
                        acceptance.association().spi(),
                        entry.from(),
                        node.generationWith(peer)));
        var forwarding = binding.map(bound -> moving(node, bound))
                .orElseGet(() -> received.deviceMac()
                        .or(node::mac)
                        .<Action.Forwarding>map(mac -> new Action.ReturnForwarding(node.homeAddress(), mac))
                        .orElseGet(() -> new Action.RemoveForwarding(node.homeAddress())));
        return new Change(
                Purpose.COMMIT,
                Optional.of(acceptance),
                node.standing(),
                new Standing(binding.map(BindingList::of).orElse(BindingList.NONE), Optional.empty()),
                Optional.of(forwarding));
    }

    private Change register(MobileNodeState node, Acceptance acceptance) {
        var received = acceptance.received();
        var before = node.standing();
        var aborted =
                before.staged().filter(entry -> received.handover().abort().equals(Optional.of(entry.id())));
        var confirmed = before.staged().filter(entry -> entry.isFor(received.request()));
        if (aborted.isPresent() && confirmed.isPresent()) {
            // It says that the mobile node doesn't come to this very place.
            return unstage(node, Optional.of(acceptance));
        }
        var after = aborted.or(() -> confirmed).isPresent() ? before.withStaged(Optional.empty()) : before;
        return received.request().isDeregistration()
                ? deregister(node, acceptance, before, after, confirmed.isPresent())
                : bind(node, acceptance, before, after, confirmed.flatMap(StagedEntry::peer));
    }

    private static Change deregister(
            MobileNodeState node, Acceptance acceptance, Standing before, Standing after, boolean confirms) {
        var request = acceptance.received().request();
        var others = request.isDeregistrationOfAll()
                ? BindingList.NONE
                : before.bindings().without(request.careOfAddress());
        boolean isBack = request.isDeregistrationOfAll() && node.isNeighbourHeld();
        boolean changes = !others.equals(before.bindings());
        var forwarding = changes
                ? Optional.of(
                        confirms
                                ? new Action.RetireForwarding(node.homeAddress(), node.isArmed())
                                : Action.Forwarding.of(node.homeAddress(), others))
                : Optional.<Action.Forwarding>of(new Action.SettleForwarding(node.homeAddress()))
                        .filter(any -> isBack);
        return new Change(Purpose.REGISTRATION, Optional.of(acceptance), before, after.with(others), forwarding);
    }

    /**
     * §3.8.2.2: with S the others stay, without it the new one takes their place.
     *
     * @param staged the far end of the tunnel that is confirmed; of what comes through a NAT it may be another one by now
     */
    private Change bind(
            MobileNodeState node, Acceptance acceptance, Standing before, Standing after, Optional<Peer> staged) {
        var binding = binding(node, acceptance);
        var bindings = policy.keepsOthers(acceptance.received().request())
                ? before.bindings().and(binding)
                : BindingList.of(binding);
        var forwarding = staged.equals(Optional.of(binding.peer())) && bindings.size() == 1
                ? moving(node, binding)
                : Action.Forwarding.of(node.homeAddress(), bindings);
        return new Change(
                Purpose.REGISTRATION, Optional.of(acceptance), before, after.with(bindings), Optional.of(forwarding));
    }

    private static MobilityBinding binding(MobileNodeState node, Acceptance acceptance) {
        var received = acceptance.received();
        var revocation = acceptance
                .offer()
                .map(offer -> new RevocationTerms(node.timestamp(received.at()), offer.timestamp(), offer.informs()));
        var request = received.request();
        var peer = acceptance.tunnel().peer();
        return new MobilityBinding(
                node.homeAddress(),
                request.careOfAddress(),
                peer,
                request.flags(),
                acceptance.lifetime(),
                received.at(),
                request.identification(),
                acceptance.association().spi(),
                received.from(),
                node.generationWith(peer),
                revocation);
    }

    /** To what is staged, by a flip if the kernel has it still, and as it is: a deregistration in between takes it away. */
    private static Action.Forwarding moving(MobileNodeState node, MobilityBinding binding) {
        boolean isStaged = node.isTunnelStaged()
                && node.staged().flatMap(StagedEntry::peer).equals(Optional.of(binding.peer()));
        return isStaged
                ? new Action.FlipForwarding(node.homeAddress())
                : Action.Forwarding.of(node.homeAddress(), BindingList.of(binding));
    }

    /** Ends what is staged. */
    static Change unstage(MobileNodeState node, Optional<Acceptance> acceptance) {
        var before = node.standing();
        return new Change(Purpose.UNSTAGING, acceptance, before, before.withStaged(Optional.empty()), unstaging(node));
    }

    /** Uses up the Identification, and nothing else. */
    private static Change unchanged(MobileNodeState node, Acceptance acceptance) {
        var before = node.standing();
        return new Change(Purpose.UNSTAGING, Optional.of(acceptance), before, before, Optional.empty());
    }

    private static Optional<Action.Forwarding> unstaging(MobileNodeState node) {
        return node.isTunnelStaged() ? Optional.of(new Action.UnstageForwarding(node.homeAddress())) : Optional.empty();
    }
}
