package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.mooring.linux.Ipv4;
import org.mooring.linux.KernelException;
import org.mooring.linux.ThreadScheduling;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.linux.tun.Tun;
import org.mooring.linux.tun.TunSelector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the packets of all home addresses wait. A thread takes them out of the devices' queues at once, and writes back those that may go
 * on.
 *
 * <p>A packet passes a room by only when all that went there before have been written back: the programs count what enters, once it is in
 * the device's queue; the thread reads that count, then the queue until it is empty, and when everything is written back tells the
 * programs that count. What is written back is queued by the kernel on the CPU that writes, and what passes by on the one that received
 * it: the thread goes there, or the two could overtake each other.
 */
final class WaitingRooms implements Rooms, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WaitingRooms.class);

    /** All packets that wait take so many octets at most. */
    private static final long CAPACITY = Math.min(64 << 20, Runtime.getRuntime().maxMemory() / 4);

    private static final int READ_AT_ONCE = 256;

    /** Less than the kernel queues for a CPU (net.core.netdev_max_backlog), which gets time for them in between. */
    private static final int WRITTEN_AT_ONCE = 512;

    /** For so long no packet must have come to an open room before it is done with. */
    private static final long QUIET = TimeUnit.SECONDS.toNanos(1);

    private static final int SOON = 1; // milliseconds
    private static final int LATER = 100;

    private static final short AGENTS_PORT = 434;
    private static final int TIME_TO_LIVE = 8; // in the IPv4 header, as those below
    private static final int PROTOCOL = 9;
    private static final int CHECKSUM = 10;
    private static final int DESTINATION = 16;
    private static final int MULTICAST = 224; // first octet

    private final RoomDevices devices;
    private final Gate gate;
    private final TunSelector selector;

    /** Fair, or the thread would hardly ever let others in. */
    private final ReentrantLock lock = new ReentrantLock(true);

    private final Map<Inet4Address, HeldPackets> guests = new HashMap<>();

    /** The home addresses of which the programs know, and what. */
    private final Map<Inet4Address, WaitsEntry> told = new HashMap<>();

    private final Map<Inet4Address, Optional<Inet4Address>> oldSources = new HashMap<>();
    private final Map<Inet4Address, Long> counts = new HashMap<>();

    /** Of home addresses that have been held since {@link #forgetDrops}. */
    private final Map<Inet4Address, Long> drops = new HashMap<>();

    private final List<Runnable> news = new ArrayList<>();
    private Waiting waiting = Waiting.UNHEARD;
    private long octets;
    private long dropped;
    private volatile boolean closed;

    private WaitingRooms(RoomDevices devices, Gate gate, TunSelector selector) {
        this.devices = devices;
        this.gate = gate;
        this.selector = selector;
    }

    /** @param devices to which {@code gate} sends packets */
    static WaitingRooms open(RoomDevices devices, Gate gate) throws KernelException {
        TunSelector selector =
                TunSelector.open(devices.byOld().tun(), devices.byNew().tun());
        return new WaitingRooms(devices, gate, selector);
    }

    @Override
    public void start(Waiting listener) {
        waiting = listener;
        Thread thread = new Thread(this::run, devices.byOld().link().name());
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void hold(Inet4Address homeAddress, Set<Path> paths, Optional<Inet4Address> old) throws KernelException {
        lock.lock();
        try {
            HeldPackets guest = guests.computeIfAbsent(homeAddress, unknown -> new HeldPackets());
            guest.hold(paths);
            paths.forEach(path -> announce(homeAddress, path, guest.room(path)));
            oldSources.put(homeAddress, old);
            if (!told.containsKey(homeAddress)) {
                counts.put(homeAddress, 0L);
            }
            drops.putIfAbsent(homeAddress, 0L);
            tell(homeAddress, guest);
        } finally {
            lock.unlock();
        }
        selector.wake();
    }

    @Override
    public void follow(Inet4Address homeAddress, Optional<Inet4Address> old) throws KernelException {
        lock.lock();
        try {
            HeldPackets guest = guests.get(homeAddress);
            if (guest != null && told.containsKey(homeAddress)) {
                oldSources.put(homeAddress, old);
                tell(homeAddress, guest);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void open(Inet4Address homeAddress, Path path) {
        lock.lock();
        try {
            HeldPackets guest = guests.get(homeAddress);
            if (guest != null) {
                guest.open(path);
            }
        } finally {
            lock.unlock();
        }
        selector.wake();
    }

    @Override
    public void deliver(Inet4Address homeAddress, ByteBuffer packet) {
        lock.lock();
        try {
            ByteBuffer copy = ByteBuffer.allocate(packet.remaining())
                    .put(packet.duplicate())
                    .flip();
            HeldPackets guest = guests.computeIfAbsent(homeAddress, unknown -> new HeldPackets());
            if (hasRoomFor(copy) && guest.deliver(copy)) {
                octets += copy.remaining();
            } else {
                drop(homeAddress);
            }
        } finally {
            lock.unlock();
        }
        selector.wake();
    }

    @Override
    public void end(Inet4Address homeAddress) throws KernelException {
        lock.lock();
        try {
            HeldPackets guest = guests.remove(homeAddress);
            if (guest != null) {
                octets -= guest.octets();
            }
            counts.remove(homeAddress);
            forget(homeAddress);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Map<Inet4Address, Long> counts() {
        lock.lock();
        try {
            return Map.copyOf(counts);
        } finally {
            lock.unlock();
        }
    }

    /** How many found no room here. */
    long dropped() {
        lock.lock();
        try {
            return dropped;
        } finally {
            lock.unlock();
        }
    }

    /** What else was dropped of home addresses, and what found no room here. */
    Map<Inet4Address, Map<Drop, Long>> andDropped(Map<Inet4Address, Map<Drop, Long>> others) {
        lock.lock();
        try {
            drops.forEach(
                    (homeAddress, count) -> others.computeIfAbsent(homeAddress, unused -> new EnumMap<>(Drop.class))
                            .merge(Drop.NO_ROOM, count, Long::sum));
            return others;
        } finally {
            lock.unlock();
        }
    }

    private void drop(Inet4Address homeAddress) {
        dropped++;
        drops.computeIfPresent(homeAddress, (same, count) -> count + 1);
    }

    /** Whatever finds no room from now on is nobody's, until packets for the home address are held again. */
    void forgetDrops(Inet4Address homeAddress) {
        lock.lock();
        try {
            drops.remove(homeAddress);
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        ThreadScheduling scheduling = new ThreadScheduling();
        scheduling.hurry();
        int pause = TunSelector.FOREVER;
        try {
            while (!closed) {
                Progress progress = step(scheduling);
                if (progress.written() == WRITTEN_AT_ONCE) {
                    scheduling.giveWay();
                } else if (progress.none()) {
                    selector.await(pause);
                }
                // What came last may not have been counted yet.
                pause = progress.moving() ? (progress.none() ? LATER : SOON) : TunSelector.FOREVER;
            }
        } catch (KernelException | RuntimeException e) {
            // Closing ends in silence.
            if (!closed) {
                LOG.error("what waits is lost, and nothing will wait until the agent is started again", e);
                letAllPass();
            }
        }
    }

    private void letAllPass() {
        try {
            gate.setHeld(0);
        } catch (KernelException e) {
            LOG.error("packets may be lost until the agent is started again", e);
        }
    }

    private Progress step(ThreadScheduling scheduling) throws KernelException {
        List<Runnable> heard;
        Progress progress;
        lock.lock();
        try {
            Map<Inet4Address, Entered> entered = entered();
            int oldRead = read(Path.OLD);
            int newRead = read(Path.NEW);
            boolean oldComplete = oldRead < READ_AT_ONCE;
            int written = write(entered, oldComplete, scheduling);
            if (oldComplete && newRead < READ_AT_ONCE) {
                settle(entered);
            }
            boolean moving = guests.values().stream().anyMatch(HeldPackets::isMoving);
            if (!moving) {
                scheduling.release();
            }
            progress = new Progress(oldRead + newRead, written, moving);
            heard = List.copyOf(news);
            news.clear();
        } finally {
            lock.unlock();
        }
        heard.forEach(Runnable::run);
        return progress;
    }

    /** Before the queues are read: what is counted is there, or lost. */
    private Map<Inet4Address, Entered> entered() throws KernelException {
        Map<Inet4Address, Entered> entered = new HashMap<>();
        for (Inet4Address homeAddress : told.keySet()) {
            HeldPackets guest = guests.get(homeAddress);
            if (guest != null && guest.isMoving()) {
                entered.put(homeAddress, gate.entered(homeAddress));
            }
        }
        return entered;
    }

    /** Returns how many were read; fewer than {@link #READ_AT_ONCE} if the queue was empty then. */
    private int read(Path path) throws KernelException {
        Tun tun = devices.by(path).tun();
        for (int count = 0; count < READ_AT_ONCE; count++) {
            Optional<ByteBuffer> packet = tun.poll();
            if (packet.isEmpty()) {
                return count;
            }
            enter(path, packet.get());
        }
        return READ_AT_ONCE;
    }

    private void enter(Path path, ByteBuffer packet) {
        // The kernel sends a device something of its own when it is set up.
        boolean foreign = packet.remaining() < Ipv4Packet.HEADER_LENGTH
                || packet.get(0) >> 4 != 4
                || (packet.get(DESTINATION) & 0xff) >= MULTICAST;
        if (foreign) {
            return;
        }
        Inet4Address homeAddress = Ipv4.read(packet.slice(DESTINATION, Ipv4.LENGTH));
        Optional<ByteBuffer> marker = marker(packet);
        if (marker.isPresent()) {
            news.add(() -> waiting.marker(homeAddress, marker.get()));
            return;
        }
        // One that went to wait just before nothing had to any more goes on at once.
        HeldPackets guest = guests.computeIfAbsent(homeAddress, unknown -> new HeldPackets());
        Room room = guest.room(path);
        if (room.isFull() || !hasRoomFor(packet)) {
            drop(homeAddress);
            return;
        }
        if (gate.routes()) {
            restoreTimeToLive(packet);
        }
        octets += packet.remaining();
        room.enter(packet);
        counts.computeIfPresent(homeAddress, (address, count) -> count + 1);
        announce(homeAddress, path, room);
    }

    /** As it was before it was routed to here: it will be routed once more. */
    private static void restoreTimeToLive(ByteBuffer packet) {
        int header = (packet.get(0) & 0xf) * 4;
        packet.put(TIME_TO_LIVE, (byte) (packet.get(TIME_TO_LIVE) + 1)).putShort(CHECKSUM, (short) 0);
        packet.putShort(CHECKSUM, (short) Checksum.of(packet.slice(0, Math.min(header, packet.remaining()))));
    }

    private void announce(Inet4Address homeAddress, Path path, Room room) {
        if (room.began()) {
            news.add(() -> waiting.began(homeAddress, path));
        }
    }

    private static Optional<ByteBuffer> marker(ByteBuffer packet) {
        int ports = (packet.get(0) & 0xf) * 4;
        boolean possible = packet.get(PROTOCOL) == Ipv4Packet.UDP
                && packet.remaining() >= ports + 2 * Short.BYTES
                && packet.getShort(ports) == AGENTS_PORT
                && packet.getShort(ports + Short.BYTES) == AGENTS_PORT;
        return !possible
                ? Optional.empty()
                : Ipv4Packet.parse(packet)
                        .flatMap(UdpPacket::parse)
                        .filter(udp -> udp.sourcePort() == AGENTS_PORT && udp.destinationPort() == AGENTS_PORT)
                        .map(UdpPacket::payload);
    }

    /** Returns how many were written, at most {@link #WRITTEN_AT_ONCE}. */
    private int write(Map<Inet4Address, Entered> entered, boolean oldComplete, ThreadScheduling scheduling) {
        int written = 0;
        for (Map.Entry<Inet4Address, HeldPackets> guest : guests.entrySet()) {
            Entered last = entered.get(guest.getKey());
            while (written < WRITTEN_AT_ONCE) {
                Optional<ByteBuffer> packet = guest.getValue().leave(oldComplete);
                if (packet.isEmpty()) {
                    break;
                }
                if (last != null) {
                    scheduling.pin(last.cpu());
                }
                octets -= packet.get().remaining();
                write(packet.get());
                written++;
            }
        }
        return written;
    }

    private void write(ByteBuffer packet) {
        try {
            devices.byNew().tun().write(packet);
        } catch (KernelException e) {
            LOG.debug("a packet that waited is lost", e);
        }
    }

    private void settle(Map<Inet4Address, Entered> entered) throws KernelException {
        for (Map.Entry<Inet4Address, Entered> guest : entered.entrySet()) {
            HeldPackets packets = guests.get(guest.getKey());
            if (packets != null) {
                packets.settle(guest.getValue(), System.nanoTime(), QUIET);
                tell(guest.getKey(), packets);
            }
        }
        for (var all = guests.entrySet().iterator(); all.hasNext(); ) {
            var guest = all.next();
            if (guest.getValue().isOver()) {
                all.remove();
                forget(guest.getKey());
            }
        }
    }

    /** Lets the programs know, in this order: a packet that finds its entry finds where to be counted. */
    private void tell(Inet4Address homeAddress, HeldPackets guest) throws KernelException {
        WaitsEntry entry = guest.entry(oldSources.getOrDefault(homeAddress, Optional.empty()));
        if (entry.equals(told.get(homeAddress))) {
            return;
        }
        if (!told.containsKey(homeAddress)) {
            gate.countEntered(homeAddress);
        }
        gate.putWaits(homeAddress, entry);
        if (told.put(homeAddress, entry) == null) {
            gate.setHeld(told.size());
        }
    }

    private void forget(Inet4Address homeAddress) throws KernelException {
        oldSources.remove(homeAddress);
        if (told.containsKey(homeAddress)) {
            gate.removeWaits(homeAddress);
            told.remove(homeAddress);
            gate.setHeld(told.size());
        }
    }

    private boolean hasRoomFor(ByteBuffer packet) {
        return octets + packet.remaining() <= CAPACITY;
    }

    @Override
    public void close() {
        closed = true;
        selector.wake();
    }

    /** @param moving whether packets may go on now or soon */
    private record Progress(int read, int written, boolean moving) {
        boolean none() {
            return read == 0 && written == 0;
        }
    }
}
