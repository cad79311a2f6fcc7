package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;
import org.mooring.linux.ThreadScheduling;
import org.mooring.linux.batch.HeldDescriptor;
import org.mooring.linux.batch.IncomingMessages;
import org.mooring.linux.batch.InputPoll;
import org.mooring.linux.batch.OffHeap;
import org.mooring.linux.batch.Pieces;
import org.mooring.linux.batch.Wakeup;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.RawIpv4Socket;
import org.mooring.linux.tun.Tun;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread that receives what comes out of tunnels, and writes it to the agent's device, also what has waited. */
final class TunnelExit implements Decapsulator.Outlet, Coalescer.Outlet, TunRooms.Outlet {
    private static final Logger LOG = LoggerFactory.getLogger(TunnelExit.class);

    private static final int AT_ONCE = 32;
    private static final int LONGEST = Ipv4Packet.MAX_LENGTH + 1;
    private static final int BEFORE = 64;
    private static final int ROUNDS = 4;

    /** Less than the kernel queues for a CPU (net.core.netdev_max_backlog), which gets time for them in between. */
    private static final int WRITTEN_AT_ONCE = 256;

    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int FIRST_CPU = 0;
    private static final int FOREVER = -1;
    private static final int LATER = 100; // milliseconds

    /** What comes of a packet that a visitor has encapsulated. */
    interface Reverse {
        void take(ByteBuffer packet);
    }

    /** Hears for which home addresses nothing waits any more. */
    interface Released {
        void release(Inet4Address homeAddress);
    }

    private final Tun tun;
    private final TunnelSockets sockets;
    private final TunRooms rooms;
    private final Released released;
    private final Reverse reverse;
    private final Drops drops;
    private final Bindings bindings;
    private final Role role;
    private final int most;
    private final Wakeup wakeup;
    private final IncomingMessages messages = new IncomingMessages(AT_ONCE, LONGEST, BEFORE);
    private final ByteBuffer in = messages.data().octets();
    private final Decapsulator decapsulator;
    private final Coalescer coalescer;
    private final OffHeap waited = new OffHeap(Offloaded.LENGTH + LONGEST);
    private final ByteBuffer waitedOctets = waited.octets();
    private final Pieces whole = new Pieces(1);
    private final OffHeap wakeups = new OffHeap(Long.BYTES);
    private @Nullable HeldDescriptor device;
    private volatile boolean closed;

    /** @param wakeup is woken when there is something new in the rooms, or another socket */
    TunnelExit(
            TunKernel kernel,
            Bindings bindings,
            TunnelSockets sockets,
            TunRooms rooms,
            Released released,
            Reverse reverse,
            Wakeup wakeup,
            Drops drops) {
        this.tun = kernel.device().tun();
        this.sockets = sockets;
        this.rooms = rooms;
        this.released = released;
        this.reverse = reverse;
        this.wakeup = wakeup;
        this.drops = drops;
        this.bindings = bindings;
        this.role = kernel.agent().role();
        most = kernel.agent().uplinkMtu();
        decapsulator = new Decapsulator(bindings, kernel.agent(), drops, in, this);
        coalescer = new Coalescer(messages.data(), most, this);
    }

    /** Until {@link #close}. */
    void run() {
        ThreadScheduling scheduling = new ThreadScheduling();
        scheduling.hurry();
        try (HeldDescriptor written = tun.hold();
                HeldDescriptor woken = wakeup.hold()) {
            device = written;
            while (!closed) {
                List<Source> sources = new ArrayList<>();
                try {
                    List<RawIpv4Socket> atLinks = sockets.atLinks();
                    hold(sources, atLinks);
                    serve(woken, sources, atLinks.size(), scheduling);
                } finally {
                    sources.forEach(source -> source.socket.close());
                }
            }
        } catch (KernelException | RuntimeException e) {
            if (!closed) {
                LOG.error("nothing comes out of tunnels until the agent is started again", e);
            }
        }
    }

    private void hold(List<Source> sources, List<RawIpv4Socket> atLinks) throws KernelException {
        for (RawIpv4Socket socket : sockets.raw()) {
            sources.add(new Source(socket.hold(), Kind.RAW));
        }
        sources.add(new Source(sockets.udp().hold(), Kind.UDP));
        for (RawIpv4Socket socket : atLinks) {
            sources.add(new Source(socket.hold(), Kind.VISITORS));
        }
    }

