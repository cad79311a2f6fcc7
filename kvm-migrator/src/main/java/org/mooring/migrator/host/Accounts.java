package org.mooring.migrator.host;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mooring.migrator.host.MigratorConfig.RemoteHost;
import org.mooring.runtime.Failure;
import org.mooring.timeline.HandoverAccount;
import org.mooring.timeline.HandoverRecord;
import org.mooring.timeline.MigrationRecord;

/** Puts together what this migrator, the hook of this host and those of the others know of handovers. */
final class Accounts {
    private static final int PATIENCE_SECONDS = 30;

    /** Between a hook's word for the beginning and ours: the guest is prepared for first, and clocks are compared roughly. */
    private static final Duration SLACK = Duration.ofSeconds(2);

    /** Asks a host's hook. */
    interface Source {
        HookRecords ask(String host) throws Failure;
    }

    /** What a host's hook knows, or why that isn't known; empty where it is. */
    private record Word(HookRecords records, String missing) {
        String missing(String host) {
            return missing.isEmpty() ? host + ": its hook knows nothing of this handover" : missing;
        }
    }

    private final String here;
    private final Source local;
    private final Source remote;
    private final Map<String, Word> words = new HashMap<>();

    /**
     * @param here this host's name
     * @param local asks the hook of this host; what fails says of which host
     * @param remote asks that of another one; likewise
     */
    Accounts(String here, Source local, Source remote) {
        this.here = here;
        this.local = local;
        this.remote = remote;
    }

    static Accounts of(MigratorConfig config, List<String> sshOptions) {
        return new Accounts(
                ThisHost.name(),
                host -> {
                    try {
                        return new Hook(config.hookSocket()).handovers();
                    } catch (Failure e) {
                        throw new Failure(host + ": " + e.getMessage(), e);
                    }
                },
                host -> RemoteAnswer.to(
                        new RemoteCommand(RemoteHost.find(host, config.hosts()), sshOptions, List.of("handovers")),
                        List.of(),
                        HookRecords::parse,
                        PATIENCE_SECONDS));
    }

    /** Of the latest {@code count} handovers, or fewer, from the oldest to the newest; of all guests or of one. */
    List<HandoverAccount> latest(List<MigrationRecord> migrations, Optional<String> guest, int count) {
        List<MigrationRecord> departures = migrations.stream()
                .filter(migration -> guest.isEmpty() || guest.get().equals(migration.guest()))
                .toList();
        // What only the hook knows: guests that came here, and those that something else moved.
        List<HandoverRecord> others = word(here, local).records().handovers().stream()
                .filter(record -> guest.isEmpty() || guest.get().equals(record.guest()))
                .filter(record -> departures.stream()
                        .noneMatch(migration -> !record.arriving() && isOf(migration, record, Duration.ZERO)))
                .toList();
        List<Instant> begun = new ArrayList<>();
        departures.forEach(migration -> begun.add(migration.began()));
        others.forEach(record -> begun.add(record.began()));
        begun.sort(Comparator.reverseOrder());
        Instant since = begun.isEmpty() ? Instant.MAX : begun.get(Math.min(count, begun.size()) - 1);
        List<HandoverAccount> accounts = new ArrayList<>();
        departures.stream()
                .filter(migration -> !migration.began().isBefore(since))
                .forEach(migration -> accounts.add(of(migration)));
        others.stream()
                .filter(record -> !record.began().isBefore(since))
                .forEach(record -> accounts.add(HandoverAccount.of(record, here)));
        accounts.sort(Comparator.comparing(HandoverAccount::began));
        return accounts.subList(Math.max(0, accounts.size() - count), accounts.size());
    }

    /** Of one that this migrator knows. */
    HandoverAccount of(MigrationRecord migration) {
        Word source = word(here, local);
        Word destination = word(migration.to(), remote);
        Optional<HandoverRecord> left = source.records().handovers().stream()
                .filter(record -> !record.arriving() && isOf(migration, record, Duration.ZERO))
                .findFirst();
        Duration ahead = migration.clockAheadMs() == null
                ? Duration.ZERO
                : Duration.ofNanos(Math.round(migration.clockAheadMs() * 1e6));
        Optional<HandoverRecord> came = destination.records().handovers().stream()
                .filter(record -> record.arriving() && isOf(migration, record, ahead))
                .findFirst();
        List<String> missing = new ArrayList<>();
        if (left.isEmpty()) {
            missing.add(source.missing(migration.from()));
        }
        if (came.isEmpty()) {
            missing.add(destination.missing(migration.to()));
        }
        return HandoverAccount.of(migration, left, came, missing);
    }

    /** Of these, by guest. */
    Map<String, HandoverAccount> byGuest(List<MigrationRecord> migrations) {
        return migrations.stream()
                .collect(Collectors.toMap(MigrationRecord::guest, this::of, (former, latter) -> latter));
    }

    private static boolean isOf(MigrationRecord migration, HandoverRecord record, Duration ahead) {
        Instant began = record.began().minus(ahead);
        return record.guest().equals(migration.guest())
                && !began.isBefore(migration.began().minus(SLACK))
                && !began.isAfter(migration.ended().plus(SLACK));
    }

    private Word word(String host, Source source) {
        return words.computeIfAbsent(host, name -> {
            try {
                return new Word(source.ask(name), "");
            } catch (Failure e) {
                return new Word(new HookRecords(List.of()), String.valueOf(e.getMessage()));
            }
        });
    }
}
