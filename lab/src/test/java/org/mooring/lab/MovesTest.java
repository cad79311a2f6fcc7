package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
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

    private final Lab lab = Testbed.raise();
    private final List<Sessions> sessions = new ArrayList<>();
    private final List<Mover> movers = new ArrayList<>();

    @BeforeAll
    void startEverything() {
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
        Testbed.close(lab, "moves");
    }

    @Test
    @Order(1)
    void aGuestMovesAwayAndItsSessionsLive() {
        Move move = movers.get(0).move(Site.A, Site.B).report(Map.of());

        assertSessionsLive();
        assertFalse(move.tcpReset());
        assertEquals("two-phase", move.registeredVia());
        assertTrue(move.udpLost() < move.udpSent(), "no probe arrived");
        assertTrue(move.qemuDowntimeMs() > 0);
        List<String> words = move.events().stream()
                .map(event -> event.who() + " " + event.what())
                .toList();
        for (String expected : List.of(
                "QEMU A STOP",
                "QEMU B RESUME",
                "router B receives registration request, care-of address 198.51.100.2",
                "router A sends reply, code 0",
                "tap B first probe packet")) {
            assertTrue(
                    words.stream().anyMatch(line -> line.startsWith(expected)), () -> expected + " is not in " + words);
        }
    }

    @Test
    @Order(2)
    void tsharkReadsEachRegistrationAsMobileIpWithTheValuesMeant() {
        String fields =
                "ip.src ip.dst udp.srcport udp.dstport mip.type mip.flags mip.life mip.homeaddr mip.haaddr mip.coa"
                        + " mip.code mip.auth.spi mip.ext.type _ws.malformed";
        var command = new ArrayList<>(List.of(
                "tshark",
                "-n",
                "-r",
                lab.run().resolve("captures/guest1-1-ra.pcap").toString(),
                "-Y",
                // But for the messages beside registration, whose type (RFC 4064) it doesn't know.
                "udp.port == 434 && !(udp contains ff:01:00:00:00:00:7e:d9 || udp contains ff:02:00:00:00:00:7e:d9"
                        + " || udp contains ff:03:00:00:00:00:7e:d9 || udp contains ff:04:00:00:00:00:7e:d9)",
                "-T",
                "fields",
                "-E",
                "separator=;",
                "-E",
                "aggregator=,"));
        for (String field : fields.split(" ", -1)) {
            command.addAll(List.of("-e", field));
        }
        List<String> lines = Command.run(command, "").lines().toList();

        // From the foreign agent's care-of address to the home agent and back, T set (reverse tunnel), SPIs of the two
        // associations: the guest's with its home agent, and that of the two agents.
        String request = "198.51.100.2;10.1.0.1;434;434;1;0x02;300;10.1.0.50;10.1.0.1;198.51.100.2;;";
        assertTrue(lines.stream().anyMatch(line -> line.startsWith(request)), () -> request + " is not in " + lines);
        String reply = "10.1.0.1;198.51.100.2;434;434;3;;300;10.1.0.50;10.1.0.1;;0;";
        assertTrue(lines.stream().anyMatch(line -> line.startsWith(reply)), () -> reply + " is not in " + lines);
        for (String line : lines) {
            String[] values = line.split(";", -1);
            assertTrue(values[4].equals("1") || values[4].equals("3"), () -> "neither request nor reply: " + line);
            // At home, the guest's hook and the home agent speak to each other.
            boolean throughForeignAgent = (values[0] + values[1]).contains(Site.B.careOfAddress());
            assertEquals(
                    throughForeignAgent ? "0x00000100,0x00001001" : "0x00000100",
                    values[11],
                    () -> "not the right authenticators: " + line);
            assertEquals("", values[13], () -> "malformed: " + line);
        }
    }

    @Test
    @Order(3)
    void whatIsTunnelledIsIpInIpWithTheRightAddressesBothWays() throws Exception {
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
    void trafficFlowsOnWhileTheDaemonsAreDeadAndAfterTheyAreBack() {
        List<Daemon> killed = List.of(lab.homeAgent(Site.A), lab.foreignAgent(Site.B), lab.hook(Site.B));
        killed.forEach(Daemon::kill);
        assertSessionsLive();
        killed.forEach(Daemon::start);
        killed.forEach(Daemon::awaitReady);
        assertSessionsLive();

        JsonNode bindings = lab.homeAgent(Site.A).control().get("/bindings").path("bindings");
        assertEquals(1, bindings.size(), bindings::toString);
        assertEquals(
                Site.B.careOfAddress(), bindings.path(0).path("care-of-address").asText(), bindings::toString);
        JsonNode visitors = lab.foreignAgent(Site.B).control().get("/visitors").path("visitors");
        assertEquals(1, visitors.size(), visitors::toString);
    }

    @Test
    @Order(6)
    void aGuestReturnsHomeAndItsHomeAgentLetsGo() {
        movers.get(0).move(Site.B, Site.A);

        assertSessionsLive();
        assertHomeAgentsForgotTheirGuests();
    }

    @Test
    @Order(7)
    void twoGuestsCrossInOppositeDirections() {
        for (Site[] sites : new Site[][] {{Site.A, Site.B}, {Site.B, Site.A}}) {
            var first = CompletableFuture.supplyAsync(() -> movers.get(0).move(sites[0], sites[1]));
            var second = CompletableFuture.supplyAsync(() -> movers.get(1).move(sites[1], sites[0]));
            CompletableFuture.allOf(first, second).join();
            assertSessionsLive();
        }
        assertHomeAgentsForgotTheirGuests();
    }

    @Test
    @Order(8)
    void aDaemonIsKilledInTheMiddleOfAMoveAndStartedAgain() {
        moveAndKill(Site.A, "STOP", lab.homeAgent(Site.A));
        moveAndKill(Site.B, "STOP", lab.hook(Site.A));
        moveAndKill(Site.A, "MIGRATION active", lab.foreignAgent(Site.B));
        moveAndKill(Site.B, "MIGRATION active", lab.hook(Site.B));
        assertHomeAgentsForgotTheirGuests();
    }

    @Test
    @Order(9)
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
        sessions.remove(1).close();
        assertSessionsLive();
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
    }

    private void assertSessionsLive() {
        for (Sessions some : sessions) {
            some.awaitLife(Clock.now());
            assertEquals(
                    List.of(),
                    some.broken().stream()
                            .map(session -> session.name() + ": " + session.end())
                            .toList());
        }
    }

    /**
     * Both guests are at home, and their home agents have let go of them. A foreign agent keeps a visitor that it doesn't
     * know to have left until the lifetime is over (RFC 3344 §3.7.1).
     */
    private void assertHomeAgentsForgotTheirGuests() {
        for (Guest guest : Guest.ALL) {
            Namespace router = lab.namespace(guest.home().router());
            assertEquals(
                    "",
                    Command.run(router.inside("ip", "neigh", "show", "proxy"), "")
                            .strip());
            String way = Command.run(router.inside("ip", "route", "get", guest.address()), "");
            assertTrue(way.startsWith(guest.address() + " dev lan "), way);
            JsonNode bindings =
                    lab.homeAgent(guest.home()).control().get("/bindings").path("bindings");
            assertEquals(0, bindings.size(), bindings::toString);
        }
    }

    private static String phase(Daemon hook, Guest guest) {
        for (JsonNode known : hook.control().get("/guests").path("guests")) {
            if (known.path("name").asText().equals(guest.name())) {
                return known.path("phase").asText();
            }
        }
        throw new AssertionError("the hook doesn't know " + guest);
    }

    private String inGuest(String script) {
        return Command.run(lab.namespace("cn").inside("ssh", "root@" + GUEST.address(), script), "");
    }
}
