package org.mooring.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mooring.lab.Fault.Kind;
import org.mooring.lab.Fault.Moment;
import org.mooring.lab.report.FaultReport.Struck;
import org.mooring.runtime.handover.ArrivalsView;

/**
 * Moves a simulated guest to and fro between three sites with the real daemons while something goes wrong each time, and sees whether it is
 * reachable again, whether nothing stays staged, held or unknown to its daemon, and whether nothing is left behind in the end.
 */
final class FaultCampaign implements AutoCloseable {
    /** Of bindings, in seconds: what is to end by itself ends soon. */
    static final int LIFETIME = 20;

    private static final Guest GUEST = Guest.ONE;
    private static final int PER_SECOND = 200;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** QEMU's until it resumes the source, when the destination is gone. */
    private static final Duration RESUMED_AT_SOURCE = Duration.ofMillis(30);

    private static final Duration AFTERMATH = Duration.ofMillis(200);

    /** After a handover the agent at the old site is told so much later that the guest has gone. */
    private static final Duration REVOKED = Duration.ofSeconds(1);

    /** Longer than what comes late at the source does. */
    static final Duration SOAK = Duration.ofSeconds(LIFETIME + 2L);

    /** Until everything that ends by itself has ended. */
    private static final Duration SETTLING = Duration.ofSeconds(LIFETIME + 40L);

    private final Lab lab;
    private final Random random;
    private final Duration roundTrip;
    private final DelayLine line;
    private final Instrument body;
    private final UdpFlow flow;
    private final KernelState withoutGuest;
    private final KernelState atHome;
    private SimulatedQemu qemu;
    private Site at = GUEST.home();

    /**
     * Starts the daemons, and the guest at home.
     *
     * @param lab of {@link HandoverBench#SITES}, its home agents granting {@link #LIFETIME}
     * @param sources the folder with body.c and line.c
     * @param roundTrip between any two sites
     */
    FaultCampaign(Lab lab, Path sources, Duration roundTrip, long seed) {
        this.lab = lab;
        this.roundTrip = roundTrip;
        random = new Random(seed);
        line = new DelayLine(lab, sources, roundTrip.dividedBy(2), 0);
        body = HandoverBench.body(lab, sources, 1);
        lab.start(daemons());
        withoutGuest = KernelState.of(lab);
        qemu = SimulatedQemu.running(lab, GUEST, at, body).awaitRegistration(lab.hook(at));
        flow = new UdpFlow(lab.namespace("cn"), GUEST.address(), 1, PER_SECOND);
        Await.until("the guest is reachable", () -> flow.firstAnswered(0).isPresent());
        atHome = KernelState.of(lab);
    }

    /** What the guest may need until it is reachable, after a fault has ended. */
    Duration limit() {
        return Duration.ofSeconds(2).plus(roundTrip);
    }

    /** One handover in which something goes wrong. */
    Struck strike(int number) {
        sleep(random.nextInt(1500));
        var others = lab.sites().stream().filter(site -> site != at).toList();
        return strike(number, others.get(random.nextInt(others.size())), Fault.draw(random));
    }

    Site at() {
        return at;
    }

    /** All is well again, and the guest away: for long, nothing that is sent to it is lost. */
    void soak(int number, Duration time) {
        if (at == GUEST.home()) {
            var unused = strike(number, abroad().get(0), Fault.NONE);
        }
        try (var watched = new UdpFlow(lab.namespace("cn"), GUEST.address(), 2, PER_SECOND)) {
            Clock.sleep(time);
            watched.stopSending();
            Await.until(
                    "all comes back that was sent when all was well",
                    PATIENCE,
                    () -> watched.echoes().count() == watched.sent());
        }
    }

    /** All is well again, and the guest at home; returns what is left behind. */
    List<String> settle(int number) {
        if (at != GUEST.home()) {
            var unused = strike(number, GUEST.home(), Fault.NONE);
        }
        long began = Clock.now();
        List<String> left = left();
        while (!left.isEmpty() && Clock.now() < began + SETTLING.toNanos()) {
            sleep(500);
            left = left();
        }
        return left;
    }

    private List<String> left() {
        var left = new ArrayList<>(KernelState.of(lab).beside(atHome));
        JsonNode home = lab.homeAgent(GUEST.home()).control().get("/bindings");
        home.path("bindings").forEach(binding -> left.add("binding " + binding));
        home.path("staged").forEach(entry -> left.add("staged " + entry));
        for (Site site : abroad()) {
            visitors(site).forEach(visitor -> left.add("visitor at " + site + " " + visitor));
        }
        for (Daemon agent : agents()) {
            agent.control()
                    .get("/datapath")
                    .path("tunnels")
                    .forEach(tunnel -> left.add("tunnel of " + agent.program() + " " + tunnel));
        }
        return left;
    }

