package org.mooring.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.mooring.lab.report.Move;
import org.mooring.lab.report.Throughput;
import org.mooring.lab.report.TimelineEvent;

/** Moves a guest, and measures from outside the programs what that does to its traffic. */
final class Mover {
    private static final long MILLISECOND = 1_000_000;
    private static final long BEFORE = 1000 * MILLISECOND;
    private static final long AFTER = 2000 * MILLISECOND;
    private static final long BIN = 20 * MILLISECOND;
    private static final int HEADERS = 160;

    /** A line of a daemon's log. */
    private static final Pattern LOGGED = Pattern.compile("(?<at>[0-9TZ:.-]+) [A-Z]+ +(?<what>.*)");

    private final Lab lab;
    private final Guest guest;
    private final Sessions sessions;
    private final Set<Session> broken = new HashSet<>();
    private int flows;

    Mover(Lab lab, Guest guest, Sessions sessions) {
        this.lab = lab;
        this.guest = guest;
        this.sessions = sessions;
    }

    /** One move, measured; the control is yet to be taken. */
    Measured move(Site from, Site to) {
        return move(from, to, () -> {});
    }

    /**
     * As above.
     *
     * @param ready is run right before the decision
     */
    Measured move(Site from, Site to, Runnable ready) {
        int number = ++flows;
        String name = guest.name() + "-" + number + "-";
        RunDirectory run = lab.run();
        String probes = "udp port " + UdpFlow.PORT + " and dst host " + guest.address();
        String registrations = "udp port 434";
        String iperf = "tcp src port 5201 and src host " + guest.address();
        try (var taps = Capture.everywhere(run, name + "taps", lab.namespace(to.host()), HEADERS, probes);
                var home = Capture.everywhere(
                        run, name + from.router(), lab.namespace(from.router()), 1500, registrations);
                var away =
                        Capture.everywhere(run, name + to.router(), lab.namespace(to.router()), 1500, registrations);
                var stream = Capture.on(run, name + "cn", lab.namespace("cn"), "eth0", HEADERS, iperf);
                var flow = new UdpFlow(lab.namespace("cn"), guest.address(), number)) {
            Await.until("the probes are answered", () -> flow.echoes().count() >= UdpFlow.PER_SECOND);
            long retransmitted = retransmitted();
            ready.run();
            Switchover switchover = Switchover.of(lab, guest, from, to);
            long end = switchover.resume() + AFTER;
            Await.until("probes are answered after the move", () -> {
                lab.assertKernelRuns(guest, to);
                return flow.echoes().since(end) > 0;
            });
            try {
                sessions.awaitLife(switchover.resume());
            } catch (LabException e) {
                lab.assertKernelRuns(guest, to);
                throw e;
            }
            retransmitted = retransmitted() - retransmitted;
            flow.stopSending();
            GuestCount count = settled(flow);
            var measured = new Measured(from, to, switchover, flow, count, retransmitted, newlyBroken());
            measured.registrations(from, home.frames());
            measured.registrations(to, away.frames());
            measured.taps(tapIndex(to), taps.frames());
            measured.stream(stream.frames());
            for (Site site : lab.sites()) {
                measured.hook(site, lab.hook(site).control().get("/handovers").path("handovers"));
                measured.agent("home agent " + site, lab.homeAgent(site).logged());
                measured.agent("foreign agent " + site, lab.foreignAgent(site).logged());
            }
            return measured;
        }
    }

    /** Why those broke that are broken and weren't when this was asked last, by name. */
    Map<String, String> newlyBroken() {
        return sessions.broken().stream().filter(broken::add).collect(Collectors.toMap(Session::name, Session::end));
    }

    /** The guest's count once nothing changes any more: its last packets are still on the way when we stop. */
    private GuestCount settled(UdpFlow flow) {
        Namespace correspondent = lab.namespace("cn");
        GuestCount count = GuestCount.ask(correspondent, guest.address(), flow.number());
        long unchangedSince = System.nanoTime();
        while (count.lost(flow.sent()) > 0
                && System.nanoTime() - unchangedSince < Duration.ofMillis(500).toNanos()) {
            GuestCount next = GuestCount.ask(correspondent, guest.address(), flow.number());
            if (!next.equals(count)) {
                count = next;
                unchangedSince = System.nanoTime();
            }
        }
        return count;
    }

