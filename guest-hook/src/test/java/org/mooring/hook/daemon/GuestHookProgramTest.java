package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.hook.daemon.ScriptedAgents.Heard;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.ArpPacket;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.HandoverMessage.End;
import org.mooring.protocol.handover.HandoverMessage.Followed;
import org.mooring.protocol.handover.HandoverMessage.Redirected;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.runtime.cli.Console;
import org.mooring.runtime.control.ControlClient;

/** The program as a process, with a played QEMU on one side and scripted agents on the other. */
@Tag("netns")
@DisplayName("guest-hook")
class GuestHookProgramTest {
    private static final MacAddress GUEST = MacAddress.of("52:54:00:01:00:50");
    private static final Ipv4Address CARE_OF_ADDRESS = Ipv4Address.of("198.51.100.2");
    private static final String HOME_ADDRESS = "10.1.0.50";
    private static final String FOREIGN_AGENT = "10.2.0.2";
    private static final String ROUTER = "10.2.0.1";
    private static final SecurityAssociation ASSOCIATION = association("00112233445566778899aabbccddeeff");
    private static final SecurityAssociation OTHER_KEY = association("0f0e0d0c0b0a09080706050403020100");

    private static final HandoverId HANDOVER = new HandoverId(42);

    private static final Extension STAGED = new HandoverExtension.Staged(HANDOVER, CARE_OF_ADDRESS, 60)
            .toExtension(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER);

    /** The guest visits this host's link. */
    static final String VISITING = """
        control-socket = "hook.sock"
        guests-directory = "guests"
        [link]
        bridge = "br0"
        uplink = "up0"
        network = "10.2.0.0/24"
        router = "10.2.0.1"
        [foreign-agent]
        address = "10.2.0.2"
        care-of-address = "198.51.100.2"
        [[guest]]
        name = "web"
        mac = "52:54:00:01:00:50"
        home-address = "10.1.0.50"
        home-network = "10.1.0.0/24"
        home-gateway = "10.1.0.1"
        home-gateway-mac = "02:00:00:01:00:01"
        home-agent = "10.1.0.1"
        [guest.association]
        spi = 256
        key = "00112233445566778899aabbccddeeff"
        """;

    /** The same guest, were its home here. */
    private static final String HOME =
            VISITING.replace("10.1.0", "10.2.0").replace("02:00:00:01:00:01", "02:00:00:02:00:01");

    @TempDir
    Path directory;

    private final Opened opened = new Opened();
    private KvmHost kvmHost;
    private ScriptedAgents agents;

    @BeforeEach
    void raise() throws Exception {
        kvmHost = KvmHost.create();
        agents = ScriptedAgents.on(kvmHost, ROUTER, FOREIGN_AGENT);
        Files.createDirectory(directory.resolve("guests"));
        Files.writeString(directory.resolve("guests/web.json"), "{\"tap\": \"tap0\", \"incoming\": true, \"pid\": 1}");
    }

    @AfterEach
    void tearDown() {
        opened.close();
        kvmHost.close();
    }

    @Test
    @DisplayName(
            "§3.6.1.1: an agent without an address is sent to as all agents are, with TTL 1, in a frame of its own")
    void anAgentWithoutAnAddressIsAskedAtItsLinkLayerAddress() throws Exception {
        acceptHandovers();
        HookProcess hook = hook(
                VISITING.replace("\naddress = \"" + FOREIGN_AGENT + "\"", "\nmac = \"" + ScriptedAgents.MAC + "\""));
        PlayedQemu qemu = qemu("web", "inmigrate");
        hook.awaitLine("guest arriving guest=web");
        qemu.tells("RESUME", "{}");
        Heard heard = agents.request();
        while (!heard.frame().source().equals(GUEST)) {
            heard = agents.request();
        }
        assertEquals(ScriptedAgents.MAC, heard.frame().destination());
        assertEquals(Ipv4.address("224.0.0.11"), heard.datagram().destination());
        assertEquals(1, heard.datagram().ttl());
        assertEquals(CARE_OF_ADDRESS, heard.request().careOfAddress());
        assertFalse(heard.request().flags().reverseTunneling(), "RFC 3024 §3.2 has TTL 255 for that");
        hook.awaitLine("registration accepted guest=web home=10.1.0.50 care-of=198.51.100.2 lifetime=300s");
    }

