package org.mooring.lab.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import org.jspecify.annotations.Nullable;

/**
 * One move of a simulated guest. Times are in milliseconds.
 *
 * @param number from 1; 0 is the first one after the daemons' start
 * @param prepared what the destination's hook said: staged, nothing or plain; {@code why} if it is plain
 * @param registeredVia "two-phase" if the home agent accepted a COMMIT; else "plain"
 * @param pauseMs from STOP to RESUME
 * @param sent packets that the correspondent sent to the guest from before the migration began until after it had ended
 * @param lost those of them that the guest never had, but for {@code lostOnTheLine}: those that were lost from one site to another
 * @param duplicated those that it had more than once
 * @param reordered those that it had after a later one (RFC 4737 §3)
 * @param unread those that lay in the source's tap when it was removed
 * @param rescued those that the source's hook sent after the guest, and {@code notRescued} those that it should have sent, and couldn't; of whatever flow
 * @param held those that had to wait for older ones where the guest went, of whatever flow
 * @param oldPath why packets of the path by the old site waited no longer there, or "none" if there were none; {@code newPath} likewise
 * @param echoesLost those that the guest sent back (1,000 a second at most), and that never came back
 * @param denied replies of the home agent before RESUME that accept nothing, such as 133
 * @param deniedSinceStop such replies to what came to the home agent from STOP on, until what was sent at RESUME had been accepted
 * @param affected packets that could be with the guest between STOP and 100 ms after RESUME
 * @param added of the affected ones, from RESUME, or the earliest time that the open ways allowed, until its tap was given them
 * @param stopToCommitMs from STOP until COMMIT left the source's host; null if none did
 * @param stopToFlipMs from STOP until what changes the binding had come to the home agent
 * @param stopToFirstPacketMs from STOP until the first packet was given to the destination's tap; null if none was
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Handover(
        int number,
        String from,
        String to,
        String prepared,
        String why,
        String registeredVia,
        double pauseMs,
        int sent,
        int lost,
        int lostOnTheLine,
        int duplicated,
        int reordered,
        int unread,
        int rescued,
        int notRescued,
        int held,
        String oldPath,
        String newPath,
        int echoesLost,
        int denied,
        int deniedSinceStop,
        int affected,
        Delays added,
        @Nullable Double stopToCommitMs,
        double stopToFlipMs,
        @Nullable Double stopToFirstPacketMs) {

    /** Whether the agents had been prepared, and took the COMMIT. */
    public boolean isTwoPhase() {
        return registeredVia.equals("two-phase");
    }

    /** Whether packets waited no longer though older ones were still to come: the machine was too slow. */
    public boolean isOutOfTime() {
        return oldPath.equals("deadline") || newPath.equals("deadline");
    }
}
