package org.mooring.hook.daemon;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mooring.hook.Happening;
import org.mooring.runtime.json.Json;
import org.mooring.runtime.loop.AgentLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears of the guests from libvirt, which keeps their QEMUs' monitors to itself: {@code virsh qemu-monitor-event} tells each
 * event at once, and {@code virsh event} when a domain has ended. A guest is called as its domain is.
 */
final class LibvirtGuestEvents implements GuestEvents {
    private static final Logger log = LoggerFactory.getLogger(LibvirtGuestEvents.class);

    private static final Pattern MONITOR_EVENT =
            Pattern.compile("event (\\S+) at ([0-9]+)\\.([0-9]{6}) for domain '(.+)': (.*)");
    private static final Pattern STOPPED = Pattern.compile("event 'lifecycle' for domain '(.+)': Stopped (.*)");

    /** Types of interface that are a tap on a bridge. */
    private static final Set<String> BRIDGED = Set.of("bridge", "network");

    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(10);
    private static final Duration AGAIN = Duration.ofSeconds(1);
    private static final Duration RETRY = Duration.ofSeconds(5);

    private final String connection;
    private final AgentLoop<?, ?> loop;
    private final Clock clock;
    private final Taps taps;
    private final Predicate<String> isConfigured;
    private final Listener listener;

    /** By domain, for as long as its QEMU runs. */
    private final Map<String, QemuEvents> known = new HashMap<>();

    private final List<Process> followed = new ArrayList<>();
    private String told = "";
    private volatile boolean closed;

    /**
     * @param connection libvirt's URI of this host, such as {@code qemu:///system}
     * @param isConfigured whether a domain is a guest of ours; asked on the loop
     */
    LibvirtGuestEvents(
            String connection,
            AgentLoop<?, ?> loop,
            Clock clock,
            Taps taps,
            Predicate<String> isConfigured,
            Listener listener) {
        this.connection = connection;
        this.loop = loop;
        this.clock = clock;
        this.taps = taps;
        this.isConfigured = isConfigured;
        this.listener = listener;
    }

    @Override
    public void start() {
        follow("libvirt-monitors", this::monitorEvent, "qemu-monitor-event", "--loop");
        follow("libvirt-domains", this::domainEvent, "event", "--event", "lifecycle", "--loop");
    }

    /** Tells anew what is true of each guest: somebody may hear now who didn't before. */
    void tellAgain() {
        new Thread(
                        () -> {
                            synchronized (known) {
                                known.clear();
                            }
                            ask();
                        },
                        "libvirt")
                .start();
    }

    /** Guests run on, and so do their registrations. */
    @Override
    public void close() {
        closed = true;
        synchronized (followed) {
            followed.forEach(Process::destroy);
        }
    }

