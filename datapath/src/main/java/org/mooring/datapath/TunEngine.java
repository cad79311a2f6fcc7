package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.batch.Wakeup;
import org.mooring.linux.netlink.Route;
import org.mooring.linux.netlink.Rule;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.tun.Tun;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Two threads of the agent, which carry packets between its device and sockets: for kernels without BPF. What they do ends with the agent.
 */
final class TunEngine implements Rooms, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TunEngine.class);

    /** Of packets that shall go into a visitor's reverse tunnel. */
    static final int TUNNEL_MARK = 0x1b3;

    /** What the device holds for the thread that reads it. */
    private static final int QUEUE = 2000;

    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(5);
    private static final long POLL = TimeUnit.MILLISECONDS.toNanos(5);

    static final int WAITING_TABLE = 437;
    private static final int WAITING_PRIORITY = 434;

    /** As for {@link #TUNNEL_MARK}. */
    static final int TUNNEL_TABLE = 435;

    private final TunKernel kernel;
    private final Bindings bindings;
    private final Drops drops;
    private final TunRooms rooms;
    private final TunnelSockets sockets;
    private final PacketMarks marks;
    private final TunnelEntrance entrance;
    private final TunnelExit exit;
    private final Wakeup exitWakeup;

    /** How it is closed, what was opened last first. */
    private final Deque<Runnable> closing;

    /** Where visitors encapsulate packets to. */
    private final Set<Inet4Address> linkAddresses = new HashSet<>();

    /** Home addresses whose packets are led to here though they are at home. */
    private final Set<Inet4Address> waitingAtHome = new HashSet<>();

    /** Where what visitors have encapsulated goes on from. */
    private volatile Optional<Tun> reverse = Optional.empty();

    private TunEngine(TunKernel kernel, List<Interface> clamped, Deque<Runnable> closing) throws IOException {
        this.kernel = kernel;
        this.closing = closing;
        bindings = new Bindings();
        drops = new Drops();
        rooms = new TunRooms(bindings, drops);
        boolean isHome = kernel.agent().role() == Role.HOME_AGENT;
        sockets = TunnelSockets.open(kernel.agent().address(), kernel.agent().role());
        closing.push(sockets::close);
        String device = kernel.device().link().name();
        marks = PacketMarks.open(
                device,
                isHome ? kernel.uplinks() : List.of(),
                new Clamping(clamped, kernel.agent().segment()));
        closing.push(marks::close);
        Wakeup entranceWakeup = Wakeup.open();
        closing.push(entranceWakeup::close);
        exitWakeup = Wakeup.open();
        closing.push(exitWakeup::close);
        entrance = new TunnelEntrance(kernel, bindings, sockets, rooms, exitWakeup::wake, entranceWakeup, drops);
        exit = new TunnelExit(kernel, bindings, sockets, rooms, this::released, this::sendReverse, exitWakeup, drops);
    }

    /** @param clamped links where TCP sessions agree on segments that fit into tunnels */
    static TunEngine open(TunKernel kernel, List<Interface> clamped) throws IOException {
        Deque<Runnable> closing = new ArrayDeque<>();
        try {
            return new TunEngine(kernel, clamped, closing);
        } catch (IOException | RuntimeException e) {
            closing.forEach(Runnable::run);
            throw e;
        }
    }

    /** Takes the place of a former process's datapath: from now on packets are carried. */
    void begin() throws IOException {
        Interface device = kernel.device().link();
        kernel.netlink().links().setTxQueueLength(device, QUEUE);
        if (kernel.agent().role() == Role.HOME_AGENT) {
            kernel.netlink()
                    .routes()
                    .ensure(List.of(Route.byDefault().dev(device).table(WAITING_TABLE)));
            kernel.netlink()
                    .rules()
                    .ensure(Rule.lookup(WAITING_TABLE)
                            .priority(WAITING_PRIORITY)
                            .mark(PacketMarks.WAITING));
        }
        awaitCarrier(device);
        start(device.name() + "-out", exit::run);
        start(device.name() + "-in", entrance::run);
    }

    /** A device that was there before is ready a moment after it was opened. Until then, what is routed to it is lost. */
    private void awaitCarrier(Interface device) throws IOException {
        long begin = System.nanoTime();
        while (!kernel.netlink().links().get(device.name()).running() && System.nanoTime() - begin < PATIENCE) {
            LockSupport.parkNanos(POLL);
        }
    }

    private static void start(String name, Runnable loop) {
        Thread thread = new Thread(loop, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void start(Waiting waiting) {
        rooms.start(waiting);
    }

    /** What is put for a home address takes the place of what was there as a whole: a packet sees one of both. */
    synchronized void put(Inet4Address homeAddress, ForwardingEntry entry) throws IOException {
        if (entry.encapsulatesTo().isPresent()) {
            listenToVisitors(entry.encapsulatesTo().get());
        }
        bindings.put(homeAddress, entry);
        marks.put(homeAddress, entry);
    }

    private void listenToVisitors(Inet4Address linkAddress) throws IOException {
        if (reverse.isEmpty()) {
            String name = kernel.device().link().name() + "-rev";
            Tun tun = Tun.open(name, Tun.Layer.IP);
            closing.push(tun::close);
            TunnelDevice.prepare(kernel.netlink(), tun, kernel.agent().address());
            kernel.netlink()
                    .rules()
                    .ensure(Rule.lookup(TUNNEL_TABLE).priority(TUNNEL_TABLE).inputInterface(name));
            reverse = Optional.of(tun);
        }
        if (linkAddresses.add(linkAddress)) {
            sockets.listenToVisitors(linkAddress);
            exitWakeup.wake();
        }
    }

    /** RFC 3024 §5.3: broadcasts and multicasts, too, which the kernel would take to be its own. */
    private void sendReverse(ByteBuffer packet) {
        Optional<Tun> way = reverse;
        try {
            if (Ip.isGroup(packet.getInt(Ip.DESTINATION))) {
                entrance.reverse(packet);
            } else if (way.isPresent()) {
                way.get().write(packet);
            }
        } catch (KernelException e) {
            LOG.debug("a visitor's packet is lost", e);
        }
    }

    synchronized void remove(Inet4Address homeAddress) throws IOException {
        bindings.remove(homeAddress);
        marks.remove(homeAddress);
    }

    /** Sends a packet of the agent's own into a tunnel, behind what has been sent into it before. */
    void send(Tunnel tunnel, Ipv4Packet packet) {
        entrance.send(tunnel, packet);
    }

    @Override
    public void hold(Inet4Address homeAddress, Set<Path> paths, Optional<Inet4Address> old) throws IOException {
        rooms.hold(homeAddress, paths, old);
        exitWakeup.wake();
        if (kernel.agent().role() == Role.HOME_AGENT && paths.contains(Path.NEW)) {
            synchronized (this) {
                if (!waitingAtHome.contains(homeAddress)) {
                    marks.hold(homeAddress);
                    waitingAtHome.add(homeAddress);
                }
            }
        }
    }

    private synchronized void released(Inet4Address homeAddress) {
        try {
            if (waitingAtHome.remove(homeAddress)) {
                marks.release(homeAddress);
            }
        } catch (KernelException e) {
            LOG.debug("what comes for {} goes on by way of the agent", homeAddress.getHostAddress(), e);
        }
    }

    @Override
    public void follow(Inet4Address homeAddress, Optional<Inet4Address> old) {
        rooms.follow(homeAddress, old);
    }

    @Override
    public void open(Inet4Address homeAddress, Path path) {
        rooms.open(homeAddress, path);
        exitWakeup.wake();
    }

    @Override
    public void deliver(Inet4Address homeAddress, ByteBuffer packet) {
        rooms.deliver(homeAddress, packet);
        exitWakeup.wake();
    }

    @Override
    public void end(Inet4Address homeAddress) {
        rooms.end(homeAddress);
        released(homeAddress);
    }

    @Override
    public Map<Inet4Address, Long> counts() {
        return rooms.counts();
    }

    Map<Inet4Address, Traffic> traffic() {
        return bindings.traffic();
    }

    Map<Inet4Address, Map<Drop, Long>> bindingDrops() {
        return bindings.drops();
    }

    Map<Drop, Long> drops() {
        Map<Drop, Long> all = drops.counts();
        all.merge(Drop.NO_ROOM, sockets.dropped(), Long::sum);
        return all;
    }

    @Override
    public void close() {
        entrance.close();
        exit.close();
        closing.forEach(Runnable::run);
    }
}
