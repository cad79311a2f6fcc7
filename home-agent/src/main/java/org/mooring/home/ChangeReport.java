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
            case REGISTRATION, COMMIT -> binding(change);
            case PREPARATION -> {}
            case UNSTAGING ->
                change.acceptance().map(Change.Acceptance::received).ifPresent(this::unstaged);
        }
    }

    private void binding(Change change) {
        var before = change.before();
        var after = change.after();
        if (!change.changesBinding()) {
            change.acceptance().ifPresent(this::nothing);
        } else if (after.isEmpty()) {
            before.ifPresent(binding -> log.accept(new Fact.BindingEnded(binding, end(change))));
        } else if (before.isEmpty()) {
            log.accept(new Fact.BindingMade(after.get()));
        } else if (before.get().generation() == after.get().generation()) {
            log.accept(new Fact.BindingRenewed(after.get()));
        } else {
            log.accept(new Fact.BindingMoved(after.get(), before.get().peer()));
        }
    }

    private static End end(Change change) {
        if (change.purpose() == Change.Purpose.COMMIT) {
            return End.RETURNED;
        }
        return change.acceptance().isPresent() ? End.DEREGISTERED : End.EXPIRED;
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
        if (change.acceptance().isEmpty()) {
            return How.EXPIRED;
        }
        if (change.aborts()) {
            return How.ABORTED;
        }
        return change.purpose() == Change.Purpose.REGISTRATION ? How.CONFIRMED : How.REPLACED;
    }
}
