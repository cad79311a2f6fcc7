package org.mooring.runtime.logging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

@DisplayName("A line of the log")
class LineLayoutTest {
    private final LoggerContext context = new LoggerContext();

    private String line(
            Map<String, String> environment,
            Level level,
            @Nullable Throwable thrown,
            String message,
            Object... values) {
        LineLayout layout = LineLayout.forEnvironment(environment);
        layout.setContext(context);
        layout.start();
        LoggingEvent event =
                new LoggingEvent("", context.getLogger("org.mooring.test"), level, message, thrown, values);
        event.setInstant(Instant.parse("2026-01-01T00:00:00.123456Z"));
        return layout.doLayout(event);
    }

    @Test
    void hasTimeLevelAndFact() {
        assertEquals(
                "2026-01-01T00:00:00.123Z INFO  registration accepted home=10.1.0.50 lifetime=300\n",
                line(Map.of(), Level.INFO, null, "registration accepted home={} lifetime={}", "10.1.0.50", 300));
    }

    @Test
    void leavesTheTimeToTheJournalAndTellsItTheLevel() {
        Map<String, String> journal = Map.of("JOURNAL_STREAM", "8:12345");
        assertEquals("<3>store not written\n", line(journal, Level.ERROR, null, "store not written"));
        assertEquals("<4>x\n", line(journal, Level.WARN, null, "x"));
        assertEquals("<6>x\n", line(journal, Level.INFO, null, "x"));
        assertEquals("<7>x\n", line(journal, Level.DEBUG, null, "x"));
        assertEquals("<7>x\n", line(journal, Level.TRACE, null, "x"));
    }

    @Test
    void isOneLineWhateverAPeerSent() {
        assertEquals(
                "2026-01-01T00:00:00.123Z WARN  discarded nai=a\\x0a2026 INFO forged\\x1b[31m\n",
                line(Map.of(), Level.WARN, null, "discarded nai={}", "a\n2026 INFO forged\u001b[31m"));
    }

    @Test
    void isFollowedByTheStackTraceOfABug() {
        List<String> lines = line(
                        Map.of("JOURNAL_STREAM", "8:1"),
                        Level.ERROR,
                        new IllegalStateException("a bug"),
                        "ended by a bug while {}",
                        "handling x")
                .lines()
                .toList();
        assertEquals("<3>ended by a bug while handling x", lines.get(0));
        assertEquals("<3>java.lang.IllegalStateException: a bug", lines.get(1));
        assertTrue(lines.get(2).startsWith("<3>\tat " + LineLayoutTest.class.getName()), lines.get(2));
    }

    @Test
    void isWrittenFromItsLevelOn() {
        Logger project = (Logger) LoggerFactory.getLogger("org.mooring");
        Level before = project.getLevel();
        try {
            assertTrue(Logging.setLevel("debug"));
            assertTrue(LoggerFactory.getLogger("org.mooring.home").isDebugEnabled());
            assertFalse(LoggerFactory.getLogger("io.netty").isInfoEnabled());
            assertFalse(Logging.setLevel("loud"));
            assertEquals(Level.DEBUG, project.getLevel());
        } finally {
            project.setLevel(before);
        }
    }
}
