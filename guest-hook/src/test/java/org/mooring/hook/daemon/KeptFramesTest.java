package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.linux.TransmitCounters;
import org.mooring.linux.packet.ReceivedFrame;

@DisplayName("Which of the frames that went to a tap nobody has read")
class KeptFramesTest {
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
    private static final Instant STOP = START.plusSeconds(60);

    private final KeptFrames kept = new KeptFrames(100, 1 << 20);
    private int sent;

    @Test
    void thoseThatCameAfterAsManyAsWereRead() {
        compare(read(1000));
        come(10);
        assertUnread(3, kept.unread(read(1007), STOP));
    }

    @Test
    void noneIfAllWereRead() {
        compare(read(1000));
        come(10);
        assertUnread(0, kept.unread(read(1010), STOP));
    }

    @Test
    void whatWaitedBeforeAnybodyLookedIsReadFirst() {
        compare(read(1000)); // five more waited then
        come(10);
        compare(read(1012));
        come(10);
        compare(read(1025)); // all
        come(4);
        assertUnread(3, kept.unread(read(1026), STOP));
    }

    @Test
    void whatComesBetweenTheCountAndTheLookIsNotCounted() {
        come(10);
        Instant counted = START.plusMillis(sent);
        comesAt(counted.plusNanos(1));
        comesAt(counted.plusNanos(2));
        kept.compare(read(1010), counted);
        come(5);
        assertUnread(4, kept.unread(read(1013), STOP));
    }

    @Test
    @DisplayName("a queue that was never seen empty: rather too few than any twice")
    void tooFewRatherThanTooMany() {
        compare(read(1000)); // five more waited, and two of them always do
        come(10);
        compare(read(1013));
        come(4);
        assertUnread(4, kept.unread(read(1013), STOP));
    }

    @Test
    void framesForWhichTheQueueWasFullAreNotWaitedFor() {
        compare(read(1000));
        come(50);
        compare(new TransmitCounters(1030, 20));
        come(5);
        assertUnread(2, kept.unread(new TransmitCounters(1033, 20), STOP));
    }

    @Test
    @DisplayName("QEMU takes one more frame from the tap after its STOP, and drops it")
    void whatCameAfterTheStopWasNotRead() {
        compare(read(1000));
        come(5);
        comesAt(STOP);
        comesAt(STOP.plusMillis(1));
        assertUnread(2, kept.unread(read(1007), STOP));
    }

    @Test
    void withoutACountOnlyTheTimeTells() {
        come(5);
        comesAt(STOP.plusMillis(1));
        assertUnread(1, kept.unread(read(1000), STOP));
    }

    @Test
    void onlyTheLastAreKept() {
        compare(read(1000));
        come(130);
        KeptFrames.Unread unread = kept.unread(read(1010), STOP);
        assertEquals(100, unread.frames().size());
        assertEquals(20, unread.notKept());

        KeptFrames small = new KeptFrames(100, 40);
        small.compare(read(0), START);
        IntStream.range(0, 15).forEach(number -> small.add(frame(number, START)));
        assertEquals(10, small.unread(read(0), STOP).frames().size());
        assertEquals(5, small.unread(read(0), STOP).notKept());
    }

    /** Nothing has come since. */
    private void compare(TransmitCounters counters) {
        kept.compare(counters, START.plusMillis(sent));
    }

    private void come(int number) {
        for (int i = 0; i < number; i++) {
            comesAt(START.plusMillis(sent));
        }
    }

    private void comesAt(Instant at) {
        kept.add(frame(sent++, at));
    }

    /** These, and the last of all. */
    private void assertUnread(int number, KeptFrames.Unread unread) {
        List<Integer> last = IntStream.range(sent - number, sent).boxed().toList();
        assertEquals(
                last,
                unread.frames().stream().map(frame -> frame.octets().getInt()).toList());
        assertEquals(0, unread.notKept());
    }

    private static TransmitCounters read(long packets) {
        return new TransmitCounters(packets, 0);
    }

    private static ReceivedFrame frame(int number, Instant at) {
        return new ReceivedFrame(
                1,
                ReceivedFrame.Type.OUTGOING,
                at,
                true,
                ByteBuffer.allocate(Integer.BYTES).putInt(number).flip());
    }
}
