package org.mooring.runtime.loop;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;

/** Timers by key. Reads no clock; confined to the agent loop. */
final class Timers<E> {
    private record Timer<E>(Instant at, long serial, Object key, Function<Instant, E> event) {}

    private final Map<Object, Timer<E>> byKey = new HashMap<>();
    private final TreeSet<Timer<E>> byTime =
            new TreeSet<>(Comparator.<Timer<E>, Instant>comparing(Timer::at).thenComparingLong(Timer::serial));
    private long armed;

    /** Arms a timer; one with the same key is replaced. */
    void arm(Object key, Instant at, Function<Instant, E> event) {
        disarm(key);
        Timer<E> timer = new Timer<>(at, armed++, key, event);
        byKey.put(key, timer);
        byTime.add(timer);
    }

    void disarm(Object key) {
        Timer<E> timer = byKey.remove(key);
        if (timer != null) {
            byTime.remove(timer);
        }
    }

    /** When the earliest timer fires. */
    Optional<Instant> next() {
        return byTime.isEmpty() ? Optional.empty() : Optional.of(byTime.first().at());
    }

    /** Takes out the timers whose time has come, in the order of their times; those armed first come first. */
    List<E> due(Instant now) {
        List<E> events = new ArrayList<>();
        while (!byTime.isEmpty() && !byTime.first().at().isAfter(now)) {
            Timer<E> timer = byTime.first();
            disarm(timer.key());
            events.add(timer.event().apply(now));
        }
        return events;
    }
}