    @Test
    void aVisitorIsRegisteredWhenItResumes() throws Exception {
        PlayedQemu qemu = qemu("web", "inmigrate");
        acceptHandovers();
        HookProcess hook = hook(VISITING);
        hook.awaitLine("guest arriving guest=web link=visiting");
        hook.awaitLine("prepared for the guest guest=web");
        while (!agents.heardNothing()) {
            assertFalse(agents.request().frame().source().equals(GUEST), "it doesn't run yet");
        }

        qemu.tells("RESUME", "{}");
        Heard heard = agents.request();
        assertEquals(GUEST, heard.frame().source());
        assertEquals(ScriptedAgents.MAC, heard.frame().destination());
        assertEquals(Ipv4.address(HOME_ADDRESS), heard.datagram().source());
        assertEquals(Ipv4.address(FOREIGN_AGENT), heard.datagram().destination());
        assertEquals(255, heard.datagram().ttl(), "RFC 3024 §3.2");
        assertEquals(CARE_OF_ADDRESS, heard.request().careOfAddress());
        assertEquals(
                new Verified.By(ASSOCIATION),
                Verifier.verify(heard.received(), Kind.MOBILE_HOME, List.of(ASSOCIATION)));
        hook.awaitLine("registration accepted guest=web home=10.1.0.50 care-of=198.51.100.2 lifetime=300s");
        assertRepliesNeverReachTheGuest();

        JsonNode guest = control().get("/guests").path("guests").path(0);
        assertEquals("running", guest.path("phase").asText());
        assertEquals("accepted", guest.path("registration").asText());
        assertEquals("198.51.100.2", guest.path("care-of-address").asText());
        // On a slow machine a request is sent again, and answered twice.
        List<String> steps = steps().filter(what -> !what.startsWith("reply discarded"))
                .map(what -> what.replaceFirst("( the guest)? (guest|identification)=.*", ""))
                .distinct()
                .toList();
        assertEquals(
                List.of(
                        "arriving",
                        "arriving received",
                        "guest arriving",
                        "prepare sent",
                        "prepared for",
                        "resume",
                        "resume received",
                        "confirm sent",
                        "guest running",
                        "registration accepted"),
                steps);
    }

    @Test
    @DisplayName("RFC 3344 §4.6: at home the guest is announced with its own address, then deregistered")
    void aGuestThatComesHomeIsAnnouncedAndThenDeregistered() throws Exception {
        PlayedQemu qemu = qemu("web", "inmigrate");
        HookProcess hook = hook(HOME);
        hook.awaitLine("guest arriving guest=web link=home");
        Heard prepare = agents.request();
        assertFalse(prepare.frame().source().equals(GUEST), "it may still use its address on this very link");
        agents.answer(request -> agents.reply(request, 140, 0, ASSOCIATION));
        hook.awaitLine("nothing is prepared guest=web reason=\"home-agent does not know");
        while (!agents.heardNothing()) {
            agents.next();
        }
        agents.accept(ASSOCIATION);
        qemu.tells("RESUME", "{}");
        Object first = agents.next();
        while (first instanceof Heard late && !late.frame().source().equals(GUEST)) {
            first = agents.next();
        }
        ArpPacket announced = assertInstanceOf(ArpPacket.class, first);
        assertEquals(ArpPacket.gratuitous(ArpPacket.REQUEST, GUEST, Ipv4.address("10.2.0.50")), announced);
        Heard heard = agents.request();
        assertTrue(heard.request().isDeregistrationOfAll());
        assertEquals(Ipv4.address("10.2.0.50"), heard.datagram().source());
        assertEquals(Ipv4.address("10.2.0.1"), heard.datagram().destination());
        assertEquals(GUEST, heard.frame().source());
        hook.awaitLine("deregistration accepted guest=web home=10.2.0.50 care-of=10.2.0.50");
    }

    @Test
    void aHookThatWasKilledRegistersTheRunningGuestAgainAndTheGuestNoticesNothing() throws Exception {
        qemu("web", "running");
        agents.accept(ASSOCIATION);
        HookProcess hook = hook(VISITING);
        hook.awaitLine("registration accepted");
        Identification first = agents.request().request().identification();
        hook.kill();
        assertArpIsAnswered();

        HookProcess again = hook(VISITING);
        again.awaitLine("registration accepted");
        assertTrue(agents.request().request().identification().isAfter(first));
        assertArpIsAnswered();
        String filters = kvmHost.host.exec("tc", "filter", "show", "dev", "tap0", "egress");
        assertEquals(1, filters.split("direct-action", -1).length - 1, filters);
    }

