package org.mooring.home;

import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** How often the home agent did what, since it started (after the counters of RFC 2006). Confined to the agent loop. */
public final class Traffic {
    /** A count, and when it was last raised. */
    public record Tally(long count, Instant last) {
        Tally next(Instant at) {
            return new Tally(count + 1, at);
        }
    }

    private final Map<Integer, Tally> replies = new TreeMap<>();
    private final Map<Discard, Tally> discards = new EnumMap<>(Discard.class);
    private long datagrams;
    private long repeats;

    /** All that arrived. */
    public long datagrams() {
        return datagrams;
    }

    /** How often an answer was given again. */
    public long repeats() {
        return repeats;
    }

    /** First answers, by reply code. */
    public Map<Integer, Tally> replies() {
        return Map.copyOf(replies);
    }

    public Map<Discard, Tally> discards() {
        return Map.copyOf(discards);
    }

    void countDatagram() {
        datagrams++;
    }

    void countRepeat() {
        repeats++;
    }

    void countReply(int code, Instant at) {
        count(replies, code, at);
    }

    void countDiscard(Discard discard, Instant at) {
        count(discards, discard, at);
    }

    private static <K> void count(Map<K, Tally> tallies, K key, Instant at) {
        tallies.put(key, tallies.getOrDefault(key, new Tally(0, at)).next(at));
    }
}
