package org.mooring.protocol.wire;

import java.time.Instant;

/**
 * The 64 bits that match requests with replies and protect against replay (RFC 3344 §3.3, §5.7). As a timestamp:
 * seconds since 1900 in the high half, the fraction of a second in the low half (the NTP format).
 *
 * <p>The seconds wrap on 2036-02-07, so timestamps are compared modulo 2^64: of two, the later one is less than 68
 * years ahead.
 *
 * @param bits both halves
 */
public record Identification(long bits) {
    private static final long NTP_UNIX_OFFSET = 2_208_988_800L;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** Two to the twelfth fractions of a second are just under a microsecond: below that, most clocks say nothing. */
    private static final long BITS_BELOW_THE_CLOCK = 0xfff;

    public static Identification of(int high, int low) {
        return new Identification(((long) high << 32) | (low & 0xffff_ffffL));
    }

    /** The timestamp of {@code instant}, exact to the nanosecond. */
    public static Identification of(Instant instant) {
        long fraction = ((long) instant.getNano() << 32) / NANOS_PER_SECOND;
        return of((int) (instant.getEpochSecond() + NTP_UNIX_OFFSET), (int) fraction);
    }

    /**
     * The timestamp of {@code instant} to the microsecond; the bits below that are taken from {@code random}
     * (RFC 3344 §5.7.1: what the clock does not supply should be random).
     */
    public static Identification of(Instant instant, int random) {
        return new Identification((of(instant).bits & ~BITS_BELOW_THE_CLOCK) | (random & BITS_BELOW_THE_CLOCK));
    }

    public int high() {
        return (int) (bits >>> 32);
    }

    public int low() {
        return (int) bits;
    }

    public Identification withHigh(int high) {
        return of(high, low());
    }

    /** The least timestamp that is later than this one. */
    public Identification next() {
        return new Identification(bits + 1);
    }

    public boolean isAfter(Identification other) {
        return bits - other.bits > 0;
    }

    /** The instant that this timestamp means, in whichever era is nearest to {@code near}. */
    public Instant toInstant(Instant near) {
        int seconds = high() - (int) (near.getEpochSecond() + NTP_UNIX_OFFSET);
        long nanos = ((low() & 0xffff_ffffL) * NANOS_PER_SECOND) >>> 32;
        return Instant.ofEpochSecond(near.getEpochSecond() + seconds, nanos);
    }

    @Override
    public String toString() {
        return "%08x.%08x".formatted(high(), low());
    }
}
