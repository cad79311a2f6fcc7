package org.mooring.lab;

import java.util.Arrays;

/** The times at which something of a flow or session arrived, in order. Any thread may add or ask. */
final class Arrivals {
    private long[] times = new long[1 << 12];
    private int count;

    synchronized void add(long time) {
        if (count == times.length) {
            times = Arrays.copyOf(times, 2 * count);
        }
        times[count++] = time;
    }

    synchronized int count() {
        return count;
    }

    /** How many came from {@code from} on. */
    synchronized int since(long from) {
        return count - firstAfter(from - 1);
    }

    /** The first arrival after {@code time}, or -1. */
    synchronized long firstAfterOrNone(long time) {
        int index = firstAfter(time);
        return index < count ? times[index] : -1;
    }

    /**
     * The longest time without an arrival that touches [from, to], in nanoseconds. A silence that began before {@code from}
     * counts from its beginning; one that lasts beyond {@code to} counts up to there.
     */
    synchronized long longestSilence(long from, long to) {
        int next = firstAfter(from);
        long last = next > 0 ? times[next - 1] : from;
        long longest = 0;
        while (next < count && last < to) {
            longest = Math.max(longest, times[next] - last);
            last = times[next++];
        }
        return last < to ? Math.max(longest, to - last) : longest;
    }

    private int firstAfter(long time) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (times[middle] <= time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