    @Test
    void aMigrationThatFailsAfterItsStopGivesTheGuestBack() throws Exception {
        PlayedQemu qemu = qemu("web", "running");
        agents.accept(ASSOCIATION);
        HookProcess hook = hook(VISITING);
        hook.awaitLine("registration accepted");
        qemu.tells("MIGRATION", "{\"status\": \"setup\"}");
        qemu.tells("MIGRATION", "{\"status\": \"active\"}");
        qemu.tells("STOP", "{}");
        hook.awaitLine("guest stopped by its migration guest=web");
        assertEquals("none", registration());
        qemu.tells("MIGRATION", "{\"status\": \"failed\"}");
        qemu.tells("RESUME", "{}");
        hook.awaitLine("guest runs here again");
        awaitRegistration("accepted");
    }

    @Test
    @DisplayName("without the migration capability \"events\" QEMU's run state says why it stopped")
    void aStopForAMigrationIsToldFromAPauseWithoutMigrationEvents() throws Exception {
        PlayedQemu qemu = qemu("web", "running");
        agents.accept(ASSOCIATION);
        HookProcess hook = hook(VISITING);
        hook.awaitLine("registration accepted");
        qemu.is("paused");
        qemu.tells("STOP", "{}");
        qemu.asked("query-status", 2);
        assertEquals("accepted", registration(), "a pause is none of our business");
        qemu.is("running");
        qemu.tells("RESUME", "{}");
        qemu.is("finish-migrate");
        qemu.tells("STOP", "{}");
        hook.awaitLine("guest stopped by its migration guest=web");
    }

    @Test
    void aGuestThatIsShutDownAwayIsDeregistered() throws Exception {
        PlayedQemu qemu = qemu("web", "running");
        agents.accept(ASSOCIATION);
        HookProcess hook = hook(VISITING);
        hook.awaitLine("registration accepted");
        qemu.tells("SHUTDOWN", "{\"guest\": true, \"reason\": \"guest-shutdown\"}");
        Heard heard = agents.request(request -> request.lifetime() == 0);
        assertEquals(CARE_OF_ADDRESS, heard.request().careOfAddress());
        hook.awaitLine("deregistration accepted guest=web");
    }

    @Test
    void aVanishedMonitorIsOneClearLineAndNoDeregistration() throws Exception {
        PlayedQemu qemu = qemu("web", "running");
        agents.accept(ASSOCIATION);
        HookProcess hook = hook(VISITING);
        hook.awaitLine("registration accepted");
        qemu.close();
        String line = hook.awaitLine("guest can no longer be watched");
        assertTrue(line.contains("WARN") && line.contains("guest-hook event web running"), line);
        assertArpIsAnswered();
        qemu("web", "running");
        awaitRegistration("accepted");
        while (!agents.heardNothing()) {
            assertEquals(300, agents.request().request().lifetime());
        }
    }

    @Test
    void aGuestWithoutConfigurationIsOneClearLine() throws Exception {
        qemu("db", "running");
        HookProcess hook = hook(VISITING);
        String line = hook.awaitLine("guest has no configuration");
        assertTrue(line.contains("name = \"db\""), line);
    }

    @Test
    void aGuestThatIsConfiguredLaterIsRegisteredThen() throws Exception {
        qemu("web", "running");
        agents.accept(ASSOCIATION);
        HookProcess hook = hook(VISITING.replace("\"web\"", "\"db\""));
        hook.awaitLine("guest has no configuration");
        write(VISITING);
        hook.signal("HUP");
        hook.awaitLine("registration accepted guest=web");
        write(VISITING.replace("\"up0\"", "\"up1\""));
        hook.signal("HUP");
        hook.awaitLine("configuration not re-read, the old one stays: only [[guest]] records can change");
    }

    @Test
    void anotherKeyIsOneClearLine() throws Exception {
        qemu("web", "running");
        agents.answer(request -> agents.reply(request, 131, 0, OTHER_KEY));
        HookProcess hook = hook(VISITING);
        assertTrue(hook.awaitLine("the keys differ").contains("code=131"));
    }

