package org.mooring.migrator.host;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Shows progress: a bar that redraws itself on a terminal; elsewhere a line for each pass over the guest's memory. */
final class ProgressDisplay implements MigrationDisplay {
    private final PrintStream out;
    private final boolean terminal;
    private boolean barShown;
    private long lastPass;

    ProgressDisplay(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** The JDK knows only whether input and output are both one. */
    static boolean standardErrorIsTerminal() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString().matches("/dev/(pts/|tty|console).*");
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void show(Progress progress) {
        if (terminal) {
            // Back to the line's start, and clear to its end.
            out.print("\r" + progress.bar() + "\u001b[K");
            out.flush();
            barShown = true;
        } else if (progress.pass() != lastPass) {
            lastPass = progress.pass();
            out.println(progress.bar());
        }
    }

    @Override
    public void say(String line) {
        end();
        out.println(line);
    }

    /** Leaves the bar as it stands. */
    @Override
    public void end() {
        if (barShown) {
            out.println();
            barShown = false;
        }
    }
}
