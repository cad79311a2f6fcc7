package org.mooring.lab;

/**
 * How long a packet of the correspondent's is on its way at least, where the internet takes {@code oneWay} between any two sites and
 * nothing else takes any time: through the home agent's site, and from there to where the guest is. All times are nanoseconds.
 */
record Paths(Site home, long oneWay) {

    /**
     * A move, as far as it says which way packets can take.
     *
     * @param flip when the request that changes the binding came to the home agent
     */
    record Change(Site from, Site to, long stop, long flip, long resume) {}

    /** When a packet that was sent at this time is at the guest that stays at {@code site}. */
    long arrival(long sent, Site site) {
        return sent + between(home, site);
    }

    /**
     * When a packet that was sent at this time is at the guest, or would be if it weren't paused, at the earliest: it goes to the new
     * site if it passes the home agent after the flip, and by way of the old one if it comes there after STOP.
     */
    long arrival(long sent, Change change) {
        if (sent >= change.flip()) {
            return arrival(sent, change.to());
        }
        long old = arrival(sent, change.from());
        return old < change.stop() ? old : old + between(change.from(), change.to());
    }

    private long between(Site one, Site other) {
        return one == other ? 0 : oneWay;
    }
}