    @Test
    void aClockThatIsAMinuteOffIsOneClearLineAndNoOutage() throws Exception {
        qemu("web", "running");
        agents.answer(request -> {
            Instant homeAgents = Instant.now().minusSeconds(60);
            Identification sent = request.request().identification();
            boolean near = Duration.between(homeAgents, sent.toInstant(homeAgents))
                            .abs()
                            .compareTo(Duration.ofSeconds(7))
                    < 0;
            if (near) {
                agents.reply(request, 0, 300, ASSOCIATION);
            } else {
                int high = Identification.of(homeAgents).high();
                agents.reply(request, 133, 0, sent.withHigh(high), ASSOCIATION);
            }
        });
        HookProcess hook = hook(VISITING);
        String line = hook.awaitLine("clock of this host is");
        assertTrue(line.contains("ahead of that of the home agent"), line);
        hook.awaitLine("registration accepted");
    }

    @Test
    void whoStartsGuestsByOtherMeansTellsByACommand() throws Exception {
        HookProcess hook = hook(VISITING);
        hook.awaitLine("ready");
        String socket = directory.resolve("hook.sock").toString();
        assertEquals(
                0,
                command("event", "web", "running", "--tap", "tap0", "--socket", socket)
                        .exitCode());
        assertEquals(Ipv4.address(HOME_ADDRESS), agents.request().datagram().source());
        assertEquals(2, command("event", "web", "flying", "--socket", socket).exitCode());
    }

    @Test
    void aHookThatWasKilledKnowsWhatItWasToldByACommand() throws Exception {
        agents.accept(ASSOCIATION);
        HookProcess hook = hook(VISITING);
        hook.awaitLine("ready");
        tell("web", "running", "--tap", "tap0");
        hook.awaitLine("registration accepted guest=web");
        hook.kill();

        HookProcess again = hook(VISITING);
        again.awaitLine("registration accepted guest=web");
        assertEquals("running", phase());
        assertEquals("tap0", control().get("/guests/web").path("tap").asText());
        assertArpIsAnswered();
        tell("web", "gone");
        again.awaitLine("deregistration accepted guest=web");
        again.kill();

        HookProcess last = hook(VISITING);
        last.awaitLine("ready");
        assertEquals("gone", phase());
    }

    @Test
    void whatIsDamagedOfWhatTheHookWasToldIsPassedOver() throws Exception {
        String boot =
                Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        Path told = directory.resolve("guests/.told");
        Files.writeString(told, """
                {"boot": "%s", "guests": {"a": {"phase": "flying"}, "web": {"phase": "running", "tap": "tap0"}}}
                """.formatted(boot));
        agents.accept(ASSOCIATION);
        HookProcess hook = hook(VISITING);
        assertTrue(hook.awaitLine("passed over guest=a").contains("WARN"));
        hook.awaitLine("registration accepted guest=web");
        hook.kill();

        Files.writeString(told, "{\"boot\": \"");
        HookProcess again = hook(VISITING);
        assertTrue(again.awaitLine("told guests can't be read").contains("WARN"));
        again.awaitLine("ready");
        assertEquals("gone", phase());
        again.kill();

        Files.writeString(told, """
                {"boot": "another", "guests": {"web": {"phase": "running", "tap": "tap0"}}}
                """);
        HookProcess last = hook(VISITING);
        last.awaitLine("ready");
        assertEquals("gone", phase(), "no guest outlives its host");
    }

    @Test
    void whatAMonitorTellsCountsMoreThanWhatWasToldBefore() throws Exception {
        agents.accept(ASSOCIATION);
        HookProcess hook = hook(VISITING);
        hook.awaitLine("ready");
        tell("web", "running", "--tap", "tap0");
        PlayedQemu qemu = qemu("web", "running");
        hook.awaitLine("guest watched guest=web");
        qemu.asked("query-status", 1);
        qemu.tells("SHUTDOWN", "{\"guest\": true, \"reason\": \"guest-shutdown\"}");
        hook.awaitLine("deregistration accepted guest=web");
        qemu.close();
        hook.terminate();
        assertEquals(0, hook.exitCode());
        HookProcess again = hook(VISITING);
        again.awaitLine("ready");
        assertEquals("gone", phase());
    }

