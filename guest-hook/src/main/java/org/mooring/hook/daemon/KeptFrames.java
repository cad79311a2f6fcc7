package org.mooring.hook.daemon;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.mooring.linux.TransmitCounters;
import org.mooring.linux.packet.ReceivedFrame;

/**
 * The last frames that went to a tap, and which of them nobody has read.
 *
 * <p>The tap's counters say how many frames it is done with, read or dropped, since it was made; here are counted those that
 * went to it since somebody looked. The one number minus the other is how many wait in the tap, but for a constant: what
 * waited or had left before. Whenever nothing waits, the difference is that constant, and it is never less; so it is the
 * least that was seen. Where the queue was never seen empty, too few frames are taken for unread, never too many.
 *
 * <p>Confined to one thread.
 */
final class KeptFrames {
    private final int mostFrames;
    private final int mostOctets;
    private final Deque<ReceivedFrame> frames = new ArrayDeque<>();
    private int octets;
    private long seen;
    private long least = Long.MAX_VALUE;

    /** Keeps no more than so many frames, of so many octets together: the last ones. */
    KeptFrames(int mostFrames, int mostOctets) {
        this.mostFrames = mostFrames;
        this.mostOctets = mostOctets;
    }

    /** What was found unread. */
    record Unread(List<ReceivedFrame> frames, int notKept) {}

    /** The next frame that went to the tap. */
    void add(ReceivedFrame frame) {
        seen++;
        frames.add(frame);
        octets += length(frame);
        while (frames.size() > mostFrames || octets > mostOctets) {
            octets -= length(frames.remove());
        }
    }

    /**
     * Compares.
     *
     * @param counters read before the latest frames were asked for: all frames that they count have been added
     * @param read when that was over; what has come since then, they can't count
     */
    void compare(TransmitCounters counters, Instant read) {
        long then = seen;
        Iterator<ReceivedFrame> latest = frames.descendingIterator();
        while (latest.hasNext() && latest.next().at().isAfter(read)) {
            then--;
        }
        least = Math.min(least, then - counters.done());
    }

    /**
     * The frames that nobody has read, in their order.
     *
     * @param last the tap's counters, when nobody read any more
     * @param stopped since when; what came later wasn't read in earnest, whatever the counters say
     */
    Unread unread(TransmitCounters last, Instant stopped) {
        long forgotten = seen - frames.size();
        long read = least == Long.MAX_VALUE ? seen : Math.min(last.done() + least, seen);
        List<ReceivedFrame> all = new ArrayList<>(frames);
        int first = (int) Math.max(read - forgotten, 0);
        while (first > 0 && !all.get(first - 1).at().isBefore(stopped)) {
            first--;
        }
        return new Unread(all.subList(first, all.size()), (int) Math.max(forgotten - Math.max(read, 0), 0));
    }

    private static int length(ReceivedFrame frame) {
        return frame.octets().remaining();
    }
}
