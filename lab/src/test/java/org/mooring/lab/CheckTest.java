package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What {@code kvm-migrator check} tells an operator before a migration, with both agents running. */
@Tag("netns")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CheckTest {
    private static final Guest GUEST = Guest.ONE;

    private final Lab lab = Testbed.raise();
    private final Daemon homeAgent = lab.homeAgent(Site.A);
    private final Daemon foreignAgent = lab.foreignAgent(Site.B);
    private final Daemon hook = lab.hook(Site.B);
    private final List<Daemon> hooks = new ArrayList<>();

    @BeforeAll
    void startAgents() {
        lab.start(List.of(homeAgent, foreignAgent));
    }

    @AfterEach
    void stopHooks() {
        hooks.forEach(Daemon::kill);
        hooks.clear();
    }

    @AfterAll
    void removeEverything() {
        Testbed.close(lab, "check");
    }

    @Test
    void whenTheHomeAgentCannotBeReached() {
        homeAgent.kill();
        try {
            start(hook);

            assertCheckFails(
                    "hook: a registration through foreign agent 10.2.0.2 to home agent 10.1.0.1 would fail: the foreign"
                            + " agent gets no answer from the home agent: is it running, and does UDP port 434 pass between them\\?");
        } finally {
            homeAgent.start().awaitReady();
        }
        String said = foreignAgent.logged();
        assertTrue(said.contains("is it running, and does UDP port 434 pass?"), said);
        assertFalse(said.contains("failed with error"), said);
    }

    @Test
    void whenTheKeysDiffer() throws Exception {
        Path file = hook.configuration();
        String good = Files.readString(file);
        Files.writeString(
                file, good.replaceFirst("key = \"..", "key = \"" + (good.contains("key = \"00") ? "01" : "00")));
        try {
            start(hook);

            assertCheckFails(
                    "hook: a registration through foreign agent 10.2.0.2 to home agent 10.1.0.1 would fail: .*the keys"
                            + " differ: compare spi and key of \\[\\[guest.association\\]\\] .*");
        } finally {
            Files.writeString(file, good);
        }
    }

    @Test
    void whenTheClocksDifferByAMinute() {
        start(hook.withClock(Duration.ofMinutes(-1)));

        // The first one corrects what the hook dates by its clock; the clock stays wrong.
        for (int time = 0; time < 2; time++) {
            assertCheckFails(
                    "clock: [56]\\d{4} ms behind the home agent's: run NTP on this host and at the home agent: .*");
        }
    }

    @Test
    void whenTheClocksDifferBySeconds() {
        start(hook.withClock(Duration.ofSeconds(5)));

        assertFinds(
                checkFromA(),
                "WARN",
                "clock: [45]\\d{3} ms ahead of the home agent's: run NTP on this host and at the home agent");
    }

    @Test
    void whenAllIsWell() {
        start(hook);

        assertFinds(checkFromA(), "OK", "clock: \\d+ ms (ahead of|behind) the home agent's");

        JsonNode answer = hook.control().post("/guests/" + GUEST.name() + "/check");

        assertTrue(answer.path("ok").asBoolean(), answer::toString);
        assertEquals(0, answer.path("code").asInt(-1), answer::toString);
        assertEquals(0, homeAgent.control().get("/bindings").path("bindings").size(), "a dry run leaves no binding");
    }

    @Test
    @DisplayName("when IP protocol 4, or what is long in it, doesn't pass between the sites")
    void whenTunnelledPacketsDoNotPass() {
        start(hook);
        start(lab.hook(Site.A));
        String here = "protocol 4: tunnelled packets from here to foreign agent 198.51.100.2 ";
        String there = "protocol 4: tunnelled packets from here to home agent 10.1.0.1 ";
        Command started = lab.migrator(Site.A, "startup", GUEST.name());
        try {
            assertEquals(0, started.status(), started::toString);
            Await.until(
                    "the hook knows that the guest runs",
                    () -> lab.hook(Site.A)
                            .control()
                            .get("/guests/" + GUEST.name())
                            .path("guest")
                            .path("phase")
                            .asText()
                            .equals("running"));

            Command well = checkFromA();
            assertEquals(0, well.status(), well::toString);
            assertFinds(well, "OK", "here", here + "are answered in .* ms");
            assertFinds(well, "OK", "here", "mtu: .* foreign agent 198.51.100.2 may have 1500 octets");
            assertFinds(well, "OK", there + "are answered in .* ms");
            assertFinds(well, "OK", "mtu: .* home agent 10.1.0.1 may have 1500 octets");

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
            assertFinds(blocked, "FAIL", "here", here + let);
            assertFinds(blocked, "FAIL", there + let);
        } finally {
            Command.attempt(lab.namespace("inet").inside("nft", "delete", "table", "ip", "firewall"), "");
            lab.migrator(Site.A, "teardown", GUEST.name());
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

    private void start(Daemon daemon) {
        hooks.add(daemon.start());
        daemon.awaitReady();
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