    /** What is staged or waits, and what is in the kernels of those machines where nobody knows of the guest. */
    private List<String> unsettled() {
        var unconcerned = new ArrayList<>(KernelState.machines(lab));
        unconcerned.remove(at.host());
        var unsettled = new ArrayList<String>();
        Control homeAgent = lab.homeAgent(GUEST.home()).control();
        JsonNode home = homeAgent.get("/bindings");
        home.path("staged").forEach(entry -> unsettled.add("staged " + entry));
        addHeld(unsettled, homeAgent);
        if (!home.path("bindings").isEmpty() || !home.path("staged").isEmpty()) {
            unconcerned.remove(GUEST.home().router());
        }
        for (Site site : abroad()) {
            JsonNode visitors = visitors(site);
            if (!visitors.isEmpty()) {
                unconcerned.remove(lab.hasForeignAgent(site) ? site.router() : site.host());
            }
            if (lab.hasForeignAgent(site)) {
                visitors.forEach(visitor -> {
                    if (visitor.path("state").asText().equals("staged")) {
                        unsettled.add("visitor at " + site + " " + visitor);
                    }
                });
                addHeld(unsettled, lab.foreignAgent(site).control());
            }
        }
        unsettled.addAll(KernelState.of(lab, unconcerned).beside(withoutGuest.only(unconcerned)));
        return unsettled;
    }

    private static void addHeld(List<String> unsettled, Control agent) {
        for (JsonNode arrival : agent.get(ArrivalsView.PATH).path("arrivals")) {
            if (List.of(
                            arrival.path("old-path").asText(),
                            arrival.path("new-path").asText())
                    .contains("held")) {
                unsettled.add("held " + arrival);
            }
        }
    }

    /** Whether a home agent has a binding, or a foreign agent a visitor that isn't only staged. */
    private static boolean knows(Daemon agent) {
        if (agent.program().equals("home-agent")) {
            return !agent.control().get("/bindings").path("bindings").isEmpty();
        }
        for (JsonNode visitor : agent.control().get("/visitors").path("visitors")) {
            if (!visitor.path("state").asText().equals("staged")) {
                return true;
            }
        }
        return false;
    }

    /** Those that the agent there has, or the hook in its place. */
    private JsonNode visitors(Site site) {
        return lab.hasForeignAgent(site)
                ? lab.foreignAgent(site).control().get("/visitors").path("visitors")
                : lab.hook(site).control().get("/datapath").path("tunnels");
    }

    private List<Site> abroad() {
        return lab.sites().stream().filter(site -> site != GUEST.home()).toList();
    }

    /** Where tunnels end. */
    private List<Daemon> agents() {
        var agents = new ArrayList<>(List.of(lab.homeAgent(GUEST.home())));
        abroad().forEach(site -> agents.add(lab.tunnelEnd(site)));
        return agents;
    }

    /** These, and all hooks. */
    private List<Daemon> daemons() {
        var daemons = new LinkedHashSet<>(agents());
        lab.sites().forEach(site -> daemons.add(lab.hook(site)));
        return List.copyOf(daemons);
    }

    /** One handover to another site, in which this goes wrong. */
    Struck strike(int number, Site to, Fault fault) {
        try {
            return struck(number, to, fault);
        } catch (RuntimeException e) {
            // A second try overwrites what the first has logged.
            String accounts = daemons().stream().map(Daemon::account).collect(Collectors.joining("\n\n"));
            throw new LabException(e.getMessage() + "\n\n" + accounts, e);
        }
    }

    private Struck struck(int number, Site to, Fault fault) {
        Site from = at;
        if (!isBound()) {
            throw new LabException("the guest isn't bound any more at " + at + ", where it runs");
        }
        var handover = new Handover(from, to, fault);
        handover.run();
        long ended = handover.ended();
        Await.until(
                "the guest answers what is sent after the end of: " + fault,
                PATIENCE,
                () -> flow.firstAnswered(ended).isPresent());
        double reachable = (flow.firstAnswered(ended).orElseThrow() - ended) / 1e6;
        Await.until("the guest is bound where it is, at " + at + ", after: " + fault, PATIENCE, this::isBound);
        awaitSettled(fault);
        return new Struck(
                number, from.name(), to.name(), at.name(), fault.words(), fault.downMs(), handover.prepared, reachable);
    }