    /** Until there are other sockets. */
    private void serve(HeldDescriptor woken, List<Source> all, int atLinks, ThreadScheduling scheduling) {
        Source[] sources = all.toArray(Source[]::new);
        HeldDescriptor[] polled = new HeldDescriptor[sources.length + 1];
        for (int i = 0; i < sources.length; i++) {
            polled[i] = sources[i].socket;
        }
        polled[sources.length] = woken;
        InputPoll poll = new InputPoll(polled);
        boolean more = false;
        while (!closed) {
            rooms.look();
            poll.await(more ? 0 : pause());
            if (poll.isReady(sources.length)) {
                woken.read(wakeups, 0, Long.BYTES);
                if (sockets.atLinks().size() != atLinks) {
                    return;
                }
            }
            boolean complete = true;
            for (int i = 0; i < sources.length; i++) {
                complete &= !poll.isReady(i) || receive(sources[i]);
            }
            more = rooms.isUsed() && letGo(complete, scheduling);
            if (!rooms.isUsed()) {
                scheduling.release();
            }
        }
    }

    private int pause() {
        return rooms.isUsed() && rooms.isMoving() ? LATER : FOREVER;
    }

    /** Whether that is all there is. */
    private boolean receive(Source source) {
        long count = AT_ONCE;
        for (int round = 0; round < ROUNDS && count == AT_ONCE && !closed; round++) {
            count = source.socket.receive(messages);
            for (int i = 0; i < count; i++) {
                take(source.kind, i);
            }
            coalescer.flush();
        }
        return count < AT_ONCE;
    }

    private void take(Kind kind, int index) {
        int at = messages.offset(index);
        int length = messages.length(index);
        switch (kind) {
            case RAW -> decapsulator.take(at, length);
            case VISITORS -> decapsulator.takeFromVisitor(at, length);
            case UDP -> {
                int segment = messages.segment(index);
                int each = segment == 0 ? length : segment;
                int typeOfService = messages.typeOfService(index);
                for (int from = 0; from < length; from += each) {
                    decapsulator.takeDatagram(
                            at + from,
                            Math.min(each, length - from),
                            messages.source(index),
                            messages.sourcePort(index),
                            typeOfService);
                }
            }
        }
    }

    @Override
    public void arrive(int at, int length, int remote) {
        if (!rooms.isUsed() || !rooms.takesFromTunnel(in, at, length, remote, most)) {
            coalescer.add(at, length);
        }
    }

    @Override
    public boolean sentHome(int at, int length, int remote) {
        return rooms.isUsed() && rooms.takesWhatIsSentHome(in, at, length, remote, most);
    }

    @Override
    public void reverse(int at, int length) {
        reverse.take(ByteBuffer.allocate(length).put(0, in, at, length));
    }

    /** Whether there may be more. */
    private boolean letGo(boolean complete, ThreadScheduling scheduling) {
        // What is written is queued on the CPU that writes it: on two, packets could overtake each other.
        if (rooms.isMoving()) {
            scheduling.pin(FIRST_CPU);
        } else {
            scheduling.release();
        }
        boolean more = rooms.drain(this, WRITTEN_AT_ONCE, complete) == WRITTEN_AT_ONCE;
        if (more) {
            LockSupport.parkNanos(PAUSE);
        } else {
            rooms.settle().forEach(released::release);
        }
        rooms.news().forEach(Runnable::run);
        return more || rooms.isUrgent();
    }

    @Override
    public void write(ByteBuffer packet) {
        int home = packet.getInt(Offloaded.LENGTH + Ip.DESTINATION);
        if (role == Role.FOREIGN_AGENT && bindings.get(home) == Binding.NONE) {
            drops.count(Drop.UNLISTED);
            return;
        }
        waitedOctets.put(0, packet, packet.position(), packet.remaining());
        whole.clear();
        whole.add(waited, 0, packet.remaining());
        write(whole);
    }

    @Override
    public void write(Pieces packet) {
        HeldDescriptor now = device;
        // EIO is what the kernel says of a device that is down.
        if (now != null && now.write(packet) == -Errno.EINVAL.number()) {
            drops.count(Drop.REFUSED);
        }
    }

    /** The thread lets go of its descriptors, and ends. */
    void close() {
        closed = true;
        wakeup.wake();
    }

    private enum Kind {
        RAW,
        UDP,
        VISITORS
    }

    private record Source(HeldDescriptor socket, Kind kind) {}
}