    @Test
    @DisplayName("a socket that was removed while QEMU runs is one clear line, at once and after a restart")
    void aSocketThatWasRemovedIsOneClearLine() throws Exception {
        Path socket = directory.resolve("guests/web.hook.qmp");
        Process qemu = new ProcessBuilder(
                        "qemu-system-x86_64",
                        "-machine",
                        "none",
                        "-nodefaults",
                        "-display",
                        "none",
                        "-qmp",
                        "unix:" + socket + ",server=on,wait=off")
                .start();
        opened.add(() -> qemu.destroyForcibly().waitFor());
        Instant deadline = Instant.now().plusSeconds(60);
        while (!Files.exists(socket)) {
            assertTrue(qemu.isAlive() && Instant.now().isBefore(deadline), "QEMU doesn't listen");
        }
        record("web", qemu.pid());
        record("db", ProcessHandle.current().pid());
        agents.accept(ASSOCIATION);
        HookProcess hook = hook(VISITING);
        hook.awaitLine("registration accepted guest=web");
        Files.delete(socket);
        String line = hook.awaitLine("guest's socket is gone");
        assertTrue(line.contains("WARN") && line.contains("guest-hook event web running"), line);
        hook.kill();

        HookProcess again = hook(VISITING);
        line = again.awaitLine("guest's socket is gone");
        assertTrue(line.contains("WARN") && line.contains("guest-hook event web running"), line);
        tell("web", "running", "--tap", "tap0");
        again.awaitLine("registration accepted guest=web");
        again.kill();

        HookProcess last = hook(VISITING);
        last.awaitLine("registration accepted guest=web");
        assertEquals(
                List.of(),
                Stream.of(hook, again, last)
                        .flatMap(each -> each.lines().stream())
                        .filter(said -> said.contains("socket is gone guest=db"))
                        .toList(),
                "another process has the number of its QEMU");
        assertEquals(
                List.of(),
                last.lines().stream()
                        .filter(said -> said.contains("socket is gone"))
                        .toList(),
                "it was told");
    }

    private void record(String guest, long pid) throws Exception {
        Files.writeString(
                directory.resolve("guests/" + guest + ".json"),
                "{\"tap\": \"tap0\", \"incoming\": false, \"pid\": %d}".formatted(pid));
    }

    /** As by a command; that starts no JVM of its own here. */
    private void tell(String guest, String... words) {
        List<String> command = new ArrayList<>(List.of("event", guest));
        command.addAll(List.of(words));
        command.addAll(List.of("--socket", directory.resolve("hook.sock").toString()));
        Console console = new Console(System.out, System.err);
        assertEquals(0, GuestHookProgram.program().run(console, command.toArray(String[]::new)));
    }

    private String phase() throws Exception {
        return control().get("/guests/web").path("guest").path("phase").asText();
    }

    @Test
    void aGuestsDirectoryWithoutRoomOrThatCanNotBeWrittenIsOneClearLine() throws Exception {
        assertRefused(
                "size=64k,nr_inodes=1",
                "guests-directory DIRECTORY can't be watched: no space left: make room on its disk");
        assertRefused(
                "ro",
                "guests-directory DIRECTORY can't be watched: its file system is read-only: mount it to be written to");
    }

    /** On a file system with these options, which is the program's own. */
    private void assertRefused(String mount, String words) throws Exception {
        Path mounted = Files.createDirectories(directory.resolve("mounted"));
        Path config = write(VISITING.replace("\"guests\"", "\"mounted/guests\""));
        HookProcess refused = opened.add(HookProcess.start(
                kvmHost.host,
                List.of("sh", "-c", "mount -t tmpfs -o " + mount + " none " + mounted + " && exec \"$@\"", "sh"),
                "run",
                "--config",
                config.toString()));
        assertEquals(1, refused.exitCode());
        assertEquals(
                List.of("guest-hook: "
                        + words.replace("DIRECTORY", mounted.resolve("guests").toString())),
                refused.lines());
    }

    @Test
    void whoBringsAGuestHearsWhatIsPreparedForIt() throws Exception {
        acceptHandovers();
        HookProcess hook = hook(VISITING);
        hook.awaitLine("ready");
        Map<String, String> arriving = Map.of("phase", "arriving", "tap", "tap0");
        JsonNode answer = control().post("/guests/web/events", arriving);
        assertEquals("arriving", answer.path("phase").asText());
        assertEquals("staged", answer.path("prepared").asText());
        Heard prepare = agents.request();
        assertEquals(Ipv4.address("10.2.0.10"), prepare.datagram().source());
        assertEquals(255, prepare.datagram().ttl());

        HookProcess told = command(
                "event",
                "web",
                "arriving",
                "--socket",
                directory.resolve("hook.sock").toString());
        assertEquals(0, told.exitCode());
        assertTrue(
                told.lines().get(0).startsWith("web: arriving, prepared: staged"),
                () -> String.join("\n", told.lines()));

        control().post("/guests/web/events", Map.of("phase", "gone"));
        agents.request(request -> says(request, HandoverExtension.Abort.class));
    }

