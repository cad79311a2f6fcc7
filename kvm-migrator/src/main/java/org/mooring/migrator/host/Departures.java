package org.mooring.migrator.host;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.mooring.runtime.Failure;

/**
 * The guests on this host, as they are before the first of them moves.
 *
 * @param guests those that can move
 * @param refused those that can't, and why
 */
record Departures(Map<String, GuestRecord> guests, Map<String, String> refused) {
    /** What a guest must not have, for it to move. */
    interface Condition {
        void check(GuestRecord record) throws Failure;
    }

    static Departures of(ThisHost host, Condition condition) throws Failure {
        Map<String, GuestRecord> guests = new TreeMap<>();
        Map<String, String> refused = new TreeMap<>();
        EventLoopGroup epoll = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try {
            for (GuestFiles files : host.guests()) {
                try {
                    Optional<GuestRecord> record = files.read();
                    if (record.isPresent()) {
                        condition.check(record.get());
                        refuseUnlessRunning(files, record.get(), epoll);
                        guests.put(files.guest(), record.get());
                    }
                } catch (Failure e) {
                    refused.put(files.guest(), String.valueOf(e.getMessage()));
                }
            }
        } finally {
            epoll.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
        return new Departures(guests, refused);
    }

    private static void refuseUnlessRunning(GuestFiles files, GuestRecord record, EventLoopGroup epoll) throws Failure {
        if (record.incoming()) {
            throw new Failure(
                    "guest " + files.guest() + " is on its way here and has yet to arrive: try again when it has");
        }
        try (Monitor monitor = Monitor.connect(epoll, files, new Inattentive())) {
            MigrationRun.refuseUnlessRunning(monitor, files.guest());
        }
    }

    boolean isEmpty() {
        return guests.isEmpty() && refused.isEmpty();
    }

    GuestRecord record(String guest) throws Failure {
        GuestRecord record = guests.get(guest);
        if (record == null) {
            throw new Failure("guest " + guest + " is not on this host: 'kvm-migrator startup " + guest
                    + "' starts it, or name one that is");
        }
        return record;
    }

    int longestName() {
        return Stream.concat(guests.keySet().stream(), refused.keySet().stream())
                .mapToInt(String::length)
                .max()
                .orElse(1);
    }
}
