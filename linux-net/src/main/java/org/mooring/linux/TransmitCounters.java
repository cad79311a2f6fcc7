package org.mooring.linux;

/**
 * What has left by a device. A frame leaves a TAP device when the program that holds it reads it.
 *
 * @param packets that have left
 * @param dropped that should have left, and didn't: those for whom a TAP device's queue was full
 */
public record TransmitCounters(long packets, long dropped) {
    /** How many frames are no longer to leave. */
    public long done() {
        return packets + dropped;
    }
}
