package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.mooring.lab.report.Move;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.namednumber.IpNumber;

/**
 * Real guests are moved by the real programs. The testbed is raised once; the tests are the chapters of its story, in this
 * order, and the sessions that the first one opens are alive at the end of the last.
 */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MovesTest {
    private static final Guest GUEST = Guest.ONE;

    /** What QEMU has read from the tap, and drops at STOP: it takes one packet more, sometimes two. */
    private static final int DROPPED_BY_QEMU = 3;

    private final Lab lab = Testbed.raise();
    private final List<Sessions> sessions = new ArrayList<>();
    private final List<Mover> movers = new ArrayList<>();
    private final List<Capture> registrations = new ArrayList<>();

    @BeforeAll
    void startEverything() {
        for (Site site : lab.sites()) {
            for (String machine : List.of(site.router(), site.host())) {
                registrations.add(Capture.everywhere(
                        lab.run(), "registrations-" + machine, lab.namespace(machine), 1500, "udp port 434"));
            }
        }
        lab.startDaemons();
        for (Guest guest : Guest.ALL) {
            lab.start(guest);
        }
        for (Guest guest : Guest.ALL) {
            var opened = new Sessions(lab, guest);
            sessions.add(opened);
            movers.add(new Mover(lab, guest, opened));
        }
    }

    @AfterAll
    void removeEverything() {
        sessions.forEach(Sessions::close);
        registrations.forEach(Capture::close);
        Testbed.close(lab, "moves");
    }

    @Test
    @Order(1)
    void aGuestMovesAwayAndItsSessionsLive() {
        beginAt(Site.A);
        Move move;
        try (Capture tooLong = Capture.everywhere(
                lab.run(), "too-long", lab.namespace(Site.B.router()), 1500, "icmp[0] = 3 and icmp[1] = 4")) {
            move = movers.get(0).move(Site.A, Site.B).report(new Mover.Control(Map.of(), 0));
            assertEquals(List.of(), tooLong.frames(), "segments didn't fit into the tunnel, and were sent again");
        }

        assertSessionsLive();
        assertFalse(move.tcpReset());
        assertTrue(move.udpLost() < move.udpSent(), "no probe arrived");
        if (move.registeredVia().equals("two-phase")) {
            assertTrue(
                    move.udpLost() <= DROPPED_BY_QEMU, () -> move.udpLost() + " of " + move.udpSent() + " were lost");
        }
        assertTrue(move.qemuDowntimeMs() > 0);
        List<String> words = move.events().stream()
                .map(event -> event.who() + " " + event.what())
                .toList();
        for (String expected : List.of(
                "QEMU A STOP",
                "QEMU B RESUME",
                "router B receives registration request, care-of address 198.51.100.2",
                "router A sends reply, code 0",
                "home agent A binding made",
                "foreign agent B visitor arrived",
                "tap B first probe packet")) {
            assertTrue(
                    words.stream().anyMatch(line -> line.startsWith(expected)), () -> expected + " is not in " + words);
        }
        int commit = first(words, "router A receives COMMIT, ");
        assertTrue(commit >= 0, () -> "nothing was committed: " + words);
        // On a busy machine the destination's hook may hear of RESUME before the source's hears of STOP.
        int confirm = first(words, "router A receives registration request, care-of address 198.51.100.2");
        assertTrue(move.registeredVia().equals("two-phase") || confirm < commit, words::toString);
    }

    private static int first(List<String> words, String begin) {
        return IntStream.range(0, words.size())
                .filter(i -> words.get(i).startsWith(begin))
                .findFirst()
                .orElse(-1);
    }

    @Test
    @Order(2)
    void aCheckFindsNothingInTheWay() {
        beginAt(Site.B);
        Command check = lab.migrator(Site.B, "check", GUEST.name(), "--to", Site.A.host());
        assertEquals(0, check.status(), check::toString);
        assertTrue(
                check.output().contains("forwarding: the routers between here and home agent 10.1.0.1 forward"),
                check::toString);
    }

    @Test
    @Order(3)
    void whatIsTunnelledIsIpInIpWithTheRightAddressesBothWays() throws Exception {
        beginAt(Site.B);
        List<CapturedFrame> frames;
        try (var tunnel = Capture.on(lab.run(), "tunnel", lab.namespace("ra"), "wan", 1600, "ip proto 4")) {
            int before = sessions.get(0).counter().arrivals().count();
            Await.until(
                    "the session goes on",
                    () -> sessions.get(0).counter().arrivals().count() > before + 50);
            frames = tunnel.frames();
        }
        int there = 0;
        int back = 0;
        for (CapturedFrame frame : frames) {
            byte[] octets = new byte[frame.packet().remaining()];
            frame.packet().get(octets);
            IpV4Packet outer = IpV4Packet.newPacket(octets, 0, octets.length);
            IpV4Packet.IpV4Header header = outer.getHeader();
            assertEquals(IpNumber.IPV4, header.getProtocol());
            assertTrue(header.hasValidChecksum(true), outer::toString);
            byte[] payload = outer.getPayload().getRawData();
            IpV4Packet.IpV4Header inner =
                    IpV4Packet.newPacket(payload, 0, payload.length).getHeader();
            assertTrue(inner.hasValidChecksum(true), outer::toString);
            if (header.getDstAddr().getHostAddress().equals("198.51.100.2")) {
                assertEquals("10.1.0.1", header.getSrcAddr().getHostAddress());
                assertEquals(GUEST.address(), inner.getDstAddr().getHostAddress());
                there++;
            } else {
                assertEquals("198.51.100.2", header.getSrcAddr().getHostAddress());
                assertEquals("10.1.0.1", header.getDstAddr().getHostAddress());
                assertEquals(GUEST.address(), inner.getSrcAddr().getHostAddress());
                back++;
            }
        }
        assertTrue(there > 0 && back > 0, there + " there, " + back + " back");
    }

    @Test
    @Order(4)
    void abroadTheGuestFindsItsHomeGatewayWhenItsArpCacheIsEmpty() {
        beginAt(Site.B);
        assertIsServedAbroad();
        String arp = inGuest(
                "arp -d 10.1.0.1; arp -d 10.1.0.20; ping -c 1 -w 20 203.0.113.2 >/dev/null; ping -c 1 -w 20 10.1.0.20"
                        + " >/dev/null; cat /proc/net/arp");

        assertTrue(
                arp.lines().anyMatch(line -> line.startsWith("10.1.0.1 ") && line.contains(Site.A.routerMac())),
                () -> "the home gateway's MAC is not the one of home: " + arp);
        assertTrue(
                arp.lines().noneMatch(line -> line.toLowerCase(Locale.ROOT).contains(Site.B.routerMac())),
                () -> "the guest knows where it is: " + arp);
        assertSessionsLive();
    }

    @Test
    @Order(5)
    void itsSessionsOutliveItsArpCache() {
        beginAt(Site.B);
        assertIsServedAbroad();
        Path console = lab.run().resolve(Site.B.host() + "/guests/" + GUEST.name() + ".log");
        // Nothing of the guest's confirms what it knows until it has forgotten it: its programs stand still.
        inGuest("""
                cd /proc/sys/net/ipv4/neigh
                for device in default eth0; do
                  echo 1000 >$device/base_reachable_time_ms
                  echo 1 >$device/gc_stale_time
                done
                echo 0 >default/gc_thresh1
                setsid sh -c '
                  programs="probe iperf3 dropbear"
                  sleep 1
                  killall -STOP $programs
                  tries=1000
                  while grep -q "^10.1.0.1 " /proc/net/arp && [ $tries -gt 0 ]; do tries=$((tries - 1)); sleep 0.1; done
                  grep -q "^10.1.0.1 " /proc/net/arp && echo ARP-KEPT || echo ARP-FORGOTTEN
                  killall -CONT $programs
                  echo STAY-OVER
                ' </dev/null >/dev/console 2>&1 &
                """);
        Await.until(
                "the guest has forgotten",
                Duration.ofMinutes(3),
                () -> Files.readString(console).contains("STAY-OVER"));
        assertTrue(read(console).contains("ARP-FORGOTTEN"), () -> "the guest never forgot: " + read(console));

        assertSessionsLive();
        String arp = inGuest("cat /proc/net/arp");
        assertTrue(
                arp.lines().anyMatch(line -> line.startsWith("10.1.0.1 ") && line.contains(Site.A.routerMac())),
                () -> "the home gateway's MAC is not the one of home: " + arp);
    }

    @Test
    @Order(6)
    void trafficFlowsOnWhileTheDaemonsAreDeadAndAfterTheyAreBack() {
        beginAt(Site.B);
        List<Daemon> killed = List.of(lab.homeAgent(Site.A), lab.foreignAgent(Site.B), lab.hook(Site.B));
        killed.forEach(Daemon::kill);
        assertSessionsLive();
        killed.forEach(Daemon::start);
        killed.forEach(Daemon::awaitReady);
        assertSessionsLive();
        assertIsServedAbroad();
    }

    @Test
    @Order(7)
    void aGuestReturnsHomeAndItsHomeAgentLetsGo() {
        beginAt(Site.B);
        movers.get(0).move(Site.B, Site.A);

        assertSessionsLive();
        assertHomeAgentsForgotTheirGuests();
    }

    @Test
    @Order(8)
    void twoGuestsCrossInOppositeDirections() {
        beginAt(Site.A);
        for (Site[] sites : new Site[][] {{Site.A, Site.B}, {Site.B, Site.A}}) {
            var both = new CyclicBarrier(2);
            var first = moving(movers.get(0), sites[0], sites[1], both);
            var second = moving(movers.get(1), sites[1], sites[0], both);
            assertTrue(first.join().overlaps(second.join()), "one move was over before the other one began");
            assertSessionsLive();
        }
        assertHomeAgentsForgotTheirGuests();
    }

    /** A move that begins when both do. */
    private static CompletableFuture<Mover.Measured> moving(Mover mover, Site from, Site to, CyclicBarrier both) {
        return CompletableFuture.supplyAsync(
                () -> mover.move(from, to, () -> {
                    try {
                        both.await(3, TimeUnit.MINUTES);
                    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
                        throw new LabException("the other guest isn't ready to move", e);
                    }
                }),
                task -> new Thread(task, "move").start());
    }

    @Test
    @Order(9)
    void aDaemonIsKilledInTheMiddleOfAMoveAndStartedAgain() {
        beginAt(Site.A);
        killTheMigrator();
        moveAndKill(Site.A, "STOP", lab.homeAgent(Site.A));
        moveAndKill(Site.B, "STOP", lab.hook(Site.A));
        assertHomeAgentsForgotTheirGuests();
    }

    @Test
    @Tag("soak")
    @Order(9)
    void aDaemonIsKilledWhileTheGuestIsCopiedAndStartedAgain() {
        beginAt(Site.A);
        moveAndKill(Site.A, "MIGRATION active", lab.foreignAgent(Site.B));
        moveAndKill(Site.B, "MIGRATION active", lab.hook(Site.B));
        assertHomeAgentsForgotTheirGuests();
    }

    @Test
    @Order(10)
    void aGuestWhoseQemuVanishesIsReportedInOneLine() {
        Await.until(
                "the hook watches the guest",
                () -> phase(lab.hook(Site.B), Guest.TWO).equals("running"));
        Path pid = lab.run().resolve(Site.B.host() + "/guests/" + Guest.TWO.name() + ".pid");
        Command.run("kill", "-KILL", Command.run("cat", pid.toString()).strip());

        Await.until(
                "the hook says so",
                () -> lab.hook(Site.B)
                        .logged()
                        .lines()
                        .anyMatch(line ->
                                line.contains("WARN") && line.contains("can no longer be watched guest=guest2")));
        Command refused = lab.migrator(Site.B, "migrate", Guest.TWO.name(), "--to", Site.A.host());
        assertEquals(1, refused.status(), refused::toString);
        assertEquals(1, refused.errors().lines().count(), refused::toString);
        assertTrue(refused.errors().contains("'kvm-migrator teardown guest2' removes"), refused::toString);
        sessions.remove(1).close();
        assertSessionsLive();
    }

    @Test
    @Order(11)
    void tsharkReadsEachRegistrationAsMobileIpWithTheValuesMeant() {
        var read = new TsharkRegistrations(
                registrations.stream().map(Capture::file).toList());
        assertTrue(read.visits() > 0, "nobody was registered abroad");
        assertTrue(read.repeated() > 0, "though programs were killed, nothing was asked again");
        assertEquals(List.of(), read.unexpected());
    }

    @Test
    @Order(12)
    void aGuestThatWouldBeDeniedStaysUnlessItIsForced() throws Exception {
        beginAt(Site.A);
        Daemon hook = lab.hook(Site.B);
        String good = Files.readString(hook.configuration());
        int key = good.indexOf("key = ", good.indexOf("name = \"" + GUEST.name() + "\"")) + "key = \"".length();
        String other = good.charAt(key) == '0' ? "1" : "0";
        Files.writeString(hook.configuration(), good.substring(0, key) + other + good.substring(key + 1));
        hook.reload();
        String[] migrate = {"migrate", GUEST.name(), "--to", Site.B.host()};
        Command refused = lab.migrator(Site.A, migrate);
        assertEquals(1, refused.status(), refused::toString);
        String last = refused.errors().lines().reduce((before, line) -> line).orElse("");
        assertTrue(
                last.startsWith("kvm-migrator: guest guest1 stays here and goes on: kb: ")
                        && last.contains("the keys differ")
                        && last.endsWith("--force"),
                last);
        assertSessionsLive();
        assertHomeAgentsForgotTheirGuests();

        Command forced = lab.migrator(Site.A, "migrate", GUEST.name(), "--to", Site.B.host(), "--force");
        assertEquals(0, forced.status(), forced::toString);
        Files.writeString(hook.configuration(), good);
        // The record of a guest that is here isn't changed by SIGHUP.
        hook.kill();
        hook.start().awaitReady();
        assertSessionsLive();
        assertIsServedAbroad();
    }

    @Test
    @Order(13)
    void aGuestStaysWhereItHasResumedWhenTheMigratorIsKilledAndWhatItLeftIsTornDown() throws Exception {
        beginAt(Site.B);
        Path log = lab.run().resolve("killed-late-migrator.log");
        var active = new CompletableFuture<Void>();
        try (var source = activating(Site.B, active)) {
            Process migrator = migrating(Site.B, 50, log);
            active.orTimeout(3, TimeUnit.MINUTES).join();
            // Frozen, it can't have ended the source's QEMU when the guest resumes.
            Command.run("kill", "-STOP", Long.toString(migrator.pid()));
            try (var destination = new Monitor(lab.namespace(Site.A.host()), GUEST)) {
                Await.until(
                        "the guest has resumed",
                        () -> destination
                                .execute("query-status")
                                .path("running")
                                .asBoolean());
                migrator.destroyForcibly().waitFor();
                Await.until("its other end has let go of the guest, see " + log, () -> !listens(Site.A));
                assertTrue(destination.execute("query-status").path("running").asBoolean());
            }
            assertSessionsLive();
            assertHomeAgentsForgotTheirGuests();
            assertEquals(
                    "postmigrate", source.execute("query-status").path("status").asText());
            assertTrue(source.last("RESUME").isEmpty(), () -> source.events().toString());
        }

        Command teardown = lab.migrator(Site.B, "teardown", GUEST.name());
        assertEquals(0, teardown.status(), teardown::toString);
        Await.until(
                "its hook has let go of the guest",
                () -> phase(lab.hook(Site.B), GUEST).equals("gone"));
        assertEquals(List.of(), leftAt(Site.B));
        assertSessionsLive();
        assertHomeAgentsForgotTheirGuests();
    }

    /** The guest is there, where the test before has left it; a test that is run alone, or again, has to bring it there. */
    private void beginAt(Site site) {
        if (!Files.exists(lab.run().resolve(site.host() + "/guests/" + GUEST.name() + ".pid"))) {
            movers.get(0).move(site.other(), site);
        }
    }

    /** Kills a daemon at a moment of QEMU's at the source, and starts it again at once. */
    private void moveAndKill(Site from, String moment, Daemon victim) {
        var killed = new CompletableFuture<Long>();
        Consumer<Monitor.QemuEvent> killer = event -> {
            if (event.toString().equals(moment) && !killed.isDone()) {
                victim.kill();
                killed.complete(event.time());
                victim.start();
            }
        };
        Switchover.of(lab, GUEST, from, from.other(), killer);
        assertTrue(killed.isDone(), "there was no " + moment);
        victim.awaitReady();
        assertSessionsLive();
        if (from == GUEST.home()) {
            assertIsServedAbroad();
        } else {
            assertHomeAgentsForgotTheirGuests();
        }
    }

    /** While the guest is copied: it stays, and nobody waits for it any more. */
    private void killTheMigrator() {
        Path log = lab.run().resolve("killed-migrator.log");
        var active = new CompletableFuture<Void>();
        try (var source = activating(Site.A, active)) {
            Process migrator = migrating(Site.A, 4, log);
            active.orTimeout(3, TimeUnit.MINUTES).join();
            migrator.destroyForcibly();
            Await.until(
                    "its other end has cleared up, see " + log,
                    () -> phase(lab.hook(Site.B), GUEST).equals("gone"));
            Await.until(
                    "the stream has ended, " + source.events(),
                    () -> source.events().stream()
                            .anyMatch(event -> event.toString().equals("MIGRATION failed")));
        }
        assertSessionsLive();
        assertHomeAgentsForgotTheirGuests();
    }

    /** Whether a kvm-migrator waits for the guest at this site, or holds on to it. */
    private boolean listens(Site site) {
        Path file = lab.run().resolve(site.host() + "/kvm-migrator.toml");
        return Command.attempt(List.of("pgrep", "-f", "listen " + GUEST.name() + " .*" + file), "")
                        .status()
                == 0;
    }

    /** What the guest has on the KVM host of this site. */
    private List<String> leftAt(Site site) throws IOException {
        var left = new ArrayList<String>();
        try (Stream<Path> files = Files.list(lab.run().resolve(site.host() + "/guests"))) {
            files.map(Path::toString)
                    .filter(file -> file.contains("/" + GUEST.name()))
                    .forEach(left::add);
        }
        Command.run(lab.namespace(site.host()).inside("ip", "-o", "link"), "")
                .lines()
                .filter(line -> line.contains(GUEST.tap()))
                .forEach(left::add);
        return left;
    }

    private Process migrating(Site from, int mebibytesPerSecond, Path log) {
        Path file = lab.run().resolve(from.host() + "/kvm-migrator.toml");
        List<String> migrate = List.of(
                lab.program("kvm-migrator").toString(),
                "migrate",
                GUEST.name(),
                "--to",
                from.other().host(),
                "--bandwidth",
                Integer.toString(mebibytesPerSecond),
                "--config",
                file.toString());
        return lab.namespace(from.host()).start(log.toFile(), migrate);
    }

    /** Watches the source's QEMU. */
    private Monitor activating(Site from, CompletableFuture<Void> active) {
        return new Monitor(lab.namespace(from.host()), GUEST, event -> {
            if (event.toString().equals("MIGRATION active")) {
                active.complete(null);
            }
        });
    }

    /** At site B, by all that is asked, and by the kernels of the routers. */
    private void assertIsServedAbroad() {
        Await.until("the home agent has its binding, and no other", () -> {
            JsonNode bindings = lab.homeAgent(Site.A).control().get("/bindings").path("bindings");
            return bindings.size() == 1
                    && bindings.path(0).path("care-of-address").asText().equals(Site.B.careOfAddress());
        });
        Await.until("the foreign agent serves it", () -> {
            for (JsonNode visitor :
                    lab.foreignAgent(Site.B).control().get("/visitors").path("visitors")) {
                if (visitor.path("home-address").asText().equals(GUEST.address())
                        && visitor.path("state").asText().equals("installed")) {
                    return true;
                }
            }
            return false;
        });
        assertRouted(Site.A, "mip-ha");
        assertRouted(Site.B, "lan");
        String proxied = Command.run(lab.namespace(Site.A.router()).inside("ip", "neigh", "show", "proxy"), "");
        assertTrue(proxied.contains(GUEST.address() + " "), proxied);
    }

    private void assertRouted(Site site, String device) {
        String way = Command.run(lab.namespace(site.router()).inside("ip", "route", "get", GUEST.address()), "");
        assertTrue(way.startsWith(GUEST.address() + " dev " + device + " "), way);
    }

    private void assertSessionsLive() {
        for (Sessions some : sessions) {
            some.awaitLife(Clock.now());
            assertEquals(
                    List.of(),
                    some.broken().stream()
                            .map(session -> session.name() + ": " + session.end())
                            .toList(),
                    "a session broke"); // ./verify knows these words
        }
    }

    /**
     * Both guests are at home, and their home agents have let go of them. A foreign agent keeps a visitor that it doesn't
     * know to have left until the lifetime is over (RFC 3344 §3.7.1).
     */
    private void assertHomeAgentsForgotTheirGuests() {
        var remains = new ArrayList<String>();
        try {
            Await.until("nothing remains of the guests that are at home", Duration.ofSeconds(60), () -> {
                remains.clear();
                Guest.ALL.forEach(guest -> remains.addAll(remains(guest)));
                return remains.isEmpty();
            });
        } catch (LabException e) {
            fail(remains.toString(), e);
        }
    }

    private List<String> remains(Guest guest) {
        Namespace router = lab.namespace(guest.home().router());
        var remains = new ArrayList<String>();
        Command.run(router.inside("ip", "neigh", "show", "proxy"), "").lines().forEach(remains::add);
        String way = Command.run(router.inside("ip", "route", "get", guest.address()), "");
        if (!way.startsWith(guest.address() + " dev lan ")) {
            remains.add(way);
        }
        for (JsonNode binding :
                lab.homeAgent(guest.home()).control().get("/bindings").path("bindings")) {
            remains.add(binding.toString());
        }
        return remains;
    }

    private static String phase(Daemon hook, Guest guest) {
        for (JsonNode known : hook.control().get("/guests").path("guests")) {
            if (known.path("name").asText().equals(guest.name())) {
                return known.path("phase").asText();
            }
        }
        throw new AssertionError("the hook doesn't know " + guest);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String inGuest(String script) {
        return Command.run(lab.namespace("cn").inside("ssh", "root@" + GUEST.address(), script), "");
    }
}
