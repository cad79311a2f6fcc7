package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What goes wrong at a site is said in one line, by the real programs, with what to do about it. */
@Tag("netns")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefusalsTest {
    private static final Guest GUEST = Guest.ONE;

    private final Lab lab = Testbed.raise();
    private final SystemdUnit unit = SystemdUnit.of(lab.run(), "home-agent");
    private final Daemon homeAgent = lab.homeAgent(Site.A);
    private final Daemon foreignAgent = lab.foreignAgent(Site.B);
    private final Daemon hook = lab.hook(Site.B);
    private final List<Daemon> started = new ArrayList<>();

    @AfterEach
    void stopDaemons() {
        started.forEach(Daemon::kill);
        started.clear();
    }

    @AfterAll
    void removeEverything() {
        Testbed.close(lab, "refusals");
    }

    @Test
    void withoutRootOrCapabilities() {
        Command refused = runHomeAgent(new SystemdUnit(false, List.of()));

        assertEquals(1, refused.status(), refused::toString);
        assertEquals(1, refused.errors().lines().count(), refused::toString);
        for (String capability :
                List.of("CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_NET_BIND_SERVICE", "CAP_BPF", "CAP_PERFMON")) {
            assertTrue(refused.errors().contains(capability), refused::toString);
        }
    }

    @Test
    void withoutOneCapability() {
        for (String missing : List.of("net_admin", "net_raw", "net_bind_service", "bpf", "perfmon")) {
            Command refused = runHomeAgent(unit.without(missing));

            assertEquals(1, refused.status(), refused::toString);
            assertEquals(1, refused.errors().lines().count(), refused::toString);
            assertTrue(
                    refused.errors().toLowerCase(java.util.Locale.ROOT).contains("cap_" + missing), refused::toString);
        }
    }

    @Test
    void withAMalformedConfiguration() throws Exception {
        Path file = configuration(homeAgent);
        String good = Files.readString(file);
        Files.writeString(file, good.replace("spi = 256", "spi = 12") + "\nmtv = 1500\n");
        Command refused = runHomeAgent(unit);
        Files.writeString(file, good);

        assertEquals(2, refused.status(), refused::toString);
        int spi = 1 + good.substring(0, good.indexOf("spi = 256")).split("\n", -1).length - 1;
        assertTrue(refused.errors().contains(file + ":" + spi + ": "), refused::toString);
        assertTrue(refused.errors().contains("mtv"), refused::toString);
    }

    @Test
    void withItsPortTaken() throws Exception {
        try (DatagramChannel other = lab.namespace("ra")
                .call(() -> DatagramChannel.open(StandardProtocolFamily.INET)
                        .bind(new InetSocketAddress(Site.address(Site.A.routerAddress()), 434)))) {
            assertTrue(other.isOpen());
            Command refused = runHomeAgent(unit);

            assertEquals(1, refused.status(), refused::toString);
            assertTrue(refused.errors().contains("10.1.0.1:434 is taken by "), refused::toString);
        }
    }

    @Test
    void whenTheHomeAgentCannotBeReached() {
        start(foreignAgent);
        start(hook);

        JsonNode answer = check();

        assertFalse(answer.path("ok").asBoolean(true), answer::toString);
        assertTrue(answer.path("verdict").asText().contains("no answer from the home agent"), answer::toString);
    }

    @Test
    void whenTheKeysDiffer() throws Exception {
        start(homeAgent);
        start(foreignAgent);
        Path file = configuration(hook);
        String good = Files.readString(file);
        Files.writeString(
                file, good.replaceFirst("key = \"..", "key = \"" + (good.contains("key = \"00") ? "01" : "00")));
        try {
            start(hook);
            JsonNode answer = check();

            assertEquals(131, answer.path("code").asInt(), answer::toString);
            assertTrue(answer.path("verdict").asText().contains("the keys differ"), answer::toString);
        } finally {
            Files.writeString(file, good);
        }
    }

    @Test
    void whenTheClocksDifferByAMinute() {
        start(homeAgent);
        start(foreignAgent);
        start(hook.by(List.of(
                "env",
                "LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
                "FAKETIME=-60s",
                "DONT_FAKE_MONOTONIC=1")));

        JsonNode answer = check();

        assertTrue(answer.path("verdict").asText().contains("the clocks differ by "), answer::toString);
        long skew = answer.path("clock-skew-ms").asLong();
        assertTrue(skew > 55_000 && skew < 70_000, answer::toString);
    }

    @Test
    void whenAllIsWell() {
        start(homeAgent);
        start(foreignAgent);
        start(hook);

        JsonNode answer = check();

        assertTrue(answer.path("ok").asBoolean(), answer::toString);
        assertEquals(0, answer.path("code").asInt(-1), answer::toString);
        assertEquals(0, homeAgent.control().get("/bindings").path("bindings").size(), "a dry run leaves no binding");
    }

    @Test
    void whenAGuestHasNoConfiguration() {
        start(hook);
        Command refused = Command.attempt(
                lab.namespace("kb")
                        .inside(
                                lab.program("guest-hook").toString(),
                                "event",
                                "stranger",
                                "running",
                                "--socket",
                                lab.run().resolve("kb/guest-hook.sock").toString()),
                "");

        assertEquals(1, refused.status(), refused::toString);
        assertTrue(refused.errors().contains("[[guest]]") && refused.errors().contains("stranger"), refused::toString);
        assertEquals(1, refused.errors().lines().count(), refused::toString);
    }

    private void start(Daemon daemon) {
        started.add(daemon.start());
        daemon.awaitReady();
    }

    private JsonNode check() {
        return hook.control().post("/guests/" + GUEST.name() + "/check");
    }

    private Path configuration(Daemon daemon) {
        return daemon.configuration();
    }

    /** Runs the home agent of site A with what this grants; it should end by itself. */
    private Command runHomeAgent(SystemdUnit grants) {
        var words = new ArrayList<>(List.of("timeout", "60"));
        words.addAll(grants.run(List.of(
                lab.program("home-agent").toString(),
                "run",
                "--config",
                configuration(homeAgent).toString())));
        return Command.attempt(lab.namespace("ra").inside(words), "");
    }
}
