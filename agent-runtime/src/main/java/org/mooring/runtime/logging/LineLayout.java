package org.mooring.runtime.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.LayoutBase;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/**
 * {@code 2026-01-01T00:00:00.000Z INFO  registration accepted home=10.1.0.50 ...}, or {@code <6>registration accepted
 * ...} where the journal reads: it has a clock of its own, and takes the level from the prefix (sd-daemon(3)).
 */
final class LineLayout extends LayoutBase<ILoggingEvent> {
    private final boolean journal;
    private final ThrowableProxyConverter stackTrace = new ThrowableProxyConverter();

    private LineLayout(boolean journal) {
        this.journal = journal;
    }

    static LineLayout forEnvironment(Map<String, String> environment) {
        return new LineLayout(environment.containsKey("JOURNAL_STREAM"));
    }

    @Override
    public void start() {
        stackTrace.start();
        super.start();
    }

    @Override
    public String doLayout(ILoggingEvent event) {
        String head = journal
                ? "<" + priority(event.getLevel()) + ">"
                : "%s %-5s ".formatted(event.getInstant().truncatedTo(ChronoUnit.MILLIS), event.getLevel());
        StringBuilder text = new StringBuilder(head);
        printable(event.getFormattedMessage(), text);
        text.append('\n');
        stackTrace
                .convert(event)
                .lines()
                .forEach(line -> text.append(journal ? head : "").append(line).append('\n'));
        return text.toString();
    }

    /** The level as syslog(3) numbers it. */
    private static int priority(Level level) {
        return switch (level.toInt()) {
            case Level.ERROR_INT -> 3;
            case Level.WARN_INT -> 4;
            case Level.INFO_INT -> 6;
            default -> 7;
        };
    }

    /** What a peer sends may end up in a message: it must not be able to start a line of its own. */
    private static void printable(String message, StringBuilder to) {
        message.codePoints().forEach(c -> {
            if (Character.isISOControl(c)) {
                to.append("\\x%02x".formatted(c));
            } else {
                to.appendCodePoint(c);
            }
        });
    }
}