    /** Reads what virsh prints for as long as there is somebody to tell; begins again where libvirt was restarted. */
    private void follow(String name, Consumer<String> line, String... words) {
        Thread thread = new Thread(
                () -> {
                    while (!closed) {
                        String end = readAll(line, words);
                        if (!closed) {
                            silent(end);
                        }
                        pause(RETRY);
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Said once, whichever of the two notices it. */
    private synchronized void silent(String reason) {
        if (!reason.equals(told)) {
            log.warn(
                    "libvirt's events are not heard connection={} reason=\"{}\": is libvirtd running? It is asked again every"
                            + " {} s",
                    connection,
                    reason,
                    RETRY.toSeconds());
            told = reason;
        }
    }

    private synchronized void heard() {
        told = "";
    }

    /** Returns why no more is heard. */
    private String readAll(Consumer<String> line, String... words) {
        try {
            Process process = virsh(words);
            synchronized (followed) {
                followed.removeIf(old -> !old.isAlive());
                followed.add(process);
            }
            if (closed) {
                process.destroy();
            }
            // virsh doesn't say when it has begun to listen: what happens in between is found by asking once more.
            ask();
            loop.group()
                    .schedule(() -> new Thread(this::ask, "libvirt").start(), AGAIN.toMillis(), TimeUnit.MILLISECONDS);
            String last = "";
            try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                for (String next = lines.readLine(); next != null; next = lines.readLine()) {
                    last = next.isBlank() ? last : next;
                    line.accept(next);
                }
            }
            return last;
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** On the reader's thread. */
    private void monitorEvent(String line) {
        Matcher event = MONITOR_EVENT.matcher(line);
        if (event.matches()) {
            heard();
            Instant at = Instant.ofEpochSecond(Long.parseLong(event.group(2)), Long.parseLong(event.group(3)) * 1_000);
            happened(event.group(4), event.group(1), status(event.group(5)), at);
        } else if (!line.isBlank()) {
            log.debug("not an event: {}", line);
        }
    }

    private void happened(String domain, String event, String status, Instant at) {
        synchronized (known) {
            QemuEvents before = known.get(domain);
            QemuEvents qemu = before == null ? begin(domain) : before;
            List<Happening> meaning = new ArrayList<>();
            if (event.equals("MIGRATION") && qemu.mustBeArriving()) {
                qemu.awaitGuest();
                meaning.add(Happening.ARRIVING);
            }
            qemu.meaning(event, status).ifPresent(meaning::add);
            tell(domain, meaning, at);
        }
    }

    /** On the other reader's thread. */
    private void domainEvent(String line) {
        Matcher stopped = STOPPED.matcher(line);
        if (stopped.matches()) {
            String domain = stopped.group(1);
            synchronized (known) {
                known.remove(domain);
                // MIGRATION has told of the migrated.
                if (!stopped.group(2).equals("Migrated")) {
                    tell(domain, List.of(Happening.ENDED), clock.instant());
                }
            }
        }
    }

    /** Tells what has become of those that nothing was heard of yet. */
    private void ask() {
        for (String domain :
                answer("list", "--name").lines().filter(name -> !name.isBlank()).toList()) {
            synchronized (known) {
                if (!known.containsKey(domain)) {
                    tell(domain, found(domain), clock.instant());
                }
            }
        }
    }

    private List<Happening> found(String domain) {
        String state = answer("domstate", domain);
        String job = answer("domjobinfo", domain);
        QemuEvents qemu = begin(domain);
        List<Happening> found = new ArrayList<>();
        if (job.contains("Incoming migration")) {
            qemu.awaitGuest();
            found.add(Happening.ARRIVING);
            return found;
        }
        qemu.hasRun();
        found.add(Happening.RUNNING);
        if (job.contains("Outgoing migration")) {
            found.add(Happening.MIGRATION_STARTED);
        }
        if (!state.startsWith("running")) {
            found.add(Happening.STOPPED);
        }
        return found;
    }

    private QemuEvents begin(String domain) {
        QemuEvents qemu = new QemuEvents();
        known.put(domain, qemu);
        log.info("guest watched guest={} libvirt={}", domain, connection);
        tap(domain).ifPresent(tap -> loop.execute(() -> taps.name(domain, tap)));
        return qemu;
    }

    /** The device of the domain's first bridged interface. */
    private Optional<String> tap(String domain) {
        return answer("domiflist", domain)
                .lines()
                .map(line -> line.strip().split("\\s+"))
                .filter(column -> column.length > 2 && BRIDGED.contains(column[1]))
                .map(column -> column[0])
                .findFirst();
    }

    private void tell(String domain, List<Happening> happenings, Instant at) {
        loop.execute(() -> {
            if (isConfigured.test(domain)) {
                happenings.forEach(what -> listener.happened(domain, what, at));
            }
        });
    }

    private static String status(String details) {
        try {
            return Json.MAPPER.readTree(details).path("status").asText();
        } catch (JsonProcessingException none) {
            return "";
        }
    }

    /** What virsh prints; empty if it fails. */
    private String answer(String... words) {
        try {
            Process process = virsh(words);
            try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                StringBuilder text = new StringBuilder();
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    text.append(line).append('\n');
                }
                boolean ended = process.waitFor(LONGEST_ANSWER.toSeconds(), TimeUnit.SECONDS);
                return ended && process.exitValue() == 0 ? text.toString() : "";
            } finally {
                process.destroy();
            }
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts this thread", e);
        }
    }

    private Process virsh(String... words) throws IOException {
        // Into a pipe, virsh prints whole blocks.
        List<String> command = new ArrayList<>(List.of("stdbuf", "-oL", "virsh", "-q", "-c", connection));
        command.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        return builder.start();
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts this thread", e);
        }
    }
}
