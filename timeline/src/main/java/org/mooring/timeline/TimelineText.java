package org.mooring.timeline;

import java.util.ArrayList;
import java.util.List;

/** A timeline as lines for a terminal. */
public final class TimelineText {
    private static final String HEADING = "MS";

    private TimelineText() {}

    public static List<String> lines(Timeline timeline) {
        List<String> lines = new ArrayList<>();
        lines.add(timeline.title());
        timeline.notes().forEach(note -> lines.add("  " + note));
        int time = Math.max(
                HEADING.length(),
                timeline.moments().stream()
                        .mapToInt(moment -> moment.time().length())
                        .max()
                        .orElse(0));
        int place = timeline.places().stream().mapToInt(String::length).max().orElse(0);
        lines.add("  " + " ".repeat(time - HEADING.length()) + HEADING + " from " + timeline.origin());
        for (Timeline.Moment moment : timeline.moments()) {
            lines.add((timeline.isInPause(moment) ? "| " : "  ")
                    + " ".repeat(time - moment.time().length())
                    + moment.time()
                    + "  "
                    + moment.place()
                    + " ".repeat(place - moment.place().length())
                    + "  "
                    + moment.what());
        }
        return lines;
    }
}
