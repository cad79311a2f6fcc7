package org.mooring.protocol.revocation;

import java.time.Instant;

/** Timestamps and identifiers of revocations (RFC 3543 §3.2, §3.3): the seconds of one agent's clock, in 32 bits. */
public final class RevocationClock {
    private RevocationClock() {}

    public static int at(Instant now) {
        return (int) now.getEpochSecond();
    }

    /** The time at {@code now}, but none before {@code last}, which was told already: the clock may have been set back. */
    public static int atOrAfter(Instant now, int last) {
        int time = at(now);
        return isAfter(last, time) ? last : time;
    }

    /** Whether {@code time} is later than {@code other}, also when the 32 bits began anew in between. */
    public static boolean isAfter(int time, int other) {
        return time - other > 0;
    }
}
