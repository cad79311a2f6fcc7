package org.mooring.migrator.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.migrator.host.Finding.Level;
import org.mooring.runtime.control.ControlServer;
import org.mooring.runtime.control.Refusal;
import org.mooring.runtime.control.Routes;
import org.mooring.runtime.json.Json;
import org.mooring.runtime.metrics.Metrics;

/** What becomes of the hook's answers, over a control socket as the hook has one. */
class HookExaminationTest {
    @TempDir
    Path directory;

    private static final Finding BRIDGED = new Finding(
            Level.NOTE,
            "forwarding, rp_filter: guests' frames are bridged here; of the routers' settings their agents tell:"
                    + " 'home-agent show status', 'foreign-agent show status'");

    private final Findings findings = new Findings();
    private String status = "{\"care-of-address\": \"198.51.100.2\"}";

    @Test
    void registersAbroad() throws Exception {
        HookExamination hook = examine("""
                {"ok": true, "foreign-agent": "10.2.0.2", "home-agent": "10.1.0.1", "code": 0, "verdict": "the agents would accept",
                 "clock-skew-ms": -12, "round-trip-ms": 3.44}
                """);
        assertEquals(
                List.of(
                        BRIDGED,
                        new Finding(
                                Level.OK,
                                "hook: a registration through foreign agent 10.2.0.2 to home agent 10.1.0.1 is answered in 3.4 ms,"
                                        + " UDP port 434 passes, the keys agree"),
                        new Finding(Level.OK, "clock: 12 ms ahead of the home agent's")),
                findings.all());
        assertEquals(Optional.of(true), hook.visiting());
        assertEquals(Optional.of("198.51.100.2"), hook.careOfAddress());
        assertEquals(Optional.of("10.1.0.1"), hook.homeAgent());
    }

    @Test
    void isAtHome() throws Exception {
        HookExamination hook = examine("""
                {"ok": true, "foreign-agent": null, "home-agent": "10.1.0.1", "code": 0, "verdict": "the agents would accept",
                 "clock-skew-ms": 6500, "round-trip-ms": 0.5}
                """);
        assertEquals(Optional.of(false), hook.visiting());
        assertEquals(
                new Finding(
                        Level.WARN,
                        "clock: 6500 ms behind the home agent's: run NTP on this host and at the home agent"),
                findings.all().get(2));
    }

    @Test
    void hasAClockThatNobodyWouldBelieve() throws Exception {
        examine("""
                {"ok": true, "foreign-agent": null, "home-agent": "10.1.0.1", "code": 0, "verdict": "the agents would accept",
                 "clock-skew-ms": -60000, "round-trip-ms": 0.5}
                """);
        assertEquals(Level.FAIL, findings.all().get(2).level());
        assertTrue(findings.all().get(2).text().startsWith("clock: 60000 ms ahead of the home agent's: run NTP"));
    }

    /** Another maker's, or one with whom nonces were agreed on. */
    @Test
    void hasAHomeAgentThatDoesNotTellItsTime() throws Exception {
        examine("""
                {"ok": true, "foreign-agent": null, "home-agent": "10.1.0.1", "code": 0, "verdict": "the agents would accept",
                 "clock-skew-ms": null, "round-trip-ms": 0.5}
                """);
        assertEquals(
                new Finding(
                        Level.NOTE,
                        "clock: the home agent doesn't tell its time, and finds no fault with the one here"),
                findings.all().get(2));
    }

    @Test
    void wouldBeRefused() throws Exception {
        examine("""
                {"ok": false, "foreign-agent": "10.2.0.2", "home-agent": "10.1.0.1", "code": 131,
                 "verdict": "the keys differ", "clock-skew-ms": null, "round-trip-ms": null}
                """);
        assertEquals(
                List.of(
                        BRIDGED,
                        new Finding(
                                Level.FAIL,
                                "hook: a registration through foreign agent 10.2.0.2 to home agent 10.1.0.1 would fail:"
                                        + " the keys differ")),
                findings.all());
    }

    @Test
    void doesNotKnowTheGuest() throws Exception {
        HookExamination hook = examine(null);
        assertEquals(List.of(BRIDGED, new Finding(Level.FAIL, "hook: there is no guest g1")), findings.all());
        assertEquals(Optional.empty(), hook.visiting());
    }

    @Test
    void isItsVisitorsTunnelEnd() throws Exception {
        status = "{\"settings\": []}";
        examine(null);
        assertEquals(
                new Finding(
                        Level.OK,
                        "forwarding, rp_filter: this host is its visitors' tunnel end, and lets their packets pass"),
                findings.all().get(0));
    }

    @Test
    void isATunnelEndThatDoesNotForward() throws Exception {
        status = "{\"settings\": [\"forwarding is off: switch it on\"]}";
        examine(null);
        assertEquals(
                new Finding(Level.FAIL, "forwarding, rp_filter: forwarding is off: switch it on"),
                findings.all().get(0));
    }

    @Test
    void tellsOfARunningGuestThatTheHookDoesNotKnowToRun() throws Exception {
        runs("gone");
        assertEquals(
                List.of(new Finding(
                        Level.FAIL,
                        "hook: g1 runs, but the hook here has it as 'gone', so its binding is not renewed:"
                                + " 'guest-hook event g1 running' tells it")),
                findings.all());
    }

    @Test
    void hasNothingToSayWhereTheHookKnowsThatTheGuestRuns() throws Exception {
        runs("running");
        assertEquals(List.of(), findings.all());
    }

    private void runs(String phase) throws Exception {
        JsonNode guest = parse("{\"guest\": {\"phase\": \"" + phase + "\"}}");
        Routes routes = new Routes().get("/guests/{name}", request -> guest);
        Path socket = directory.resolve("hook.sock");
        try (ControlServer server = ControlServer.open(socket, Runnable::run, routes, new Metrics("guest-hook"))) {
            new HookExamination(socket).runs("g1", findings);
            assertEquals(true, Files.exists(socket), server::toString);
        }
    }

    @Test
    void doesNotRun() {
        new HookExamination(directory.resolve("none.sock")).examine("g1", findings);
        assertEquals(
                List.of(new Finding(
                        Level.FAIL,
                        "hook: is guest-hook running? There is no socket at " + directory.resolve("none.sock")
                                + ": start it, or name its socket")),
                findings.all());
    }

    /** @param check what the hook finds, or null if it doesn't know the guest */
    private HookExamination examine(@Nullable String check) throws Exception {
        JsonNode said = Json.MAPPER.readTree(status);
        Routes routes = new Routes().get("/status", request -> said).post("/guests/{name}/check", request -> {
            if (check == null) {
                throw Refusal.notFound("there is no guest " + request.parameter("name"));
            }
            return parse(check);
        });
        Path socket = directory.resolve("hook.sock");
        try (ControlServer server = ControlServer.open(socket, Runnable::run, routes, new Metrics("guest-hook"))) {
            HookExamination hook = new HookExamination(socket);
            hook.examine("g1", findings);
            assertEquals(true, Files.exists(socket), server::toString);
            return hook;
        }
    }

    private static JsonNode parse(String json) {
        try {
            return Json.MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            throw new AssertionError(json, e);
        }
    }
}
