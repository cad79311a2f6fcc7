package org.mooring.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.mooring.lab.report.Delays;
import org.mooring.lab.report.Handover;
import org.mooring.lab.report.HandoverReport;
import org.mooring.protocol.wire.RegistrationReply;

/**
 * Moves a simulated guest between three sites, home, foreign, foreign and home again, with the real daemons, and measures what becomes of
 * a steady flow to it.
 */
final class HandoverBench implements AutoCloseable {
    static final List<Site> SITES = List.of(Site.A, Site.B, Site.C);

    private static final Guest GUEST = Guest.ONE;

    /** What the last of a migration takes beyond the way of its octets, in turn. */
    private static final List<Duration> PAUSES =
            List.of(Duration.ofMillis(5), Duration.ofMillis(30), Duration.ofMillis(100), Duration.ofMillis(250));

    private static final Duration LEAD = Duration.ofMillis(200);

    /** What is sent at RESUME is dated a second ahead: who moves on within that second has to correct its Identification first. */
    private static final Duration STAY = Duration.ofMillis(1100);

    /** From "setup" to STOP, beyond the round trip that ARM takes; QEMU needs longer. */
    private static final Duration PRECOPY = Duration.ofMillis(400);

    private static final Duration AFTERMATH = Duration.ofMillis(400);
    private static final long AFFECTED = Duration.ofMillis(100).toNanos();
    private static final int SETTLING_TRIES = 5;

    /**
     * What to measure.
     *
     * @param perSecond packets of the flow
     * @param roundTrip between any two sites
     * @param lossPercent of what passes from one site to another
     * @param pause of each move; if empty, half a round trip and 5, 30, 100, 250 ms in turn
     */
    record Settings(int perSecond, Duration roundTrip, int lossPercent, Optional<Duration> pause) {
        Settings(int perSecond, Duration roundTrip, Optional<Duration> pause) {
            this(perSecond, roundTrip, 0, pause);
        }

        Duration oneWay() {
            return roundTrip.dividedBy(2);
        }

        /** One in so many packets is echoed: 1,000 a second. */
        int echoShare() {
            return Math.max(1, perSecond / 1000);
        }

        Duration pause(int number) {
            return pause.orElseGet(() -> oneWay().plus(PAUSES.get(number % PAUSES.size())));
        }
    }

    private final Lab lab;
    private final Settings settings;
    private final Paths paths;
    private final Optional<DelayLine> line;
    private final Instrument body;
    private final Map<Site, Capture> uplinks = new EnumMap<>(Site.class);
    private final Capture home;
    private SimulatedQemu qemu;
    private Site at = GUEST.home();
    private long resumed;
    private int flows;

    /**
     * Starts the daemons, and the guest at home.
     *
     * @param lab of {@link #SITES}
     * @param sources the folder with body.c and line.c
     */
    HandoverBench(Lab lab, Path sources, Settings settings) {
        this.lab = lab;
        this.settings = settings;
        RunDirectory run = lab.run();
        paths = new Paths(GUEST.home(), settings.oneWay().toNanos());
        line = settings.roundTrip().isZero() && settings.lossPercent() == 0
                ? Optional.empty()
                : Optional.of(new DelayLine(lab, sources, settings.oneWay(), settings.lossPercent()));
        body = new Instrument(
                List.of(
                        Instrument.compile(run, sources, "body").toString(),
                        GUEST.mac(),
                        GUEST.address(),
                        GUEST.home().routerMac(),
                        Integer.toString(settings.echoShare())),
                run.resolve("body.log"));
        var daemons = new ArrayList<>(List.of(lab.homeAgent(GUEST.home())));
        for (Site site : lab.sites()) {
            if (site != GUEST.home() && lab.hasForeignAgent(site)) {
                daemons.add(lab.foreignAgent(site));
            }
            daemons.add(lab.hook(site));
        }
        lab.start(daemons);
        for (Site site : lab.sites()) {
            uplinks.put(site, Capture.on(run, site.host(), lab.namespace(site.host()), "up0", 1500, "udp port 434"));
        }
        String router = GUEST.home().router();
        home = Capture.everywhere(run, router, lab.namespace(router), 1500, "udp port 434");
        qemu = SimulatedQemu.running(lab, GUEST, at, body).awaitHook();
        // What we run for the first time is slow, too.
        var unused = control();
    }