    @Test
    void withSilentAgentsTheAnswerIsPlainAfterThreeSeconds() throws Exception {
        HookProcess hook = hook(VISITING);
        hook.awaitLine("ready");
        Instant asked = Instant.now();
        JsonNode answer = control().post("/guests/web/events", Map.of("phase", "arriving", "tap", "tap0"));
        assertEquals("plain", answer.path("prepared").asText());
        assertEquals("no answer from foreign-agent 10.2.0.2", answer.path("why").asText());
        Duration waited = Duration.between(asked, Instant.now());
        assertTrue(waited.compareTo(Duration.ofSeconds(3)) >= 0, waited::toString);
    }

    @Test
    @DisplayName("at the old site: ARM when the migration begins, COMMIT at STOP, ABORT if it comes to nothing")
    void aGuestThatLeavesIsCommittedAtItsStop() throws Exception {
        PlayedQemu qemu = qemu("web", "running");
        acceptHandovers();
        HookProcess hook = hook(VISITING);
        hook.awaitLine("registration accepted");
        qemu.tells("MIGRATION", "{\"status\": \"setup\"}");
        hook.awaitLine("armed guest=web handover=000000000000002a");
        qemu.tells("STOP", "{}");
        Heard commit = agents.request(request -> says(request, HandoverExtension.Commit.class));
        assertEquals(GUEST, commit.frame().source());
        assertEquals(Ipv4.address(HOME_ADDRESS), commit.datagram().source());
        assertEquals(300, commit.request().lifetime());
        hook.awaitLine("commit answered guest=web code=0");
        qemu.tells("RESUME", "{}");
        agents.request(request -> says(request, HandoverExtension.Abort.class));
        awaitRegistration("accepted");
        // END, if what follows took a tenth of a second.
        List<String> steps = steps().filter(what -> what.contains(" sent ") && !what.startsWith("END "))
                .map(what -> what.replaceFirst(" sent .*", ""))
                .distinct()
                .toList();
        assertEquals(List.of("arm", "commit", "abort"), steps);
    }

    @Test
    @DisplayName("a guest that nobody but a script knows: it is armed and committed by the script's word")
    void whoeverTakesAGuestAwayMaySayWhenThatBegins() throws Exception {
        acceptHandovers();
        HookProcess hook = hook(VISITING);
        hook.awaitLine("ready");
        control().post("/guests/web/events", Map.of("phase", "running", "tap", "tap0"));
        hook.awaitLine("registration accepted");
        control().post("/guests/web/events", Map.of("phase", "leaving"));
        hook.awaitLine("armed guest=web handover=000000000000002a");
        control().post("/guests/web/events", Map.of("phase", "stopped"));
        agents.request(request -> says(request, HandoverExtension.Commit.class));
        control().post("/guests/web/events", Map.of("phase", "left"));
        hook.awaitLine("guest left guest=web");
    }

