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
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.mooring.lab.report.Delays;
import org.mooring.lab.report.Handover;
import org.mooring.lab.report.HandoverReport;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.runtime.handover.ArrivalsView;
import org.mooring.timeline.HandoverRecord;

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
    private final List<long[]> allAdded = new ArrayList<>();
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
        body = body(lab, sources, settings.echoShare());
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
        qemu = SimulatedQemu.running(lab, GUEST, at, body).awaitRegistration(lab.hook(at));
        // What we run for the first time is slow, too.
        var unused = control();
    }

    /**
     * The guest, which is nowhere yet.
     *
     * @param echoShare it sends back one in so many packets
     */
    static Instrument body(Lab lab, Path sources, int echoShare) {
        RunDirectory run = lab.run();
        return new Instrument(
                List.of(
                        Instrument.compile(run, sources, "body").toString(),
                        GUEST.mac(),
                        GUEST.address(),
                        GUEST.home().routerMac(),
                        Integer.toString(echoShare)),
                run.resolve("body.log"));
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

    /** What was added to the delay of the affected packets of all moves but the first one. */
    Delays added() {
        return Delays.of(allAdded.stream().flatMapToLong(LongStream::of).toArray());
    }

    /** For as long as a move's flow lasts, but nothing moves. */
    HandoverReport.Control control() {
        try (UdpFlow flow = begin()) {
            Clock.sleep(PRECOPY.plus(AFTERMATH)
                    .plus(settings.pause(0))
                    .plus(settings.roundTrip().multipliedBy(2)));
            ReceivedFlow received = end(flow);
            GuestCount count = received.count();
            int onTheLine = lostOnTheLine(flow, received);
            long[] delays = received.packets().stream()
                    .mapToLong(packet -> packet.given() - paths.arrival(packet.sent(), at))
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
        Clock.sleepUntil(resumed + STAY.plus(settings.roundTrip()).minus(LEAD).toNanos());
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
            Clock.sleep(PRECOPY.plus(settings.roundTrip()));
            long stop = source.stop();
            Clock.sleepUntil(stop + settings.pause(number).toNanos());
            long resume = destination.resume();
            destination.migration("completed");
            source.left();
            qemu = destination;
            at = to;
            resumed = resume;
            Clock.sleep(AFTERMATH.dividedBy(2));
            int unread = source.quit();
            Clock.sleep(AFTERMATH.dividedBy(2).plus(settings.roundTrip().multipliedBy(2)));
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
        if (number > 0) {
            allAdded.add(added);
        }
        int echoed = received.distinct(settings.echoShare());
        Order order = order(to);
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
                counted(from, HandoverRecord.RESCUED),
                counted(from, HandoverRecord.LOST),
                order.held(),
                order.oldPath(),
                order.newPath(),
                Math.max(0, echoed - flow.echoes().count()),
                seen.denied,
                seen.deniedSinceStop,
                added.length,
                Delays.of(added),
                seen.commit.isPresent() ? Delays.milliseconds(seen.commit.getAsLong() - stop) : null,
                Delays.milliseconds(seen.flip - stop),
                firstPacket > 0 ? Delays.milliseconds(firstPacket - stop) : null);
    }

    /** Of the guest's last handover, by the hook of the site that it left. */
    private int counted(Site from, String what) {
        return lastHandover(from).path("counts").path(what).asInt();
    }

    /** As the hook of that site recorded it. */
    private JsonNode lastHandover(Site site) {
        JsonNode last = Json.parse("{}");
        for (JsonNode handover : lab.hook(site).control().get("/handovers").path("handovers")) {
            last = handover;
        }
        return last;
    }

    /** Why the packets of each path waited no longer, and how many had to. */
    private record Order(int held, String oldPath, String newPath) {}

    /** How the packets of the guest's last handover to this site were put in order, by the agent that did it, or the hook in its place. */
    private Order order(Site to) {
        if (!lab.hasForeignAgent(to) && to != GUEST.home()) {
            JsonNode handover = lastHandover(to);
            return new Order(
                    handover.path("counts").path(HandoverRecord.HELD).asInt(),
                    opened(handover, "old"),
                    opened(handover, "new"));
        }
        Daemon agent = to == GUEST.home() ? lab.homeAgent(to) : lab.foreignAgent(to);
        JsonNode arrival =
                agent.control().get(ArrivalsView.PATH).path("arrivals").path(0);
        return new Order(
                arrival.path("held").asInt(),
                arrival.path("old-path").asText(),
                arrival.path("new-path").asText());
    }

    private static String opened(JsonNode handover, String path) {
        String begin = "packets of the " + path + " path wait no longer reason=";
        return handover.path("steps").findValuesAsText("what").stream()
                .filter(what -> what.startsWith(begin))
                .map(what -> what.substring(begin.length()))
                .findFirst()
                .orElse("none");
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
                .mapToLong(packet -> Math.max(change.resume(), packet.given())
                        - Math.max(change.resume(), paths.arrival(packet.sent(), change)))
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
        private final int deniedSinceStop;

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
            denied = denied(began, resume);
            deniedSinceStop = denied(stop, Clock.now());
        }

        /** The home agent's replies between these times that accept nothing, but for those to requests that it had before. */
        private int denied(long since, long until) {
            List<SeenRegistration> all = SeenRegistration.in(home.frames());
            Set<Integer> before = all.stream()
                    .filter(seen -> !seen.outgoing() && seen.time() < since)
                    .map(seen -> seen.message().identification().low())
                    .collect(Collectors.toSet());
            return (int) all.stream()
                    .filter(seen -> seen.time() >= since
                            && seen.time() < until
                            && seen.outgoing()
                            && seen.message() instanceof RegistrationReply reply
                            && !reply.code().isAccepted()
                            && !before.contains(reply.identification().low()))
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
        Clock.sleep(LEAD);
        return flow;
    }

    /** Stops it, and returns what the guest had of it once nothing more comes. */
    private ReceivedFlow end(UdpFlow flow) {
        flow.stopSending();
        var received = new ReceivedFlow();
        Path file = lab.run().resolve("received");
        int missing = flow.sent();
        for (int i = 0; i < SETTLING_TRIES && missing > 0; i++) {
            Clock.sleep(settings.roundTrip().plusMillis(100));
            var unused = body.order("save " + file, "saved");
            received.add(file, flow.number());
            missing = received.count().lost(flow.sent());
        }
        return received;
    }

    @Override
    public void close() {
        uplinks.values().forEach(Capture::close);
        home.close();
        body.close();
        line.ifPresent(DelayLine::close);
    }
}
