package org.mooring.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.mooring.lab.report.TimelineEvent;

/**
 * When QEMU moved the guest, by its own events.
 *
 * @param decision when the operator's command began
 * @param stop when the source stopped the guest
 * @param resume when the destination resumed it
 */
record Switchover(long decision, long stop, long resume, List<TimelineEvent> events) {

    /** Has the migrator move the guest. */
    static Switchover of(Lab lab, Guest guest, Site from, Site to) {
        return of(lab, guest, from, to, event -> {});
    }

    /** As above, whether hooks run or not. */
    static Switchover forced(Lab lab, Guest guest, Site from, Site to) {
        return of(lab, guest, from, to, List.of("--force"), event -> {});
    }

    /** Has the migrator move the guest, and tells of the events of the source's QEMU when they happen. */
    static Switchover of(Lab lab, Guest guest, Site from, Site to, Consumer<Monitor.QemuEvent> atTheSource) {
        return of(lab, guest, from, to, List.of(), atTheSource);
    }

    private static Switchover of(
            Lab lab, Guest guest, Site from, Site to, List<String> options, Consumer<Monitor.QemuEvent> atTheSource) {
        var words = new ArrayList<>(List.of("migrate", guest.name(), "--to", to.host()));
        words.addAll(options);
        try (Monitor source = new Monitor(lab.namespace(from.host()), guest, atTheSource)) {
            long decision = Clock.now();
            CompletableFuture<Command> migration =
                    CompletableFuture.supplyAsync(() -> lab.migrator(from, words.toArray(String[]::new)));
            try (Monitor destination = whenItRuns(lab.namespace(to.host()), guest, migration)) {
                Command done = migration.join();
                long returned = Clock.now();
                if (done.status() != 0) {
                    throw new LabException(done.toString());
                }
                Await.until(
                        "RESUME at the destination",
                        () -> destination.last("RESUME").isPresent());
                long stop = source.last("STOP").orElseThrow(() -> new LabException("no STOP at the source"));
                long resume = destination.last("RESUME").orElseThrow();
                var events = new ArrayList<TimelineEvent>();
                events.add(new TimelineEvent(
                        Mover.milliseconds(decision - stop), "operator", "decision: kvm-migrator migrate"));
                add(events, source, "QEMU " + from, stop);
                add(events, destination, "QEMU " + to, stop);
                events.add(new TimelineEvent(Mover.milliseconds(returned - stop), "operator", "kvm-migrator returned"));
                return new Switchover(decision, stop, resume, events);
            }
        }
    }

    private static Monitor whenItRuns(Namespace host, Guest guest, CompletableFuture<Command> migration) {
        var monitor = new ArrayList<Monitor>();
        Await.until("QEMU runs at the destination", () -> {
            try {
                return monitor.add(new Monitor(host, guest));
            } catch (LabException e) {
                if (migration.isDone()) {
                    throw new LabException("it never ran: " + migration.join(), e);
                }
                return false;
            }
        });
        return monitor.get(0);
    }

    private static void add(List<TimelineEvent> events, Monitor monitor, String who, long stop) {
        for (Monitor.QemuEvent event : monitor.events()) {
            if (!event.name().equals("NIC_RX_FILTER_CHANGED")) {
                events.add(new TimelineEvent(Mover.milliseconds(event.time() - stop), who, event.toString()));
            }
        }
    }
}
