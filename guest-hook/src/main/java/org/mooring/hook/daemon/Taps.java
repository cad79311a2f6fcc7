package org.mooring.hook.daemon;

import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** The names of the guests' taps. Confined to the agent loop. */
final class Taps {
    private final UnaryOperator<String> recorded;
    private final Map<String, String> told = new HashMap<>();

    /** @param recorded the tap that a guest's record tells of */
    Taps(UnaryOperator<String> recorded) {
        this.recorded = recorded;
    }

    /** Takes somebody's word for it. */
    void name(String guest, String tap) {
        told.put(guest, tap);
    }

    /** What was told, or else what the guest's record says. */
    String of(String guest) {
        String name = told.get(guest);
        return name != null ? name : recorded.apply(guest);
    }
}
