package org.mooring.timeline;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What happened when and where, in milliseconds from one moment, which is STOP where there was one.
 *
 * @param title of one line
 * @param notes what else there is to say, a line each
 * @param origin what time 0 is
 * @param resumeMs when the guest ran again, or null where that isn't known; it was paused from 0 until then
 * @param places in the order in which they are drawn; only those where something happened
 * @param moments from the earliest to the latest
 */
public record Timeline(
        String title,
        List<String> notes,
        String origin,
        @Nullable Double resumeMs,
        List<String> places,
        List<Moment> moments) {

    /**
     * Something that happened.
     *
     * @param place one of {@link #places()}
     * @param giveOrTakeMs how wrong the time may be at most
     */
    public record Moment(double tMs, String place, String what, double giveOrTakeMs) {
        /** The time as people read it: with a sign, to a tenth, and with a tilde where it is only about so. */
        String time() {
            return (giveOrTakeMs > 0 ? "~" : "") + String.format(Locale.ROOT, "%+.1f", tMs);
        }

        boolean isWithin(double from, double to) {
            return tMs >= from && tMs <= to;
        }
    }

    public Timeline {
        List<Moment> sorted = new ArrayList<>(moments);
        sorted.sort(Comparator.comparingDouble(Moment::tMs));
        moments = List.copyOf(sorted);
        notes = List.copyOf(notes);
        places = places.stream()
                .filter(place ->
                        sorted.stream().anyMatch(moment -> moment.place().equals(place)))
                .toList();
    }

    /** Whether the guest was paused at that moment. */
    boolean isInPause(Moment moment) {
        return resumeMs != null && moment.isWithin(0, resumeMs);
    }
}
