package org.mooring.datapath;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.datapath.OwnPackets.Own;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;
import org.mooring.linux.batch.HeldDescriptor;
import org.mooring.linux.batch.InputPoll;
import org.mooring.linux.batch.OffHeap;
import org.mooring.linux.batch.OutgoingMessages;
import org.mooring.linux.batch.Pieces;
import org.mooring.linux.batch.Wakeup;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.tun.Tun;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread that reads what leaves by the agent's device, and sends it through tunnels. It reads what there is, then sends it. */
final class TunnelEntrance implements Encapsulator.Outlet {
    private static final Logger LOG = LoggerFactory.getLogger(TunnelEntrance.class);

    private static final int AT_ONCE = 32;
    private static final int LONGEST = Offloaded.LENGTH + Ipv4Packet.MAX_LENGTH + 1;
    private static final int MESSAGES = 64;
    private static final int FOREVER = -1;

    private final Tun tun;
    private final TunnelSockets sockets;
    private final TunRooms rooms;
    private final boolean isHome;
    private final Runnable waits;
    private final Bindings bindings;
    private final Drops drops;
    private final Encapsulator encapsulator;
    private final Wakeup wakeup;
    private final OffHeap packets = new OffHeap(AT_ONCE * LONGEST);
    private final ByteBuffer in = packets.octets();
    private final OffHeap headers = new OffHeap(Encapsulator.HEADERS_SIZE);
    private final Outgoing raw = new Outgoing();
    private final Outgoing udp = new Outgoing();
    private final Pieces back = new Pieces(1);
    private final OffHeap wakeups = new OffHeap(Long.BYTES);

    private final OwnPackets own = new OwnPackets();

    /** What the present message is among. */
    private Outgoing current = raw;

    private @Nullable Held held;

    private volatile boolean closed;

    /**
     * @param waits there is something in the rooms
     * @param wakeup of the thread's own
     */
    TunnelEntrance(
            TunKernel kernel,
            Bindings bindings,
            TunnelSockets sockets,
            TunRooms rooms,
            Runnable waits,
            Wakeup wakeup,
            Drops drops) {
        this.tun = kernel.device().tun();
        this.sockets = sockets;
        this.rooms = rooms;
        this.isHome = kernel.agent().role() == Role.HOME_AGENT;
        this.waits = waits;
        this.bindings = bindings;
        this.drops = drops;
        encapsulator = new Encapsulator(bindings, kernel.agent(), drops, headers.octets(), this);
        this.wakeup = wakeup;
    }

    /** Sends a packet of the agent's own, behind all that have left by the device before. */
    void send(Tunnel tunnel, Ipv4Packet packet) {
        TunnelEnd end = new TunnelEnd(tunnel);
        own.add(new Own(
                packet.toOctets(),
                (at, length) -> encapsulator.send(in, at + Offloaded.LENGTH, length - Offloaded.LENGTH, end)));
        wakeup.wake();
    }

    /** A visitor's packet that no route leads into its reverse tunnel. */
    void reverse(ByteBuffer packet) {
        if (own.addOfVisitor(new Own(packet, (at, length) -> encapsulator.reverse(in, at, length)))) {
            wakeup.wake();
        } else {
            drops.count(Drop.NO_ROOM, bindings.get(packet.getInt(packet.position() + Ip.SOURCE)));
        }
    }

    /** Until {@link #close}. */
    void run() {
        try (HeldDescriptor device = tun.hold();
                HeldDescriptor rawSocket = sockets.sender().hold();
                HeldDescriptor udpSocket = sockets.udp().hold();
                HeldDescriptor woken = wakeup.hold()) {
            held = new Held(device, rawSocket, udpSocket);
            InputPoll poll = new InputPoll(device, woken);
            while (!closed) {
                poll.await(FOREVER);
                if (poll.isReady(1)) {
                    woken.read(wakeups, 0, Long.BYTES);
                }
                boolean more;
                do {
                    more = step(device);
                    more |= sendOwn();
                } while (more);
            }
        } catch (KernelException | RuntimeException e) {
            if (!closed) {
                LOG.error("nothing enters tunnels until the agent is started again", e);
            }
        }
    }

