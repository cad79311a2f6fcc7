package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.stream.Stream;

/** The packets for one home address that wait, and the order in which they go on. */
final class HeldPackets {
    private final Queue<ByteBuffer> delivered = new ArrayDeque<>();
    private final Room byOld = new Room();
    private final Room byNew = new Room();

    void hold(Set<Path> paths) {
        paths.forEach(path -> room(path).hold());
    }

    void open(Path path) {
        room(path).open();
    }

    /** Whether there was room. */
    boolean deliver(ByteBuffer packet) {
        return delivered.size() < Room.CAPACITY && delivered.add(packet);
    }

    Room room(Path path) {
        return path == Path.OLD ? byOld : byNew;
    }

    /**
     * The next packet that may go on: one that is delivered, then one of the old path, then one of the new.
     *
     * @param oldComplete whether all packets that went to wait on the old path are here
     */
    Optional<ByteBuffer> leave(boolean oldComplete) {
        ByteBuffer first = delivered.poll();
        if (first != null) {
            return Optional.of(first);
        }
        return byOld.leave().or(() -> isNewBehind(oldComplete) ? Optional.empty() : byNew.leave());
    }

    /** All that had entered has been handed over to here, or lost. */
    void settle(Entered entered, long now, long quiet) {
        byOld.settle(entered.byOld(), now, quiet);
        if (byOld.isHeld() || byOld.isSettledAt(entered.byOld())) {
            byNew.settle(entered.byNew(), now, quiet);
        }
    }

    /** What the programs are to know. */
    WaitsEntry entry(Optional<Inet4Address> old) {
        return new WaitsEntry(old, byOld.passesAfter(), byNew.passesAfter());
    }

    /** What those take that wait. */
    long octets() {
        return octets(delivered)
                + rooms().mapToLong(room -> octets(room.packets())).sum();
    }

    private static long octets(Collection<ByteBuffer> packets) {
        return packets.stream().mapToLong(ByteBuffer::remaining).sum();
    }

    /** Whether some may go on, now or soon. */
    boolean isMoving() {
        return !delivered.isEmpty() || rooms().anyMatch(room -> !room.isHeld() && !room.isPassedBy());
    }

    /** Whether nothing waits, and nothing has to. */
    boolean isOver() {
        return delivered.isEmpty() && rooms().allMatch(room -> room.isPassedBy() && room.isEmpty());
    }

    private Stream<Room> rooms() {
        return Stream.of(byOld, byNew);
    }

    /** Packets on the old path are older, if they are let go. */
    private boolean isNewBehind(boolean oldComplete) {
        return !byOld.isHeld() && !byOld.isPassedBy() && !oldComplete;
    }
}