    private int tapIndex(Site site) {
        String link = lab.namespace(site.host()).ipJson("link", "show", "dev", guest.tap());
        return Json.parse(link).path(0).path("ifindex").asInt();
    }

    /**
     * What a pause at home does to the sessions.
     *
     * @param silences the longest, in milliseconds and by name
     * @param retransmitted TCP segments
     */
    record Control(Map<String, Double> silences, long retransmitted) {}

    /**
     * The guest is only paused at home for as long, and watched for as long before.
     *
     * @param before from the move's decision to STOP, in nanoseconds
     * @param downtime from STOP to RESUME
     */
    Control control(long before, long downtime) {
        try (Monitor monitor = new Monitor(lab.namespace(guest.home().host()), guest)) {
            long retransmitted = retransmitted();
            long begin = Clock.now();
            LockSupport.parkNanos(before);
            long stop = monitor.execute("stop", "STOP");
            LockSupport.parkNanos(downtime - (Clock.now() - stop));
            long resume = monitor.execute("cont", "RESUME");
            sessions.awaitLife(resume + AFTER);
            return new Control(silences(begin, resume), retransmitted() - retransmitted);
        }
    }

    /** TCP segments that the guest and the correspondent have sent once more. */
    private long retransmitted() {
        Namespace correspondent = lab.namespace("cn");
        return correspondent.call(Mover::retransmittedHere) + GuestCount.retransmitted(correspondent, guest.address());
    }

    /** RetransSegs (RFC 4022) of the thread's namespace: proc(5) has the names in one line, and the numbers in the next. */
    private static long retransmittedHere() throws IOException {
        List<String[]> lines = Files.readAllLines(Path.of("/proc/thread-self/net/snmp")).stream()
                .filter(line -> line.startsWith("Tcp:"))
                .map(line -> line.split(" ", -1))
                .toList();
        return Long.parseLong(lines.get(1)[List.of(lines.get(0)).indexOf("RetransSegs")]);
    }

    /** From a second before {@code begin} until two after RESUME. */
    private Map<String, Double> silences(long begin, long resume) {
        return sessions.all().stream()
                .collect(Collectors.toMap(
                        Session::name,
                        session -> milliseconds(session.arrivals().longestSilence(begin - BEFORE, resume + AFTER))));
    }

    static double milliseconds(long nanoseconds) {
        return Math.round(nanoseconds / 10_000.0) / 100.0;
    }

    /** What is known of a move. */
    final class Measured {
        private final Site from;
        private final Site to;
        private final Switchover switchover;
        private final UdpFlow flow;
        private final GuestCount count;
        private final long retransmitted;
        private final Map<String, String> broken;
        private final List<TimelineEvent> events;
        private final List<SeenRegistration> registrations = new ArrayList<>();
        private long firstPacket = -1;
        private Throughput throughput = new Throughput(0, 1, List.of(), List.of());

        private Measured(
                Site from,
                Site to,
                Switchover switchover,
                UdpFlow flow,
                GuestCount count,
                long retransmitted,
                Map<String, String> broken) {
            this.from = from;
            this.to = to;
            this.switchover = switchover;
            this.flow = flow;
            this.count = count;
            this.retransmitted = retransmitted;
            this.broken = broken;
            events = new ArrayList<>(switchover.events());
        }

        private void registrations(Site site, List<CapturedFrame> frames) {
            for (SeenRegistration seen : SeenRegistration.in(frames)) {
                if (seen.isAbout(guest)) {
                    registrations.add(seen);
                    events.add(new TimelineEvent(fromStop(seen.time()), "router " + site, seen.words()));
                }
            }
        }

        /** What the hook of a site recorded; QEMU's events are known from QEMU itself. */
        private void hook(Site site, JsonNode handovers) {
            for (JsonNode handover : handovers) {
                for (JsonNode step : handover.path("steps")) {
                    long time = Clock.nanoseconds(Instant.parse(step.path("at").asText()));
                    if (handover.path("guest").asText().equals(guest.name())
                            && step.path("who").asText().equals("hook")
                            && time > switchover.decision() - BEFORE) {
                        events.add(new TimelineEvent(
                                fromStop(time),
                                "hook " + site,
                                step.path("what").asText()));
                    }
                }
            }
        }