    @Test
    @DisplayName("what comes to the old site's tap after the STOP follows the guest, from the host and by its routes")
    void whatTheGuestHasNotReadFollowsIt() throws Exception {
        kvmHost.host.exec("ip", "route", "add", "default", "via", ROUTER);
        PlayedQemu qemu = qemu("web", "running");
        acceptHandovers();
        HookProcess hook = hook(VISITING);
        hook.awaitLine("registration accepted");
        qemu.tells("MIGRATION", "{\"status\": \"setup\"}");
        hook.awaitLine("armed guest=web handover=000000000000002a");
        qemu.tells("STOP", "{}");
        agents.request(request -> says(request, HandoverExtension.Commit.class));
        kvmHost.linkSends(ofTheHandover(new Redirected(HANDOVER)));
        hook.awaitLine("END sent guest=web");
        hook.awaitLine("0 packets rescued from the guest's tap (0 not) guest=web");
        Ipv4Packet late = new UdpPacket(
                        Ipv4.address("203.0.113.2"), 9, Ipv4.address(HOME_ADDRESS), 9, 64, ByteBuffer.allocate(20))
                .toIpv4();
        kvmHost.linkSends(late.toFrame(ScriptedAgents.MAC, GUEST));
        assertEquals(new End(HANDOVER, 0), forwarded());
        HandoverMessage next = forwarded();
        while (next instanceof End) {
            next = forwarded();
        }
        Rescued rescued = assertInstanceOf(Rescued.class, next);
        assertEquals(0, rescued.sequence());
        assertEquals(Octets.copyOf(Unpooled.wrappedBuffer(late.toOctets())), rescued.packet());
        hook.awaitLine("1 packets that came late rescued");
        qemu.tells("MIGRATION", "{\"status\": \"completed\"}");
        hook.awaitLine("guest left guest=web");
        String steps = control().get("/handovers").toString();
        assertTrue(steps.contains("END sent") && steps.contains("0 packets rescued"), steps);
        kvmHost.linkSends(ofTheHandover(new Followed(HANDOVER, 7)));
        Instant deadline = Instant.now().plusSeconds(60);
        while (counts().path("redirected").asInt() != 7) {
            assertTrue(Instant.now().isBefore(deadline), () -> "never counted");
        }
    }

    @Test
    void aCheckLeavesWithTheHostsAddresses() throws Exception {
        agents.accept(ASSOCIATION);
        HookProcess hook = hook(VISITING);
        hook.awaitLine("ready");
        JsonNode outcome = control().post("/guests/web/check", Map.of());
        assertTrue(outcome.path("ok").asBoolean(), outcome::toString);
        assertEquals(FOREIGN_AGENT, outcome.path("foreign-agent").asText());
        Heard heard = agents.request();
        assertEquals(Ipv4.address("10.2.0.10"), heard.datagram().source());
        assertFalse(heard.frame().source().equals(GUEST));
        assertEquals(255, heard.datagram().ttl());
    }

    @Test
    void whatIsWrongAtTheStartIsSaidInOneLine() throws Exception {
        HookProcess mistaken = hook(VISITING.replace("\"br0\"", "\"br7\""));
        assertEquals(1, mistaken.exitCode());
        assertEquals(1, mistaken.lines().size(), () -> String.join("\n", mistaken.lines()));
        assertTrue(mistaken.lines().get(0).contains("there is no interface br7"));

        HookProcess malformed = hook(VISITING.replace("spi = 256", "spi = 255"));
        assertEquals(2, malformed.exitCode());
        assertEquals(1, malformed.lines().size(), () -> String.join("\n", malformed.lines()));
        assertTrue(malformed.lines().get(0).contains("guest-hook.toml:20: guest.association.spi"));

        HookProcess powerless = opened.add(HookProcess.start(
                kvmHost.host,
                List.of("setpriv", "--bounding-set=-net_raw"),
                "run",
                "--config",
                write(VISITING).toString()));
        assertEquals(1, powerless.exitCode());
        assertEquals(1, powerless.lines().size(), () -> String.join("\n", powerless.lines()));
        assertTrue(powerless.lines().get(0).contains("needs CAP_NET_RAW"));
    }

    @Test
    void toldToStopItEndsWellAndTheGuestNoticesNothing() throws Exception {
        qemu("web", "running");
        agents.accept(ASSOCIATION);
        HookProcess hook = hook(VISITING);
        hook.awaitLine("registration accepted");
        hook.terminate();
        assertEquals(0, hook.exitCode());
        assertArpIsAnswered();
        assertFalse(Files.exists(directory.resolve("hook.sock")));
    }

    /** What became of packets in the first handover. */
    private JsonNode counts() throws Exception {
        return control().get("/handovers").path("handovers").path(0).path("counts");
    }

    /** What happened on this host in the first handover. */
    private Stream<String> steps() throws Exception {
        JsonNode handover = control().get("/handovers").path("handovers").path(0);
        return StreamSupport.stream(handover.path("steps").spliterator(), false)
                .filter(step -> !step.path("who").asText().equals("home-agent"))
                .map(step -> step.path("what").asText());
    }

