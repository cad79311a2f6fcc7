package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HeldPacketsTest {
    private static final long QUIET = 1000;
    private static final Set<Path> BOTH = Set.of(Path.OLD, Path.NEW);

    private final HeldPackets guest = new HeldPackets();

    @Test
    void deliveredOnesGoFirstThenTheOldPathThenTheNew() {
        guest.hold(BOTH);
        enter(Path.NEW, 3);
        enter(Path.OLD, 2);
        assertNothingLeaves();
        guest.deliver(packet(1));
        assertLeaves(1);
        assertNothingLeaves();
        guest.open(Path.OLD);
        guest.open(Path.NEW);
        assertLeaves(2);
        assertEquals(Optional.empty(), guest.leave(false), "more of the old path may be on their way to here");
        assertLeaves(3);
        assertNothingLeaves();
    }

    @Test
    void eachPathOpensByItself() {
        guest.hold(BOTH);
        enter(Path.OLD, 1);
        enter(Path.NEW, 2);
        guest.open(Path.NEW);
        assertLeaves(2);
        assertNothingLeaves();
    }

    /** Only when all that entered have left. */
    @Test
    void aPacketPassesByBehindAllOthers() {
        guest.hold(BOTH);
        assertPasses(WaitsEntry.ALL_WAIT, WaitsEntry.ALL_WAIT);
        enter(Path.OLD, 1);
        settle(1, 0, 0);
        assertPasses(WaitsEntry.ALL_WAIT, WaitsEntry.ALL_WAIT);
        guest.open(Path.OLD);
        settle(1, 0, 0);
        assertPasses(WaitsEntry.ALL_WAIT, WaitsEntry.ALL_WAIT);
        assertLeaves(1);
        settle(1, 0, 0);
        assertPasses(1, WaitsEntry.ALL_WAIT);

        guest.open(Path.NEW);
        enter(Path.OLD, 2);
        settle(2, 0, 1);
        assertPasses(1, WaitsEntry.ALL_WAIT);
        assertLeaves(2);
        settle(2, 0, 2);
        assertPasses(2, 0);
    }

    @Test
    void isOverWhenItIsQuiet() {
        guest.hold(Set.of(Path.OLD));
        guest.open(Path.OLD);
        assertTrue(guest.isMoving());
        settle(0, 0, 0);
        settle(5, 0, QUIET + 1);
        assertPasses(5, WaitsEntry.NONE_WAIT);
        settle(5, 0, 2 * QUIET + 1);
        assertFalse(guest.isOver());
        settle(5, 0, 2 * QUIET + 2);
        assertPasses(WaitsEntry.NONE_WAIT, WaitsEntry.NONE_WAIT);
        assertTrue(guest.isOver());
        assertFalse(guest.isMoving());
    }

    @Test
    void whatIsHeldAgainWaitsBehindWhatIsLeft() {
        guest.hold(BOTH);
        enter(Path.NEW, 1);
        enter(Path.NEW, 2);
        assertTrue(guest.room(Path.NEW).began());
        guest.hold(BOTH);
        assertFalse(guest.room(Path.NEW).began(), "it has held them all the time");
        guest.open(Path.NEW);
        assertLeaves(1);
        guest.hold(BOTH);
        assertTrue(guest.room(Path.NEW).began());
        assertFalse(guest.room(Path.NEW).began());
        assertNothingLeaves();
        assertPasses(WaitsEntry.ALL_WAIT, WaitsEntry.ALL_WAIT);
    }

    @Test
    void openingWhatIsNotHeldDoesNothing() {
        guest.open(Path.OLD);
        assertTrue(guest.isOver());
        assertFalse(guest.isMoving());
        assertPasses(WaitsEntry.NONE_WAIT, WaitsEntry.NONE_WAIT);
    }

    /** It went to wait just before nothing had to any more. */
    @Test
    void aStragglerGoesOnAtOnce() {
        enter(Path.NEW, 1);
        assertFalse(guest.isOver());
        assertLeaves(1);
        assertTrue(guest.isOver());
    }

    @Test
    void roomsAreBounded() {
        Room room = guest.room(Path.NEW);
        room.hold();
        for (int i = 0; i < Room.CAPACITY; i++) {
            assertFalse(room.isFull());
            room.enter(packet(i));
            assertTrue(guest.deliver(packet(i)));
        }
        assertTrue(room.isFull());
        assertFalse(guest.deliver(packet(0)));
        assertEquals(2L * Room.CAPACITY * Integer.BYTES, guest.octets());
    }

    private void enter(Path path, int number) {
        guest.room(path).enter(packet(number));
    }

    private void settle(long byOld, long byNew, long now) {
        guest.settle(new Entered(byOld, byNew, 0), now, QUIET);
    }

    private void assertLeaves(int number) {
        assertEquals(Optional.of(packet(number)), guest.leave(true));
    }

    private void assertNothingLeaves() {
        assertEquals(Optional.empty(), guest.leave(true));
    }

    private void assertPasses(long byOldAfter, long byNewAfter) {
        assertEquals(new WaitsEntry(Optional.empty(), byOldAfter, byNewAfter), guest.entry(Optional.empty()));
    }

    private static ByteBuffer packet(int number) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(0, number);
    }
}