        /** What an agent logged about the guest until it had settled. */
        private void agent(String who, String log) {
            for (String line : log.lines().toList()) {
                Matcher logged = LOGGED.matcher(line);
                if (logged.matches() && (line + " ").contains(" home=" + guest.address() + " ")) {
                    long time = Clock.nanoseconds(Instant.parse(logged.group("at")));
                    if (time > switchover.decision() - BEFORE && time < switchover.resume() + AFTER) {
                        events.add(new TimelineEvent(fromStop(time), who, logged.group("what")));
                    }
                }
            }
        }

        /** The first probe packet that the destination's tap was given: it lies there until the guest reads it. */
        private void taps(int index, List<CapturedFrame> frames) {
            firstPacket = frames.stream()
                    .filter(frame -> frame.device() == index && frame.outgoing())
                    .mapToLong(CapturedFrame::time)
                    .findFirst()
                    .orElseThrow(() -> new LabException("no probe packet was seen on the destination's tap"));
            events.add(new TimelineEvent(fromStop(firstPacket), "tap " + to, "first probe packet"));
        }

        private void stream(List<CapturedFrame> frames) {
            long start = switchover.decision() - BEFORE;
            double[] megabits = new double[(int) ((switchover.resume() + AFTER - start) / BIN)];
            for (CapturedFrame frame : frames) {
                long bin = (frame.time() - start) / BIN;
                if (frame.time() >= start && bin < megabits.length) {
                    megabits[(int) bin] += frame.length() * 8 / 1e6 / (BIN / 1e9);
                }
            }
            throughput = new Throughput(
                    fromStop(start),
                    milliseconds(BIN),
                    java.util.Arrays.stream(megabits).boxed().toList(),
                    List.of(
                            new Throughput.Mark(fromStop(switchover.decision()), "decision"),
                            new Throughput.Mark(0, "STOP"),
                            new Throughput.Mark(fromStop(switchover.resume()), "RESUME"),
                            new Throughput.Mark(fromStop(firstPacket), "first packet")));
        }

        /** Whether each of the two was decided before the other one's guest ran at its destination. */
        boolean overlaps(Measured other) {
            return switchover.decision() < other.switchover.resume()
                    && other.switchover.decision() < switchover.resume();
        }

        long downtime() {
            return switchover.resume() - switchover.stop();
        }

        /** From the decision to STOP. */
        long copying() {
            return switchover.stop() - switchover.decision();
        }

        private double fromStop(long time) {
            return milliseconds(time - switchover.stop());
        }

        /** Two-phase: the home agent accepted a COMMIT. */
        private String registeredVia() {
            boolean committed =
                    registrations.stream().anyMatch(seen -> seen.isCommit() && seen.isAcceptedAmong(registrations));
            return committed ? "two-phase" : "plain";
        }

        /** @param control of this downtime */
        Move report(Control control) {
            long start = switchover.decision() - BEFORE;
            long end = switchover.resume() + AFTER;
            events.sort(Comparator.comparingDouble(TimelineEvent::tMs));
            Map<String, Double> longest = silences(switchover.decision(), switchover.resume());
            List<Move.Silence> silences = sessions.all().stream()
                    .map(Session::name)
                    .map(name -> new Move.Silence(
                            name,
                            longest.getOrDefault(name, 0.0),
                            control.silences().getOrDefault(name, 0.0),
                            broken.getOrDefault(name, "")))
                    .toList();
            String counter = sessions.counter().name();
            return new Move(
                    from.name(),
                    to.name(),
                    registeredVia(),
                    milliseconds(downtime()),
                    milliseconds(flow.echoes().longestSilence(start, end)),
                    Math.max(0, milliseconds(firstPacket - switchover.resume())),
                    flow.sent(),
                    count.lost(flow.sent()),
                    count.duplicated(),
                    count.reordered(),
                    !broken.isEmpty(),
                    longest.getOrDefault(counter, 0.0),
                    control.silences().getOrDefault(counter, 0.0),
                    retransmitted,
                    control.retransmitted(),
                    silences,
                    events,
                    throughput);
        }
    }
}
