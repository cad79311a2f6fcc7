package org.mooring.home;

import java.util.Optional;
import java.util.function.Consumer;
import org.mooring.home.Fact.BindingEnded.End;
import org.mooring.home.Fact.StagedEntryGone.How;
import org.mooring.protocol.handover.HandoverId;

/** Tells the log what a change has changed. */
record ChangeReport(Consumer<Fact> log) {

    void report(Change change) {
        staged(change);
        switch (change.purpose()) {
            case REGISTRATION, COMMIT, KEEPALIVE, REVOCATION -> binding(change);
            case PREPARATION -> {}
            case UNSTAGING ->
                change.acceptance().map(Change.Acceptance::received).ifPresent(this::unstaged);
        }
    }

    private void binding(Change change) {
        var before = change.before();
        var after = change.after();
        if (!change.changesBindings()) {
            change.acceptance().ifPresent(this::nothing);
            return;
        }
        var made = after.beside(before).newest();
        var ended = before.beside(after);
        made.ifPresentOrElse(
                binding -> log.accept(
                        ended.isEmpty()
                                ? new Fact.BindingMade(binding)
                                : new Fact.BindingMoved(
                                        binding,
                                        ended.all().stream()
                                                .map(MobilityBinding::peer)
                                                .toList())),
                () -> {
                    after.newest()
                            .filter(binding -> !before.all().contains(binding))
                            .ifPresent(binding -> log.accept(new Fact.BindingRenewed(binding)));
                    ended.all().forEach(binding -> log.accept(new Fact.BindingEnded(binding, end(change))));
                });
    }

    private static End end(Change change) {
        if (change.purpose() == Change.Purpose.REVOCATION) {
            return change.revocation().isPresent() ? End.REVOKED_BY_FOREIGN_AGENT : End.REVOKED;
        }
        if (change.purpose() == Change.Purpose.COMMIT) {
            return End.RETURNED;
        }
        return change.acceptance()
                .map(acceptance -> acceptance.received().request().isDeregistration() ? End.DEREGISTERED : End.REPLACED)
                .orElse(End.EXPIRED);
    }

    private void nothing(Change.Acceptance acceptance) {
        var received = acceptance.received();
        log.accept(new Fact.NothingToDeregister(
                received.homeAddress(), received.request().careOfAddress(), received.from()));
    }

    private void unstaged(ReceivedRequest received) {
        var handover = received.handover();
        if (handover.prepare().isPresent() && handover.abort().isEmpty()) {
            log.accept(new Fact.NothingToStage(
                    received.homeAddress(), received.request().careOfAddress(), received.from()));
        }
    }

    private void staged(Change change) {
        var idBefore = id(change.stagedBefore());
        var idAfter = id(change.stagedAfter());
        change.stagedBefore()
                .filter(entry -> !idBefore.equals(idAfter))
                .ifPresent(entry -> log.accept(new Fact.StagedEntryGone(entry, how(change))));
        if (change.purpose() == Change.Purpose.PREPARATION) {
            change.stagedAfter()
                    .ifPresent(entry -> log.accept(new Fact.CareOfAddressStaged(entry, idBefore.equals(idAfter))));
        }
    }

    private static Optional<HandoverId> id(Optional<StagedEntry> entry) {
        return entry.map(StagedEntry::id);
    }

    private static How how(Change change) {
        if (change.purpose() == Change.Purpose.COMMIT) {
            return How.COMMITTED;
        }
        if (change.purpose() == Change.Purpose.REVOCATION) {
            return How.REVOKED;
        }
        if (change.acceptance().isEmpty()) {
            return How.EXPIRED;
        }
        if (change.aborts()) {
            return How.ABORTED;
        }
        return change.purpose() == Change.Purpose.REGISTRATION ? How.CONFIRMED : How.REPLACED;
    }
}
