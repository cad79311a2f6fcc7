package org.mooring.migrator.host;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mooring.migrator.Evacuation;

/**
 * Shows the progress of several migrations: on a terminal a line for each guest that is moving and one for all of them, which redraw
 * themselves; elsewhere a line for each pass over a guest's memory. May be used on any thread.
 */
final class EvacuationDisplay {
    /** Long lines are cut, not wrapped: else the cursor would not find back. */
    private static final String CUT = "\u001b[?7l";

    private static final String WRAP = "\u001b[?7h";

    private final PrintStream out;
    private final boolean terminal;
    private final int nameWidth;
    private final Map<String, Progress> moving = new LinkedHashMap<>();
    private Evacuation.Tally tally = new Evacuation.Tally(0, 0, 0, 0);
    private int drawn;

    /** @param nameWidth of the longest guest's name */
    EvacuationDisplay(PrintStream out, boolean terminal, int nameWidth) {
        this.out = out;
        this.terminal = terminal;
        this.nameWidth = nameWidth;
    }

    /** The part of one guest. */
    MigrationDisplay of(String guest) {
        return new Row(guest);
    }

    synchronized void total(Evacuation.Tally now) {
        tally = now;
        redraw(List.of());
    }

    synchronized void say(String line) {
        redraw(List.of(line));
    }

    /** Leaves nothing of what redraws itself. */
    synchronized void end() {
        moving.clear();
        erase();
        out.flush();
    }

    private void redraw(List<String> above) {
        erase();
        above.forEach(out::println);
        if (terminal) {
            List<String> lines = new ArrayList<>();
            moving.forEach((guest, progress) -> lines.add(row(guest, progress)));
            lines.add(total());
            out.print(CUT);
            lines.forEach(out::println);
            out.print(WRAP);
            drawn = lines.size();
        }
        out.flush();
    }

    private void erase() {
        if (drawn > 0) {
            // Up to the first of our lines, and clear to the screen's end.
            out.print("\u001b[" + drawn + "A\r\u001b[J");
            drawn = 0;
        }
    }

    private String row(String guest, Progress progress) {
        return String.format(Locale.ROOT, "%-" + nameWidth + "s  %s", guest, progress.bar());
    }

    private String total() {
        long rate = moving.values().stream().mapToLong(Progress::rate).sum();
        int all = tally.moved() + tally.failed() + tally.underWay() + tally.waiting();
        return String.format(
                Locale.ROOT,
                "%d of %d moved, %d failed, %d under way, %d waiting; %s MiB/s",
                tally.moved(),
                all,
                tally.failed(),
                tally.underWay(),
                tally.waiting(),
                Progress.mebibytes(rate));
    }

    private final class Row implements MigrationDisplay {
        private final String guest;

        Row(String guest) {
            this.guest = guest;
        }

        @Override
        public void show(Progress progress) {
            synchronized (EvacuationDisplay.this) {
                Progress before = moving.put(guest, progress);
                boolean nextPass = before == null || before.pass() != progress.pass();
                if (terminal) {
                    redraw(List.of());
                } else if (nextPass) {
                    redraw(List.of(row(guest, progress)));
                }
            }
        }

        @Override
        public void say(String line) {
            EvacuationDisplay.this.say(guest + ": " + line);
        }

        @Override
        public void end() {
            synchronized (EvacuationDisplay.this) {
                moving.remove(guest);
                redraw(List.of());
            }
        }
    }
}