    /** Whether there may be more to read. */
    private boolean step(HeldDescriptor device) {
        int count = 0;
        while (count < AT_ONCE && !closed) {
            int at = count * LONGEST;
            long length = device.read(packets, at, LONGEST);
            if (length < 0) {
                break;
            }
            count++;
            if (isHome && rooms.isUsed() && isPacket(at, (int) length) && rooms.takesAtHome(in, at, (int) length)) {
                waits.run();
            } else {
                encapsulator.take(in, at, (int) length);
            }
        }
        encapsulator.flush();
        return count == AT_ONCE;
    }

    private boolean isPacket(int at, int length) {
        return Ip.isWhole(in, at + Offloaded.LENGTH, length - Offloaded.LENGTH);
    }

    /** Whether there may be more to send. */
    private boolean sendOwn() {
        for (int count = 0; count < AT_ONCE; count++) {
            Own next = own.poll();
            if (next == null) {
                return false;
            }
            int length = next.packet().remaining();
            Offloaded.none(in, 0);
            in.put(Offloaded.LENGTH, next.packet(), next.packet().position(), length);
            next.way().take(0, Offloaded.LENGTH + length);
            encapsulator.flush();
        }
        return !closed;
    }

    @Override
    public void begin(Binding binding, int remote, int port, int typeOfService, int segment) {
        Outgoing wanted = port == 0 ? raw : udp;
        if (wanted != current) {
            flush();
            current = wanted;
        }
        current.bindings[current.messages.count()] = binding;
        current.messages.begin(remote, port);
        if (port != 0) {
            current.messages.segment(segment, typeOfService);
        }
    }

    @Override
    public void piece(int header, int headerLength, int body, int bodyLength) {
        current.messages.add(headers, header, headerLength);
        current.messages.add(packets, body, bodyLength);
    }

    @Override
    public void end() {
        current.messages.end();
    }

    @Override
    public boolean isFull(int pieces) {
        return raw.messages.isFullFor(pieces) || udp.messages.isFullFor(pieces);
    }

    @Override
    public void flush() {
        Held now = held;
        if (now != null) {
            send(now.raw, raw);
            send(now.udp, udp);
        }
    }

    private void send(HeldDescriptor socket, Outgoing outgoing) {
        OutgoingMessages messages = outgoing.messages;
        int first = 0;
        while (first < messages.count()) {
            long sent = socket.send(messages, first);
            if (sent < 0) {
                drops.count(reason((int) -sent), outgoing.bindings[first]);
                first++;
            } else {
                first += (int) sent;
            }
        }
        messages.clear();
    }

    private static Drop reason(int errno) {
        if (errno == Errno.EMSGSIZE.number()) {
            return Drop.TOO_BIG;
        }
        return errno == Errno.ENETUNREACH.number() || errno == Errno.EHOSTUNREACH.number()
                ? Drop.NO_ROUTE
                : Drop.REFUSED;
    }

    @Override
    public void back(int at, int length) {
        Held now = held;
        if (now != null) {
            back.clear();
            back.add(packets, at, length);
            now.device.write(back);
        }
    }

    /** The thread lets go of its descriptors, and ends. */
    void close() {
        closed = true;
        wakeup.wake();
    }

    private static final class Outgoing {
        private final OutgoingMessages messages = new OutgoingMessages(MESSAGES, 2 * Encapsulator.HEADERS);

        /** Whose each of them is. */
        private final Binding[] bindings = new Binding[MESSAGES];
    }

    private record Held(HeldDescriptor device, HeldDescriptor raw, HeldDescriptor udp) {}
}