    /** A visitor or a redirect that an agent knows of may remain: it has its end. */
    private void awaitSettled(Fault fault) {
        long began = Clock.now();
        List<String> unsettled = unsettled();
        while (!unsettled.isEmpty()) {
            if (Clock.now() > began + PATIENCE.toNanos()) {
                throw new LabException("left behind by: " + fault + ": " + unsettled);
            }
            sleep(50);
            unsettled = unsettled();
        }
    }

    private boolean isBound() {
        JsonNode bindings =
                lab.homeAgent(GUEST.home()).control().get("/bindings").path("bindings");
        return at == GUEST.home()
                ? bindings.isEmpty()
                : bindings.path(0).path("care-of-address").asText().equals(lab.careOfAddress(at));
    }

    /** One of them, as kvm-migrator and QEMU would have it. */
    private final class Handover {
        private final Site from;
        private final Site to;
        private final Fault fault;
        private final List<CompletableFuture<Long>> outages = new ArrayList<>();
        private final SimulatedQemu source = qemu;
        private volatile long running;
        private volatile boolean over;
        private String prepared = "";

        @Nullable
        private SimulatedQemu destination;

        Handover(Site from, Site to, Fault fault) {
            this.from = from;
            this.to = to;
            this.fault = fault;
        }

        void run() {
            switch (fault.kind()) {
                case LOST -> line.spoil(50, 0, 0);
                case TWICE -> line.spoil(0, 50, 0);
                case LATE -> line.spoil(0, 0, 50);
                default -> line.spoil(0, 0, 0);
            }
            kill(Moment.PREPARING);
            destination = SimulatedQemu.incoming(lab, GUEST, to, body);
            prepare();
            copy();
            if (!over) {
                stop();
            }
            if (!over) {
                resume();
            }
            line.spoil(0, 0, 0);
        }

        /** Whoever brings the guest goes on without the hook's answer. */
        private void prepare() {
            var answer = CompletableFuture.supplyAsync(this::arriving);
            if (fault.moment() == Moment.ASKED) {
                sleep(roundTrip.toMillis() / 2);
                kill(Moment.ASKED);
            }
            prepared = answer.join();
        }

        private String arriving() {
            try {
                return lab.hook(to)
                        .control()
                        .post("/guests/" + GUEST.name() + "/events", Map.of("phase", "arriving", "tap", GUEST.tap()))
                        .path("prepared")
                        .asText();
            } catch (LabException e) {
                return "no answer";
            }
        }

        private void copy() {
            kill(Moment.ARMING);
            for (String state : List.of("setup", "active")) {
                source.migration(state);
                destination().migration(state);
            }
            kill(Moment.COPYING);
            sleep(100 + random.nextInt(300) + roundTrip.toMillis());
            if (fault.kind() == Kind.CANCELLED) {
                source.migration("cancelling");
                source.migration("cancelled");
                stays();
            } else if (fault.strikes(Kind.FAILED, Moment.COPYING)
                    || fault.strikes(Kind.DESTINATION_DEAD, Moment.COPYING)) {
                source.migration("failed");
                stays();
            } else if (fault.strikes(Kind.SOURCE_HOST_DEAD, Moment.COPYING)) {
                // The guest is lost with it: somebody starts it anew.
                source.die();
                hostDies();
                destination().migration("failed");
                destination().quit();
                qemu = SimulatedQemu.running(lab, GUEST, to, body);
                runs(to, Clock.now());
            }
        }

        private void stop() {
            kill(Moment.STOP);
            source.stop();
            kill(Moment.PAUSE);
            boolean fails = fault.kind() == Kind.FAILED
                    || fault.strikes(Kind.DESTINATION_DEAD, Moment.STOP)
                    || fault.strikes(Kind.DESTINATION_DEAD, Moment.PAUSE);
            if (fails) {
                sleep(fault.moment() == Moment.STOP ? 0 : fault.delayMs());
                destination().quit();
                destination = null;
                sleep(RESUMED_AT_SOURCE.toMillis());
                long resumed = source.resume();
                source.migration("failed");
                runs(from, resumed);
                return;
            }
            if (fault.strikes(Kind.SOURCE_HOST_DEAD, Moment.PAUSE)) {
                sleep(fault.delayMs());
                source.quit();
                hostDies();
            }
            sleep(roundTrip.toMillis() / 2 + 5 + random.nextInt(200));
        }

