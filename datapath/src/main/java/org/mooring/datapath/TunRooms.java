package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.mooring.linux.Ipv4;

/**
 * Where the packets of all home addresses wait that the agent carries itself. One thread lets them go on, the one that takes packets out of
 * tunnels: so none overtakes another. Safe for use by several threads.
 */
final class TunRooms {
    /** What takes packets that go on, with an {@link Offloaded} header in front. */
    interface Outlet {
        void write(ByteBuffer packet);
    }

    /** All packets that wait take so many octets at most. */
    private static final long CAPACITY = Math.min(64 << 20, Runtime.getRuntime().maxMemory() / 4);

    /** For so long no packet must have come to an open room before it is done with. */
    private static final long QUIET = TimeUnit.SECONDS.toNanos(1);

    private static final int NOBODY = 0;

    private final Map<Integer, Guest> guests = new HashMap<>();
    private final Map<Inet4Address, Long> counts = new HashMap<>();
    private final List<Runnable> news = new ArrayList<>();
    private final Bindings bindings;
    private final Drops drops;
    private Waiting waiting = Waiting.UNHEARD;
    private long octets;

    /** Counts how often the tunnels were looked at. */
    private long looks;

    /** For how many home addresses packets may have to wait; none is looked up while it is zero. */
    private volatile int held;

    TunRooms(Bindings bindings, Drops drops) {
        this.bindings = bindings;
        this.drops = drops;
    }

    synchronized void start(Waiting listener) {
        waiting = listener;
    }

    boolean isUsed() {
        return held != 0;
    }

    synchronized void hold(Inet4Address homeAddress, Set<Path> paths, Optional<Inet4Address> old) {
        int key = TunnelEnd.number(homeAddress);
        if (!guests.containsKey(key)) {
            counts.put(homeAddress, 0L);
        }
        Guest guest = guest(homeAddress);
        guest.packets.hold(paths);
        guest.old = number(old);
        paths.forEach(path -> announce(homeAddress, path, guest.packets.room(path)));
    }

    synchronized void follow(Inet4Address homeAddress, Optional<Inet4Address> old) {
        Guest guest = guests.get(TunnelEnd.number(homeAddress));
        if (guest != null) {
            guest.old = number(old);
        }
    }

    synchronized void open(Inet4Address homeAddress, Path path) {
        Guest guest = guests.get(TunnelEnd.number(homeAddress));
        if (guest != null) {
            guest.packets.open(path);
            guest.openedAt = looks;
        }
    }

    synchronized void deliver(Inet4Address homeAddress, ByteBuffer packet) {
        ByteBuffer copy = ByteBuffer.allocate(Offloaded.LENGTH + packet.remaining())
                .position(Offloaded.LENGTH)
                .put(packet.duplicate())
                .flip();
        if (hasRoomFor(copy) && guest(homeAddress).packets.deliver(copy)) {
            octets += copy.remaining();
        } else {
            drop(TunnelEnd.number(homeAddress));
        }
    }

    synchronized void end(Inet4Address homeAddress) {
        Guest guest = guests.remove(TunnelEnd.number(homeAddress));
        if (guest != null) {
            octets -= guest.packets.octets();
        }
        counts.remove(homeAddress);
        held = guests.size();
    }

    synchronized Map<Inet4Address, Long> counts() {
        return Map.copyOf(counts);
    }

    /**
     * A packet came out of a tunnel.
     *
     * @param remote the tunnel's other end
     * @param most as {@link Offloaded#describe} has it
     * @return whether it waits, or is nobody's any more; otherwise it may go on at once
     */
    synchronized boolean takesFromTunnel(ByteBuffer in, int at, int length, int remote, int most) {
        Guest guest = guests.get(in.getInt(at + Ip.DESTINATION));
        if (guest == null) {
            return false;
        }
        Path path = remote == guest.old ? Path.OLD : Path.NEW;
        if (Markers.is(in, at, length)) {
            hear(guest.homeAddress, in, at, length);
            return true;
        }
        if (guest.passes(path)) {
            return false;
        }
        ByteBuffer packet = ByteBuffer.allocate(Offloaded.LENGTH + length);
        Offloaded.describe(packet, 0, in, at, length, most);
        enter(guest, path, packet.put(Offloaded.LENGTH, in, at, length));
        return true;
    }

    /**
     * A packet for a mobile node that is away, as far as is known, came back out of the tunnel to it.
     *
     * @param remote the tunnel's other end
     * @param most as {@link Offloaded#describe} has it
     * @return whether it waits, or is nobody's any more
     */
    synchronized boolean takesWhatIsSentHome(ByteBuffer in, int at, int length, int remote, int most) {
        Guest guest = guests.get(in.getInt(at + Ip.DESTINATION));
        boolean isAwaited = guest != null
                && remote == guest.old
                && guest.packets.room(Path.OLD).isHeld();
        return isAwaited && takesFromTunnel(in, at, length, remote, most);
    }