    /** The next message that this host has sent to the guest's new care-of address. */
    private HandoverMessage forwarded() throws Exception {
        EthernetFrame frame = agents.forwarded();
        assertFalse(frame.source().equals(GUEST), "nothing may say that it is still on this link");
        Ipv4Packet packet = Ipv4Packet.parse(frame).orElseThrow();
        assertEquals(CARE_OF_ADDRESS.toInet(), packet.destination());
        assertEquals(Ipv4.address("10.2.0.10"), packet.source());
        assertEquals(434, packet.payload().getShort(2), "destination port");
        // Its checksum is left to the device, and a veth pair does nothing about it.
        ByteBuffer message = packet.payload().position(UdpPacket.HEADER_LENGTH);
        return HandoverMessage.decode(
                        Octets.copyOf(Unpooled.wrappedBuffer(message)), HandoverExtension.DEFAULT_ENTERPRISE_NUMBER)
                .orElseThrow();
    }

    /** As the foreign agent says it to the guest's address. */
    private static EthernetFrame ofTheHandover(HandoverMessage message) {
        byte[] octets =
                message.encode(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER).toByteArray();
        return new UdpPacket(
                        Ipv4.address(FOREIGN_AGENT), 434, Ipv4.address(HOME_ADDRESS), 434, 255, ByteBuffer.wrap(octets))
                .toIpv4()
                .toFrame(ScriptedAgents.MAC, GUEST);
    }

    /** Agents that know of handovers: one is staged, always. */
    private void acceptHandovers() {
        agents.answer(request -> agents.reply(
                request,
                0,
                request.request().lifetime(),
                ASSOCIATION,
                asksWhatIsStaged(request.request()) ? List.of(STAGED) : List.of()));
    }

    private static boolean asksWhatIsStaged(RegistrationRequest request) {
        return says(request, HandoverExtension.Arm.class) || says(request, HandoverExtension.Prepare.class);
    }

    private static boolean says(RegistrationRequest request, Class<? extends HandoverExtension> kind) {
        return HandoverExtension.first(kind, request.extensions(), HandoverExtension.DEFAULT_ENTERPRISE_NUMBER)
                .isPresent();
    }

    private PlayedQemu qemu(String guest, String status) throws Exception {
        return opened.add(PlayedQemu.listen(directory.resolve("guests/" + guest + ".hook.qmp"), status));
    }

    private HookProcess hook(String config) throws Exception {
        return command("run", "--config", write(config).toString());
    }

    private HookProcess command(String... arguments) throws Exception {
        return opened.add(HookProcess.start(kvmHost.host, arguments));
    }

    private Path write(String config) throws Exception {
        return SecretFile.write(directory.resolve("guest-hook.toml"), config);
    }

    private ControlClient control() {
        return new ControlClient("guest-hook", directory.resolve("hook.sock"), Duration.ofSeconds(30));
    }

    private String registration() throws Exception {
        return control().get("/guests/web").path("guest").path("registration").asText();
    }

    private void awaitRegistration(String expected) throws Exception {
        Instant deadline = Instant.now().plusSeconds(60);
        while (!registration().equals(expected)) {
            assertTrue(Instant.now().isBefore(deadline), () -> "never " + expected);
        }
    }

    /** What the guest gets next is not a reply. */
    private void assertRepliesNeverReachTheGuest() throws Exception {
        UdpPacket datagram = new UdpPacket(
                Ipv4.address("203.0.113.2"), 9, Ipv4.address(HOME_ADDRESS), 9, 64, ByteBuffer.allocate(20));
        kvmHost.linkSends(datagram.toIpv4().toFrame(ScriptedAgents.MAC, GUEST));
        List<Ipv4Packet> packets = kvmHost
                .atGuestUntil(frame -> Ipv4Packet.parse(frame).isPresent())
                .stream()
                .flatMap(frame -> Ipv4Packet.parse(frame).stream())
                .toList();
        assertEquals(9, UdpPacket.parse(packets.get(0)).orElseThrow().sourcePort());
    }

    private void assertArpIsAnswered() throws Exception {
        kvmHost.guestSends(ArpPacket.request(GUEST, Ipv4.address(HOME_ADDRESS), Ipv4.address("10.1.0.20"))
                .toFrame(MacAddress.BROADCAST));
        kvmHost.atGuestUntil(frame -> ArpPacket.parse(frame)
                .filter(arp -> arp.senderMac().equals(MacAddress.of("02:00:00:01:00:01")))
                .isPresent());
    }

    private static SecurityAssociation association(String key) {
        return new SecurityAssociation(
                256, new Key(Octets.ofHex(key)), Algorithm.HMAC_MD5, SecurityAssociation.DEFAULT_TOLERANCE);
    }
}