        private void resume() {
            kill(Moment.RESUME);
            long resumed = destination().resume();
            destination().migration("completed");
            qemu = destination();
            runs(to, resumed);
            boolean sourceGone = fault.strikes(Kind.SOURCE_HOST_DEAD, Moment.PAUSE);
            if (!sourceGone) {
                source.left();
            }
            kill(Moment.AFTER);
            sleep(AFTERMATH.toMillis());
            if (fault.strikes(Kind.DESTINATION_DEAD, Moment.AFTER)) {
                // The operator knows that it is dead, and lets the source go on.
                qemu.die();
                qemu = source;
                runs(from, source.resume());
            } else if (!sourceGone) {
                source.quit();
                if (fault.strikes(Kind.SOURCE_HOST_DEAD, Moment.AFTER)) {
                    hostDies();
                }
            }
        }

        /** It was never stopped at the source. */
        private void stays() {
            destination().quit();
            destination = null;
            runs(from, Clock.now());
        }

        private void runs(Site where, long since) {
            at = where;
            running = since;
            over = true;
        }

        private SimulatedQemu destination() {
            if (destination == null) {
                throw new AssertionError("it is gone");
            }
            return destination;
        }

        /** Without a delay it is dead when this returns. */
        private void kill(Moment moment) {
            if (fault.moment() != moment) {
                return;
            }
            victim().ifPresent(daemon -> {
                boolean known = serves(daemon);
                if (fault.delayMs() == 0) {
                    daemon.kill();
                }
                outages.add(CompletableFuture.supplyAsync(() -> {
                    sleep(fault.delayMs());
                    daemon.kill();
                    sleep(fault.downMs());
                    daemon.start().awaitReady();
                    long back = Clock.now();
                    if (known && !knows(daemon) && !maybeRevoked()) {
                        throw new LabException(daemon.program() + " forgot the guest by: " + fault);
                    }
                    return back;
                }));
            });
        }

        /** Whether an agent, which lives, serves the guest; what is still to leave or to arrive may change meanwhile. */
        private boolean serves(Daemon agent) {
            boolean stays = from != GUEST.home() && to != GUEST.home() && !over;
            return stays && (fault.kind() == Kind.HOME_AGENT || isBeforeCommit(agent)) && knows(agent);
        }

        /** An agent that has heard of no COMMIT, being dead then, frees the visitor at once. */
        private boolean maybeRevoked() {
            return fault.kind() == Kind.OLD_AGENT && over && Clock.now() - running > REVOKED.toNanos();
        }

        private boolean isBeforeCommit(Daemon agent) {
            return fault.kind() == Kind.OLD_AGENT
                    && fault.moment().compareTo(Moment.PAUSE) < 0
                    && agent.equals(lab.foreignAgent(from));
        }

        private Optional<Daemon> victim() {
            return Optional.ofNullable(
                    switch (fault.kind()) {
                        case OLD_HOOK -> lab.hook(from);
                        case NEW_HOOK -> lab.hook(to);
                        case OLD_AGENT -> agent(from);
                        case NEW_AGENT -> agent(to);
                        case HOME_AGENT -> lab.homeAgent(GUEST.home());
                        default -> null;
                    });
        }

        private Daemon agent(Site site) {
            return site == GUEST.home() ? lab.homeAgent(site) : lab.tunnelEnd(site);
        }

        /** And is started again later; nobody waits for that but the end of the handover. */
        private void hostDies() {
            Namespace host = lab.namespace(from.host());
            lab.hook(from).kill();
            host.ip("link set up0 down");
            outages.add(CompletableFuture.supplyAsync(() -> {
                sleep(fault.downMs());
                host.ip("link set up0 up");
                lab.hook(from).start().awaitReady();
                // The guest isn't there: whether it is reachable doesn't depend on this.
                return 0L;
            }));
        }

        /** When nothing is wrong any more, and the guest runs. */
        long ended() {
            long ended = fault.kind().spoilsMessages() ? Math.max(running, Clock.now()) : running;
            for (CompletableFuture<Long> outage : outages) {
                ended = Math.max(ended, outage.join());
            }
            return ended;
        }
    }

    private static void sleep(long milliseconds) {
        Clock.sleep(Duration.ofMillis(milliseconds));
    }

    /** The sites that it needs. */
    static Lab raise(RunDirectory run) {
        return Lab.raiseWithoutGuests(run, HandoverBench.SITES, Set.of(), LIFETIME);
    }

    @Override
    public void close() {
        flow.close();
        body.close();
        line.close();
    }
}
