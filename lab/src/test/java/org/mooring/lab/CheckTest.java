package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * What {@code kvm-migrator check} tells an operator before a migration. Each test starts what it needs and doesn't run yet; in this order, few daemons are
 * started.
 */
@Tag("netns")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CheckTest {
    private static final Guest GUEST = Guest.ONE;

    private static final String FROM_HERE = "protocol 4: tunnelled packets from here to foreign agent 198.51.100.2 ";
    private static final String FROM_THERE = "protocol 4: tunnelled packets from here to home agent 10.1.0.1 ";

    private final Lab lab = Testbed.raise();
    private final Daemon homeAgent = lab.homeAgent(Site.A);
    private final Daemon foreignAgent = lab.foreignAgent(Site.B);
    private final Daemon hook = lab.hook(Site.B);

    @AfterAll
    void removeEverything() {
        Testbed.close(lab, "check");
    }

    @Test
    @Order(1)
    void whenTheHomeAgentCannotBeReached() {
        run(foreignAgent, hook);
        homeAgent.kill();

        assertCheckFails(
                "hook: a registration through foreign agent 10.2.0.2 to home agent 10.1.0.1 would fail: the foreign"
                        + " agent gets no answer from the home agent: is it running, and does UDP port 434 pass between them\\?");
        String said = foreignAgent.logged();
        assertTrue(said.contains("is it running, and does UDP port 434 pass?"), said);
        assertFalse(said.contains("failed with error"), said);
    }

    @Test
    @Order(2)
    void whenTheKeysDiffer() throws Exception {
        run(homeAgent, foreignAgent, hook);
        Path file = hook.configuration();
        String good = Files.readString(file);
        Files.writeString(
                file, good.replaceFirst("key = \"..", "key = \"" + (good.contains("key = \"00") ? "01" : "00")));
        hook.reload();
        try {
            assertCheckFails(
                    "hook: a registration through foreign agent 10.2.0.2 to home agent 10.1.0.1 would fail: .*the keys"
                            + " differ: compare spi and key of \\[\\[guest.association\\]\\] .*");
        } finally {
            Files.writeString(file, good);
            hook.reload();
        }
    }

    @Test
    @Order(3)
    void whenAllIsWell() {
        run(homeAgent, foreignAgent, hook);
        runGuest();

        Command well = checkFromA();
        assertEquals(0, well.status(), well::toString);
        assertFinds(well, "OK", "clock: \\d+ ms (ahead of|behind) the home agent's");
        assertFinds(well, "OK", "here", FROM_HERE + "are answered in .* ms");
        assertFinds(well, "OK", "here", "mtu: .* foreign agent 198.51.100.2 may have 1500 octets");
        assertFinds(well, "OK", FROM_THERE + "are answered in .* ms");
        assertFinds(well, "OK", "mtu: .* home agent 10.1.0.1 may have 1500 octets");

        JsonNode answer = hook.control().post("/guests/" + GUEST.name() + "/check");
        assertTrue(answer.path("ok").asBoolean(), answer::toString);
        assertEquals(0, answer.path("code").asInt(-1), answer::toString);
        assertEquals(0, homeAgent.control().get("/bindings").path("bindings").size(), "a dry run leaves no binding");
    }

    @Test
    @Order(4)
    @DisplayName("when IP protocol 4, or what is long in it, doesn't pass between the sites")
    void whenTunnelledPacketsDoNotPass() {
        run(homeAgent, foreignAgent, hook);
        runGuest();
        try {
            dropOnTheWay("ip protocol 4 ip length > 1400");
            Command onlyShort = checkFromA();
            assertEquals(0, onlyShort.status(), onlyShort::toString);
            String advice = " don't pass with 1500 octets: look for a link with a smaller MTU on the way, or .*";
            assertFinds(onlyShort, "WARN", "here", "mtu: .* foreign agent 198.51.100.2" + advice);
            assertFinds(onlyShort, "WARN", "mtu: .* home agent 10.1.0.1" + advice);

            dropOnTheWay("ip protocol 4");
            Command blocked = checkFromA();
            assertEquals(1, blocked.status(), blocked::toString);
            String let = "get no answer: let IP protocol 4 pass the firewalls on the way, .*";
            assertFinds(blocked, "FAIL", "here", FROM_HERE + let);
            assertFinds(blocked, "FAIL", FROM_THERE + let);
        } finally {
            Command.attempt(lab.namespace("inet").inside("nft", "delete", "table", "ip", "firewall"), "");
        }
    }

    @Test
    @Order(5)
    void whenTheClocksDifferBySeconds() {
        run(homeAgent, foreignAgent);
        withClock(
                Duration.ofSeconds(5),
                () -> assertFinds(
                        checkFromA(),
                        "WARN",
                        "clock: [45]\\d{3} ms ahead of the home agent's: run NTP on this host and at the home agent"));
    }

    @Test
    @Order(6)
    void whenTheClocksDifferByAMinute() {
        run(homeAgent, foreignAgent);
        withClock(Duration.ofMinutes(-1), () -> {
            // The first one corrects what the hook dates by its clock; the clock stays wrong.
            for (int time = 0; time < 2; time++) {
                assertCheckFails(
                        "clock: [56]\\d{4} ms behind the home agent's: run NTP on this host and at the home agent: .*");
            }
        });
    }

    private void withClock(Duration ahead, Runnable test) {
        hook.kill();
        Daemon other = hook.withClock(ahead);
        try {
            run(other);
            test.run();
        } finally {
            other.kill();
        }
    }

    /** By the router between the sites; what it dropped before passes. */
    private void dropOnTheWay(String match) {
        Command.run(lab.namespace("inet").inside("nft", "-f", "-"), """
                table ip firewall
                delete table ip firewall
                table ip firewall {
                    chain forwarded {
                        type filter hook forward priority 0
                        %s drop
                    }
                }
                """.formatted(match));
    }

    /** Those that don't run yet. */
    private void run(Daemon... daemons) {
        lab.start(Stream.of(daemons).filter(daemon -> !daemon.isRunning()).toList());
    }

    /** At home. It is only its own boot firmware. */
    private void runGuest() {
        Path file = lab.run().resolve(Site.A.host() + "/kvm-migrator.toml");
        try {
            Files.writeString(file, Files.readString(file).replaceAll("(?m)^(kernel|initrd|append) = .*\n", ""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Daemon home = lab.hook(Site.A);
        run(home);
        if (guestRuns(home)) {
            return;
        }
        Command started = lab.migrator(Site.A, "startup", GUEST.name());
        assertEquals(0, started.status(), started::toString);
        Await.until("the hook knows that the guest runs", () -> guestRuns(home));
    }

    /** As the hook knows it. */
    private static boolean guestRuns(Daemon hook) {
        String phase = hook.control()
                .get("/guests/" + GUEST.name())
                .path("guest")
                .path("phase")
                .asText();
        return phase.equals("running");
    }

    /** What an operator at site A is told of the other host before a migration, and by what exit code. */
    private void assertCheckFails(String finding) {
        Command check = checkFromA();
        assertEquals(1, check.status(), check::toString);
        assertFinds(check, "FAIL", finding);
    }

    private Command checkFromA() {
        return lab.migrator(Site.A, "check", GUEST.name(), "--to", Site.B.host());
    }

    /** At the other host. */
    private static void assertFinds(Command check, String level, String finding) {
        assertFinds(check, level, Site.B.host(), finding);
    }

    private static void assertFinds(Command check, String level, String host, String finding) {
        String line = level + " +" + host + " +" + finding;
        assertEquals(
                1, check.output().lines().filter(said -> said.matches(line)).count(), check::toString);
    }
}