    /** A packet, behind an {@link Offloaded} header, came to the home network in no tunnel. */
    synchronized boolean takesAtHome(ByteBuffer in, int at, int length) {
        Guest guest = guests.get(in.getInt(at + Offloaded.LENGTH + Ip.DESTINATION));
        if (guest == null || guest.packets.room(Path.NEW).isPassedBy()) {
            return false;
        }
        guest.atHome++;
        enter(guest, Path.NEW, ByteBuffer.allocate(length).put(0, in, at, length));
        return true;
    }

    private void enter(Guest guest, Path path, ByteBuffer packet) {
        Room room = guest.packets.room(path);
        if (room.isFull() || !hasRoomFor(packet)) {
            drop(TunnelEnd.number(guest.homeAddress));
            return;
        }
        octets += packet.remaining();
        room.enter(packet);
        if (room.isHeld()) {
            counts.computeIfPresent(guest.homeAddress, (address, count) -> count + 1);
        }
        announce(guest.homeAddress, path, room);
    }

    private void drop(int homeAddress) {
        drops.count(Drop.NO_ROOM, bindings.get(homeAddress));
    }

    /** Before what came out of tunnels is received. What was sent before a path was opened is there, if this is called later. */
    synchronized void look() {
        looks++;
    }

    /**
     * Lets go on what may.
     *
     * @param most packets
     * @param complete whether all that was there at the last {@link #look} has been received
     * @return how many went
     */
    synchronized int drain(Outlet outlet, int most, boolean complete) {
        int written = 0;
        for (Guest guest : guests.values()) {
            guest.oldComplete = complete && guest.openedAt < looks;
            while (written < most) {
                Optional<ByteBuffer> packet = guest.packets.leave(guest.oldComplete);
                if (packet.isEmpty()) {
                    break;
                }
                octets -= packet.get().remaining();
                outlet.write(packet.get());
                written++;
            }
        }
        return written;
    }

    /** The home addresses for which nothing waits any more, and nothing has to. */
    synchronized List<Inet4Address> settle() {
        List<Inet4Address> over = new ArrayList<>();
        for (Iterator<Guest> all = guests.values().iterator(); all.hasNext(); ) {
            Guest guest = all.next();
            guest.packets.settle(new Entered(0, guest.atHome, 0), System.nanoTime(), QUIET);
            if (guest.packets.isOver()) {
                all.remove();
                over.add(guest.homeAddress);
            }
        }
        held = guests.size();
        return over;
    }

    /** Whether some may go on, now or soon. */
    synchronized boolean isMoving() {
        return guests.values().stream().anyMatch(guest -> guest.packets.isMoving());
    }

    /** Whether some would go on if it was known that all before them are here. */
    synchronized boolean isUrgent() {
        return guests.values().stream().anyMatch(Guest::isUrgent);
    }

    /** What there is to tell; its reader tells it. */
    synchronized List<Runnable> news() {
        List<Runnable> all = List.copyOf(news);
        news.clear();
        return all;
    }

    private void announce(Inet4Address homeAddress, Path path, Room room) {
        if (room.began()) {
            news.add(() -> waiting.began(homeAddress, path));
        }
    }

    private void hear(Inet4Address homeAddress, ByteBuffer in, int at, int length) {
        int from = Ip.headerLength(in, at) + Ip.UDP_HEADER;
        ByteBuffer payload = ByteBuffer.allocate(length - from)
                .put(0, in, at + from, length - from)
                .asReadOnlyBuffer();
        news.add(() -> waiting.marker(homeAddress, payload));
    }

    private Guest guest(Inet4Address homeAddress) {
        Guest guest = guests.computeIfAbsent(TunnelEnd.number(homeAddress), Guest::new);
        held = guests.size();
        return guest;
    }

    private boolean hasRoomFor(ByteBuffer packet) {
        return octets + packet.remaining() <= CAPACITY;
    }

    private static int number(Optional<Inet4Address> address) {
        return address.map(TunnelEnd::number).orElse(NOBODY);
    }

    private static final class Guest {
        private final Inet4Address homeAddress;
        private final HeldPackets packets = new HeldPackets();

        /** Outer source of what comes by the old path. */
        private int old = NOBODY;

        /** Whether all packets that went to wait on the old path before it was opened are here. */
        private boolean oldComplete;

        /** At which look a path was opened last. */
        private long openedAt;

        /** How many packets came in no tunnel. */
        private long atHome;

        Guest(int homeAddress) {
            this.homeAddress = Ipv4.address(homeAddress);
        }

        boolean isUrgent() {
            Room before = packets.room(Path.OLD);
            return !before.isHeld() && !before.isPassedBy() && !oldComplete;
        }

        /** Whether a packet needn't wait on this path, nor for those that wait and may go. */
        boolean passes(Path path) {
            Room room = packets.room(path);
            Room before = packets.room(Path.OLD);
            return room.isPassedBy()
                    || (!room.isHeld()
                            && room.isEmpty()
                            && (before.isHeld() || before.isPassedBy() || (before.isEmpty() && oldComplete)));
        }
    }
}
