package org.mooring.migrator.host;

import java.util.ArrayList;
import java.util.List;
import org.mooring.migrator.host.Finding.Level;

/** Collects findings. */
final class Findings {
    private final List<Finding> all = new ArrayList<>();

    void ok(String text) {
        all.add(new Finding(Level.OK, text));
    }

    /** What was not looked at, and where to look. */
    void note(String text) {
        all.add(new Finding(Level.NOTE, text));
    }

    void warn(String text, String advice) {
        all.add(new Finding(Level.WARN, text + ": " + advice));
    }

    void fail(String text, String advice) {
        all.add(new Finding(Level.FAIL, text + ": " + advice));
    }

    /** With what to do in {@code text} already. */
    void fail(String text) {
        all.add(new Finding(Level.FAIL, text));
    }

    List<Finding> all() {
        return List.copyOf(all);
    }
}
