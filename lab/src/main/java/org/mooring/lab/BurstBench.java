package org.mooring.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.mooring.lab.report.Burst;
import org.mooring.lab.report.Delays;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.HandoverMessage.Marker;
import org.mooring.protocol.wire.Octets;

/**
 * Many guests go from one foreign site to another at the same moment: their hooks' messages, at the real home agent and foreign agents. There are
 * no packets for them but what the agents send themselves.
 */
final class BurstBench implements AutoCloseable {
    static final Site HOME = Site.A;

    /** One bit more than for the most guests. */
    private static final String HOME_NETWORK = "10.1.0.0/16";

    /** What is sent at RESUME is dated so far ahead. */
    private static final Duration AHEAD = Duration.ofSeconds(1);

    /** For what was seen to be written, and for clocks to pass what is dated ahead. */
    private static final Duration SETTLING = Duration.ofMillis(300);

    /** The dropped datagrams of a socket, as ss(8) says it. */
    private static final Pattern DROPS = Pattern.compile("skmem:\\(.*,d(\\d+)\\)");

    private final Lab lab;
    private final List<BurstGuest> guests;
    private final Map<Site, BurstHooks> hooks = new EnumMap<>(Site.class);
    private final Map<Site, Capture> uplinks = new EnumMap<>(Site.class);
    private final Capture home;
    private Site at = Site.B;
    private int bursts;

    /**
     * Starts the agents, and registers the guests at site B.
     *
     * @param lab of {@link HandoverBench#SITES}
     */
    BurstBench(Lab lab, int number) {
        this.lab = lab;
        guests = IntStream.range(0, number)
                .mapToObj(each -> BurstGuest.of(each, Keys.make()))
                .toList();
        RunDirectory run = lab.run();
        lab.namespace(HOME.router())
                .ip(
                        "addr del " + HOME.routerAddress() + "/24 dev lan",
                        "addr add " + HOME_NETWORK.replace("0.0/", "0.1/") + " dev lan");
        Daemon homeAgent = lab.homeAgent(HOME);
        var configuration =
                new StringBuilder(lab.configuration().homeAgent(HOME).replace(HOME.network(), HOME_NETWORK));
        guests.forEach(guest -> configuration.append(guest.configuration()));
        run.write(homeAgent.configuration().toString(), configuration.toString());
        lab.start(List.of(homeAgent, lab.foreignAgent(Site.B), lab.foreignAgent(Site.C)));
        for (Site site : List.of(Site.B, Site.C)) {
            hooks.put(site, new BurstHooks(site, lab.namespace(site.host()), "up0"));
            uplinks.put(site, Capture.on(run, site.host(), lab.namespace(site.host()), "up0", 512, "udp dst port 434"));
        }
        String router = HOME.router();
        home = Capture.on(run, router, lab.namespace(router), "wan", 512, "udp port 434 or ip proto 4");
        registerAt(at, Duration.ZERO);
    }

    /** All guests go to the other foreign site. */
    Burst move() {
        int number = bursts++;
        Site from = at;
        Site to = from == Site.B ? Site.C : Site.B;
        hooks(to)
                .ask(
                        guests,
                        guest -> hooks(to)
                                .ofHost(
                                        guest,
                                        Instant.now(),
                                        new Prepare(guest.handover(number), BurstGuest.LIFETIME)));
        hooks(from).ask(guests, guest -> hooks(from).ofGuest(guest, Instant.now(), new Arm()));
        int dropped = dropped();
        Instant stopped = Instant.now();
        List<BurstHooks.Request> commits = guests.stream()
                .map(guest -> hooks(from).ofGuest(guest, stopped, new Commit(guest.handover(number))))
                .toList();
        long began = Clock.now();
        int accepted = hooks(from).burst(commits);
        Clock.sleep(SETTLING);
        List<SeenRegistration> sent = commits(uplink(from), began);
        List<Long> flips = flips(number);
        long first = sent.get(0).time();
        var burst = new Burst(
                number,
                from.name(),
                to.name(),
                guests.size(),
                sent.size(),
                accepted,
                flips.size(),
                dropped() - dropped,
                since(first, firsts(sent)),
                since(first, firsts(commits(home, began))),
                since(first, flips));
        at = to;
        registerAt(to, AHEAD);
        Clock.sleep(AHEAD.plus(SETTLING));
        return burst;
    }

    /** How many guests the home agent has bound where they are now. */
    int bound() {
        int bound = 0;
        for (JsonNode binding : lab.homeAgent(HOME).control().get("/bindings").path("bindings")) {
            bound += binding.path("care-of-address").asText().equals(at.careOfAddress()) ? 1 : 0;
        }
        return bound;
    }

    private void registerAt(Site site, Duration ahead) {
        hooks(site)
                .ask(guests, guest -> hooks(site).ofGuest(guest, Instant.now().plus(ahead)));
    }

    /** The COMMITs that passed there, also those that were sent again. */
    private static List<SeenRegistration> commits(Capture capture, long since) {
        return SeenRegistration.in(capture.frames()).stream()
                .filter(seen -> seen.time() >= since && seen.isCommit())
                .toList();
    }

    /** When each guest's first one passed, in nanoseconds since 1970. */
    private static List<Long> firsts(List<SeenRegistration> commits) {
        return List.copyOf(commits.stream()
                .collect(Collectors.toMap(commit -> commit.message().homeAddress(), SeenRegistration::time, Math::min))
                .values());
    }

    /** When the home agent sent its MARKER into the old tunnel, as it does right after each flip. */
    private List<Long> flips(int number) {
        Set<HandoverId> ids =
                guests.stream().map(guest -> guest.handover(number)).collect(Collectors.toSet());
        var times = new HashMap<HandoverId, Long>();
        for (CapturedFrame frame : home.frames()) {
            frame.inner()
                    .flatMap(inner -> HandoverMessage.decode(
                            octets(inner.udpPayload()), HandoverExtension.DEFAULT_ENTERPRISE_NUMBER))
                    .filter(message -> message instanceof Marker && ids.contains(message.id()))
                    .ifPresent(marker -> times.putIfAbsent(marker.id(), frame.time()));
        }
        return times.values().stream().sorted().toList();
    }

    private static Delays since(long first, List<Long> times) {
        return Delays.of(times.stream().mapToLong(time -> time - first).toArray());
    }

    /**
     * Datagrams and frames that came and found a full socket, on all routers since they were raised; but for the sockets that only keep a foreign
     * agent's port taken, from which nobody reads.
     */
    private int dropped() {
        int dropped = 0;
        for (Site site : lab.sites()) {
            String sink = " " + site.foreignAgentAddress() + ":434 ";
            String sockets = Command.run(lab.namespace(site.router()).inside("ss", "-OHnam", "--udp", "--packet"), "");
            dropped += sockets.lines()
                    .filter(socket -> !socket.contains(sink))
                    .map(DROPS::matcher)
                    .filter(Matcher::find)
                    .mapToInt(drops -> Integer.parseInt(drops.group(1)))
                    .sum();
        }
        return dropped;
    }

    private static Octets octets(ByteBuffer buffer) {
        byte[] octets = new byte[buffer.remaining()];
        buffer.get(octets);
        return Octets.of(octets);
    }

    private BurstHooks hooks(Site site) {
        return Objects.requireNonNull(hooks.get(site));
    }

    private Capture uplink(Site site) {
        return Objects.requireNonNull(uplinks.get(site));
    }

    @Override
    public void close() {
        hooks.values().forEach(BurstHooks::close);
        uplinks.values().forEach(Capture::close);
        home.close();
    }
}