    Site at() {
        return at;
    }

    /** Where the next move goes to. */
    Site next() {
        List<Site> sites = lab.sites();
        return sites.get((sites.indexOf(at) + 1) % sites.size());
    }

    /** What the delay line says of itself; empty if there is none. */
    Optional<String> lineQuality() {
        return line.map(DelayLine::quality);
    }

    /** For as long as a move's flow lasts, but nothing moves. */
    HandoverReport.Control control() {
        try (UdpFlow flow = begin()) {
            sleep(PRECOPY.plus(AFTERMATH)
                    .plus(settings.pause(0))
                    .plus(settings.roundTrip().multipliedBy(2)));
            ReceivedFlow received = end(flow);
            GuestCount count = received.count();
            int onTheLine = lostOnTheLine(flow, received);
            long[] delays = received.packets().stream()
                    .mapToLong(packet -> packet.arrived() - paths.arrival(packet.sent(), at))
                    .toArray();
            return new HandoverReport.Control(
                    at.name(),
                    flow.sent(),
                    count.lost(flow.sent()) - onTheLine,
                    onTheLine,
                    count.duplicated(),
                    count.reordered(),
                    Delays.of(delays));
        }
    }

    /**
     * Moves the guest to the next site.
     *
     * @param number of the move, by which its pause is chosen
     */
    Handover move(int number) {
        Site from = at;
        Site to = next();
        sleepUntil(resumed + STAY.plus(settings.roundTrip()).minus(LEAD).toNanos());
        try (UdpFlow flow = begin()) {
            SimulatedQemu source = qemu;
            SimulatedQemu destination =
                    SimulatedQemu.incoming(lab, GUEST, to, body).awaitHook();
            long began = Clock.now();
            JsonNode preparation = lab.hook(to)
                    .control()
                    .post("/guests/" + GUEST.name() + "/events", Map.of("phase", "arriving", "tap", GUEST.tap()));
            for (String state : List.of("setup", "active")) {
                source.migration(state);
                destination.migration(state);
            }
            sleep(PRECOPY.plus(settings.roundTrip()));
            long stop = source.stop();
            sleepUntil(stop + settings.pause(number).toNanos());
            long resume = destination.resume();
            destination.migration("completed");
            source.left();
            qemu = destination;
            at = to;
            resumed = resume;
            sleep(AFTERMATH.dividedBy(2));
            int unread = source.quit();
            sleep(AFTERMATH.dividedBy(2).plus(settings.roundTrip().multipliedBy(2)));
            ReceivedFlow received = end(flow);
            var seen = new Seen(from, to, began, stop, resume);
            return result(number, from, to, preparation, flow, received, unread, destination.firstPacket(), seen);
        }
    }

    private Handover result(
            int number,
            Site from,
            Site to,
            JsonNode preparation,
            UdpFlow flow,
            ReceivedFlow received,
            int unread,
            long firstPacket,
            Seen seen) {
        GuestCount count = received.count();
        int onTheLine = lostOnTheLine(flow, received);
        long stop = seen.stop;
        var change = new Paths.Change(from, to, stop, seen.flip, seen.resume);
        long[] added = added(received, change);
        int echoed = received.distinct(settings.echoShare());
        return new Handover(
                number,
                from.name(),
                to.name(),
                preparation.path("prepared").asText(),
                preparation.path("why").asText(),
                seen.committed ? "two-phase" : "plain",
                Delays.milliseconds(seen.resume - stop),
                flow.sent(),
                count.lost(flow.sent()) - onTheLine,
                onTheLine,
                count.duplicated(),
                count.reordered(),
                unread,
                Math.max(0, echoed - flow.echoes().count()),
                seen.denied,
                added.length,
                Delays.of(added),
                seen.commit.isPresent() ? Delays.milliseconds(seen.commit.getAsLong() - stop) : null,
                Delays.milliseconds(seen.flip - stop),
                firstPacket > 0 ? Delays.milliseconds(firstPacket - stop) : null);
    }

