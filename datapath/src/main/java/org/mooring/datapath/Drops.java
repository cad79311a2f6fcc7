package org.mooring.datapath;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/** How many packets were dropped, by reason. Safe for use by several threads. */
final class Drops {
    private final Map<Drop, AtomicLong> counts = new EnumMap<>(Drop.class);

    Drops() {
        for (Drop reason : Drop.values()) {
            counts.put(reason, new AtomicLong());
        }
    }

    void count(Drop reason) {
        Objects.requireNonNull(counts.get(reason)).getAndIncrement();
    }

    /** @param binding whose packet it was */
    void count(Drop reason, Binding binding) {
        binding.countDropped(reason);
        count(reason);
    }

    Map<Drop, Long> counts() {
        Map<Drop, Long> all = new EnumMap<>(Drop.class);
        counts.forEach((reason, count) -> all.put(reason, count.get()));
        return all;
    }
}
