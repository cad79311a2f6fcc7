package org.mooring.runtime.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.Locale;
import java.util.Set;
import org.slf4j.LoggerFactory;

/** The level of the program's log. */
public final class Logging {
    private static final Set<String> LEVELS = Set.of("error", "warn", "info", "debug", "trace");

    private Logging() {}

    /** Logs {@code level} and what is graver. Returns false if there is no such level. */
    public static boolean setLevel(String level) {
        if (!LEVELS.contains(level)) {
            return false;
        }
        ((Logger) LoggerFactory.getLogger("org.mooring")).setLevel(Level.toLevel(level.toUpperCase(Locale.ROOT)));
        return true;
    }
}
