package org.mooring.migrator.host;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.mooring.runtime.Failure;
import org.mooring.runtime.control.ControlClient;

/** What the hook on this host says: whether it knows the guest, and whether the agents would take a registration of it. */
final class HookExamination {
    /** The hook gives a request that nobody answers several tries (RFC 3344 §3.6.3). */
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    /** Timestamps may differ by 7 seconds (RFC 3344 §5.7.1), so this is on the way to trouble. */
    private static final long SUSPICIOUS_SKEW_MILLIS = 2000;
    /** RFC 3344 §5.7.1: the default tolerance. */
    private static final long TOLERATED_SKEW_MILLIS = 7000;

    private static final String RUNNING = "running";

    private final ControlClient hook;
    private Optional<Boolean> visiting = Optional.empty();
    private Optional<String> careOfAddress = Optional.empty();
    private Optional<String> homeAgent = Optional.empty();

    HookExamination(Path socket) {
        this.hook = new ControlClient("guest-hook", socket, PATIENCE);
    }

    void examine(String guest, Findings findings) {
        try {
            JsonNode status = hook.get("/status");
            careOfAddress = text(status.path("care-of-address"));
            settings(status.path("settings"), findings);
            registration(hook.post("/guests/" + guest + "/check", JsonNodeFactory.instance.objectNode()), findings);
        } catch (Failure e) {
            findings.fail("hook: " + e.getMessage());
        }
    }

    /** Whether the hook knows that the guest runs here, as its QEMU says: else the guest's binding isn't renewed. */
    void runs(String guest, Findings findings) {
        try {
            String phase =
                    hook.get("/guests/" + guest).path("guest").path("phase").asText();
            if (!phase.equals(RUNNING)) {
                findings.fail(
                        "hook: " + guest + " runs, but the hook here has it as '" + phase
                                + "', so its binding is not renewed",
                        "'guest-hook event " + guest + " running' tells it");
            }
        } catch (Failure notThereOrNotConfigured) {
            // That is examine's finding.
        }
    }

    /** Empty where the hook didn't say. */
    Optional<Boolean> visiting() {
        return visiting;
    }

    Optional<String> careOfAddress() {
        return careOfAddress;
    }

    Optional<String> homeAgent() {
        return homeAgent;
    }

    private void registration(JsonNode check, Findings findings) {
        Optional<String> foreignAgent = text(check.path("foreign-agent"));
        homeAgent = text(check.path("home-agent"));
        visiting = Optional.of(foreignAgent.isPresent());
        String way = foreignAgent
                        .map(agent -> "through foreign agent " + agent + " ")
                        .orElse("") + "to home agent " + homeAgent.orElse("?");
        if (!check.path("ok").asBoolean()) {
            findings.fail(
                    "hook: a registration " + way + " would fail",
                    check.path("verdict").asText("the hook does not say why"));
            return;
        }
        findings.ok(String.format(
                Locale.ROOT,
                "hook: a registration %s is answered in %.1f ms, UDP port 434 passes, the keys agree",
                way,
                check.path("round-trip-ms").asDouble()));
        if (check.path("clock-skew-ms").isNumber()) {
            clock(check.path("clock-skew-ms").asLong(), findings);
        } else {
            findings.note("clock: the home agent doesn't tell its time, and finds no fault with the one here");
        }
    }

    /** Of the kernel here; elsewhere only what passes can be found out. */
    private static void settings(JsonNode wrong, Findings findings) {
        if (!wrong.isArray()) {
            findings.note(
                    "forwarding, rp_filter: guests' frames are bridged here; of the routers' settings their agents tell:"
                            + " 'home-agent show status', 'foreign-agent show status'");
        } else if (wrong.isEmpty()) {
            findings.ok("forwarding, rp_filter: this host is its visitors' tunnel end, and lets their packets pass");
        } else {
            wrong.forEach(setting -> findings.fail("forwarding, rp_filter: " + setting.asText()));
        }
    }

    private static void clock(long skewMillis, Findings findings) {
        String difference = "clock: " + Math.abs(skewMillis) + " ms "
                + (skewMillis < 0 ? "ahead of the home agent's" : "behind the home agent's");
        if (Math.abs(skewMillis) > TOLERATED_SKEW_MILLIS) {
            findings.fail(
                    difference,
                    "run NTP on this host and at the home agent: it refuses what is dated so, and each arrival has to ask twice");
        } else if (Math.abs(skewMillis) > SUSPICIOUS_SKEW_MILLIS) {
            findings.warn(difference, "run NTP on this host and at the home agent");
        } else {
            findings.ok(difference);
        }
    }

    private static Optional<String> text(JsonNode node) {
        return node.isTextual() ? Optional.of(node.textValue()) : Optional.empty();
    }
}