    /** Packets that the guest never had, and that were lost from one site to another. */
    private int lostOnTheLine(UdpFlow flow, ReceivedFlow received) {
        Set<Integer> lost = line.map(it -> it.lost(flow.number())).orElse(Set.of());
        return received.missing(lost);
    }

    private long[] added(ReceivedFlow received, Paths.Change change) {
        return received.packets().stream()
                .filter(packet -> {
                    long earliest = paths.arrival(packet.sent(), change);
                    return earliest >= change.stop() && earliest < change.resume() + AFFECTED;
                })
                .mapToLong(packet -> packet.arrived() - Math.max(change.resume(), paths.arrival(packet.sent(), change)))
                .toArray();
    }

    /** What was seen of a move's registrations on the wire. */
    private final class Seen {
        private final long stop;
        private final long resume;
        private final OptionalLong commit;
        private final long flip;
        private final boolean committed;
        private final int denied;

        Seen(Site from, Site to, long began, long stop, long resume) {
            this.stop = stop;
            this.resume = resume;
            commit = SeenRegistration.in(uplink(from).frames()).stream()
                    .filter(seen -> seen.time() >= stop && seen.isCommit())
                    .mapToLong(SeenRegistration::time)
                    .min();
            List<SeenRegistration> changes = changesAtHome(to);
            committed = changes.stream().anyMatch(SeenRegistration::isCommit);
            flip = changes.get(0).time();
            denied = (int) SeenRegistration.in(home.frames()).stream()
                    .filter(seen -> seen.time() >= began
                            && seen.time() < resume
                            && seen.outgoing()
                            && seen.message() instanceof RegistrationReply reply
                            && reply.code().value() > 1)
                    .count();
        }

        /** What the home agent accepted since STOP that brings the guest there; what is sent at RESUME is one of them at last. */
        private List<SeenRegistration> changesAtHome(Site to) {
            var accepted = new ArrayList<SeenRegistration>();
            Await.until("the home agent accepts what the hook sends at RESUME", Duration.ofSeconds(20), () -> {
                List<SeenRegistration> all = SeenRegistration.in(home.frames()).stream()
                        .filter(seen -> seen.time() >= stop && seen.isAbout(GUEST))
                        .toList();
                accepted.clear();
                all.stream()
                        .filter(seen -> !seen.outgoing() && (seen.isCommit() || seen.brings(GUEST, to)))
                        .filter(seen -> seen.isAcceptedAmong(all))
                        .forEach(accepted::add);
                return accepted.stream().anyMatch(Predicate.not(SeenRegistration::isCommit));
            });
            return accepted;
        }
    }

    private Capture uplink(Site site) {
        Capture capture = uplinks.get(site);
        if (capture == null) {
            throw new AssertionError(site);
        }
        return capture;
    }

    private UdpFlow begin() {
        var flow = new UdpFlow(lab.namespace("cn"), GUEST.address(), ++flows, settings.perSecond());
        Await.until("packets of the flow come back", () -> flow.echoes().count() > 0);
        sleep(LEAD);
        return flow;
    }

    /** Stops it, and returns what the guest had of it once nothing more comes. */
    private ReceivedFlow end(UdpFlow flow) {
        flow.stopSending();
        var received = new ReceivedFlow();
        Path file = lab.run().resolve("received");
        int missing = flow.sent();
        for (int i = 0; i < SETTLING_TRIES && missing > 0; i++) {
            sleep(settings.roundTrip().plusMillis(100));
            var unused = body.order("save " + file, "saved");
            received.add(file, flow.number());
            missing = received.count().lost(flow.sent());
        }
        return received;
    }

    private static void sleep(Duration duration) {
        sleepUntil(Clock.now() + duration.toNanos());
    }

    private static void sleepUntil(long time) {
        for (long left = time - Clock.now(); left > 0; left = time - Clock.now()) {
            if (Thread.currentThread().isInterrupted()) {
                throw new LabException("interrupted");
            }
            LockSupport.parkNanos(left);
        }
    }

    @Override
    public void close() {
        uplinks.values().forEach(Capture::close);
        home.close();
        body.close();
        line.ifPresent(DelayLine::close);
    }
}
