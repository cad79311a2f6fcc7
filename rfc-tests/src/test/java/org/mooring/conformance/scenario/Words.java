package org.mooring.conformance.scenario;

import java.lang.reflect.RecordComponent;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Guest;

/** Values of the cores as a reader of a scenario wants them: what is empty or false goes without saying. */
final class Words {
    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneOffset.UTC);

    private Words() {}

    static String of(@Nullable Object value) {
        if (value instanceof Guest guest) {
            return guest.name();
        }
        if (value instanceof Instant instant) {
            return time(instant);
        }
        if (value instanceof Optional<?> optional) {
            return optional.map(Words::of).orElse("");
        }
        if (value instanceof Collection<?> all) {
            // A set's order is another one in each run.
            var words = value instanceof Set<?>
                    ? all.stream().map(Words::of).sorted()
                    : all.stream().map(Words::of);
            return all.isEmpty() ? "" : words.collect(Collectors.joining(", ", "[", "]"));
        }
        if (value instanceof Map<?, ?> map) {
            return map.isEmpty() ? "" : new TreeMap<>(map).toString();
        }
        if (value instanceof Record record && record.toString().startsWith(simpleName(record) + "[")) {
            return simpleName(record) + components(record);
        }
        return Objects.equals(value, false) ? "" : String.valueOf(value);
    }

    static String time(Instant instant) {
        return instant.equals(Instant.MAX) ? "never" : CLOCK.format(instant);
    }

    private static String components(Record record) {
        var said = new StringBuilder();
        for (var component : record.getClass().getRecordComponents()) {
            var words = of(value(record, component));
            if (!words.isEmpty()) {
                said.append(said.isEmpty() ? "(" : " ")
                        .append(component.getName())
                        .append('=')
                        .append(words);
            }
        }
        return said.isEmpty() ? "" : said.append(')').toString();
    }

    private static @Nullable Object value(Record record, RecordComponent component) {
        try {
            var accessor = component.getAccessor();
            accessor.setAccessible(true);
            return accessor.invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("a record's accessor can be called", e);
        }
    }

    private static String simpleName(Object value) {
        return value.getClass().getSimpleName();
    }
}
