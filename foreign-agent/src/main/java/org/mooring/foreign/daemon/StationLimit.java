package org.mooring.foreign.daemon;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.mooring.linux.MacAddress;

/**
 * What is read of a link's stations: in a second as much of each as of a host to which a thousand guests come at once, so that its flood does not
 * keep those of others from being read, and of all strangers together no more than the agent can relay.
 *
 * <p>A flood from ever new MAC addresses looks like many mobile nodes that come for the first time. What tells these is that they ask again (RFC 3344
 * §3.6.3): while there are too many strangers, one is read that has asked in one of the seconds before, and asks no more often than a mobile node
 * does. Who has been served is no stranger. Strangers are remembered by bits of a table of one size, so that no number of them fills the memory.
 *
 * <p>Confined to the link's thread, but for {@link #served}.
 */
final class StationLimit {
    static final int MOST = 2000;
    static final int MOST_OF_STRANGERS = 4000;

    /** A hook's request, the same again after 200 and 500 ms, and one to spare. */
    static final int MOST_OF_A_STRANGER = 4;

    static final int MOST_SERVED = 4096;

    /** A mobile node asks again after one second and after two more. */
    private static final int SECONDS = 4;

    private static final int COUNTERS = 1 << 18;

    /** Of a hundred thousand strangers a second, less than one in a hundred then seems to have asked before. */
    private static final int BITS = 1 << 22;

    private final Set<Long> served = Collections.synchronizedSet(Collections.newSetFromMap(new Recent()));
    private final char[] counts = new char[COUNTERS];
    private final long[][] asked = new long[SECONDS][BITS / Long.SIZE];
    private final long secret;
    private long second;
    private int strangers;
    private int strangersBefore;
    private int admitted;

    /** @param secret by which nobody can choose a MAC address that is taken for a certain other one */
    StationLimit(long secret) {
        this.secret = secret;
    }

    /** A mobile node has been registered, or announced, that is, or is sent by, this station. May be called on any thread. */
    void served(MacAddress station) {
        served.add(station.bits());
    }

    /**
     * Whether what came from a station is to be read.
     *
     * @param station its {@link MacAddress#bits}
     * @param now in seconds, from whenever
     */
    boolean permits(long station, long now) {
        if (now != second) {
            begin(now);
        }
        long hash = hash(station);
        int counter = (int) (hash >>> 40) & (COUNTERS - 1);
        if (counts[counter] == MOST) {
            return false;
        }
        int count = ++counts[counter];
        if (served.contains(station)) {
            return true;
        }
        boolean again = hasAskedBefore(hash);
        remember(hash);
        strangers++;
        if (strangers <= MOST_OF_STRANGERS && strangersBefore <= MOST_OF_STRANGERS) {
            return true;
        }
        return again && count <= MOST_OF_A_STRANGER && ++admitted <= MOST_OF_STRANGERS;
    }

    private void begin(long now) {
        boolean next = now == second + 1;
        for (long each = Math.max(second + 1, now - SECONDS + 1); each <= now; each++) {
            Arrays.fill(asked[slot(each)], 0);
        }
        Arrays.fill(counts, (char) 0);
        strangersBefore = next ? strangers : 0;
        strangers = 0;
        admitted = 0;
        second = now;
    }

    private boolean hasAskedBefore(long hash) {
        for (long each = second - SECONDS + 1; each < second; each++) {
            var bits = asked[slot(each)];
            if (isSet(bits, first(hash)) && isSet(bits, second(hash))) {
                return true;
            }
        }
        return false;
    }

    private void remember(long hash) {
        set(asked[slot(second)], first(hash));
        set(asked[slot(second)], second(hash));
    }

    private static int slot(long second) {
        return Math.floorMod(second, SECONDS);
    }

    private static int first(long hash) {
        return (int) hash & (BITS - 1);
    }

    private static int second(long hash) {
        return (int) (hash >>> 32) & (BITS - 1);
    }

    private static boolean isSet(long[] bits, int bit) {
        return (bits[bit / Long.SIZE] & (1L << bit)) != 0;
    }

    private static void set(long[] bits, int bit) {
        bits[bit / Long.SIZE] |= 1L << bit;
    }

    private long hash(long station) {
        long hash = (station ^ secret) * 0x9e37_79b9_7f4a_7c15L;
        hash = (hash ^ (hash >>> 32)) * 0xd6e8_feb8_6659_fd93L;
        return hash ^ (hash >>> 32);
    }

    /** Those that were served or heard of last. */
    private static final class Recent extends LinkedHashMap<Long, Boolean> {
        private static final long serialVersionUID = 1;

        Recent() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Boolean> eldest) {
            return size() > MOST_SERVED;
        }
    }
}
