package org.mooring.timeline;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One handover as far as one host saw it. All times are by the clock of that host.
 *
 * @param handover its id (docs/handover.md), or null where none was heard of: plain, or within a site
 * @param arriving the guest came to this host; else it left
 * @param bound when the home agent is taken to have sent the guest's packets to where it goes, or null where that isn't known
 * @param counts packets, by the name of what became of them, such as {@code rescued}, {@code lost}, {@code redirected} or {@code held}; what this host doesn't know is absent
 */
public record HandoverRecord(
        String guest,
        @Nullable String handover,
        boolean arriving,
        Instant began,
        @Nullable Instant bound,
        Map<String, Long> counts,
        List<Step> steps) {
    public static final String RESCUED = "rescued";
    public static final String LOST = "lost";
    public static final String HELD = "held";
    public static final String REDIRECTED = "redirected";

    /**
     * One step.
     *
     * @param who qemu, hook, agent (the one that serves the guest here), home-agent or kvm-migrator
     * @param giveOrTakeMs how wrong the time may be at most, in milliseconds; 0 where it was read from a clock
     */
    public record Step(Instant at, String who, String what, double giveOrTakeMs) {}

    public HandoverRecord {
        counts = Collections.unmodifiableMap(new LinkedHashMap<>(counts));
        steps = List.copyOf(steps);
    }

    /** The first time that {@code who} did it. */
    public @Nullable Instant first(String who, String what) {
        for (Step step : steps) {
            if (step.who().equals(who) && step.what().equals(what)) {
                return step.at();
            }
        }
        return null;
    }
}
