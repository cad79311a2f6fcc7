package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.mooring.linux.Ipv4;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.RawIpv4Socket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns the MTU of tunnels from routers that an outer packet was too big for (RFC 2003 §5.1, RFC 1191). Their messages hold too little
 * of the inner packet to be passed on to its sender; but once the routes into the tunnel have the lower MTU, the kernel tells the next
 * one.
 */
final class PathMtuDiscovery implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PathMtuDiscovery.class);
    private static final short FRAGMENTATION_NEEDED = 0x0304; // type 3, code 4
    private static final int NEXT_HOP_MTU = 6;
    private static final int OUTER_HEADER = 8;
    private static final int PROTOCOL = 9;
    private static final int SOURCE = 12;
    private static final int DESTINATION = 16;

    /** What every host accepts (RFC 1122 §3.3.2). It is a forgery, or a router that doesn't tell, if it should be less. */
    private static final int LEAST = 576;

    /** RFC 1191 §6.3: after that, a bigger packet shall find out anew. */
    private static final long MINUTES = 10;

    /** Whose tunnels these are. Its methods are called on threads of this class's own. */
    interface Tunnels {
        boolean leadTo(Inet4Address tunnelExit);

        /** {@link #mtuTo} has something else to say. */
        void mtuChanged();
    }

    private final RawIpv4Socket socket;
    private final Inet4Address address;
    private final Map<Inet4Address, Integer> learnt = new ConcurrentHashMap<>();
    private final ScheduledExecutorService forgetting = Executors.newSingleThreadScheduledExecutor(this::daemon);

    private PathMtuDiscovery(RawIpv4Socket socket, Inet4Address address) {
        this.socket = socket;
        this.address = address;
    }

    /** @param address where the tunnels begin */
    static PathMtuDiscovery open(Inet4Address address) throws IOException {
        return new PathMtuDiscovery(RawIpv4Socket.open(Ipv4Packet.ICMP, address), address);
    }

    /** Begins to learn. */
    void start(Tunnels tunnels) {
        daemon(() -> listen(tunnels)).start();
    }

    /** The MTU of the way to this tunnel exit as far as it is known, in octets of the outer packet. */
    OptionalInt mtuTo(Inet4Address tunnelExit) {
        Integer mtu = learnt.get(tunnelExit);
        return mtu == null ? OptionalInt.empty() : OptionalInt.of(mtu);
    }

    /** The least that is known of the way to any tunnel exit. */
    OptionalInt least() {
        return learnt.values().stream().mapToInt(Integer::intValue).min();
    }

    private void listen(Tunnels tunnels) {
        try {
            for (var packet = socket.receive(); packet.isPresent(); packet = socket.receive()) {
                read(packet.get().payload(), tunnels);
            }
        } catch (IOException e) {
            LOG.debug("path MTU discovery ended address={}", address.getHostAddress(), e);
        }
    }

    private void read(ByteBuffer icmp, Tunnels tunnels) {
        boolean aboutTunnel = icmp.remaining() >= OUTER_HEADER + Ipv4Packet.HEADER_LENGTH
                && icmp.getShort(0) == FRAGMENTATION_NEEDED
                && isTunnelled(icmp.get(OUTER_HEADER + PROTOCOL))
                && Ipv4.read(icmp.slice(OUTER_HEADER + SOURCE, Ipv4.LENGTH)).equals(address);
        if (aboutTunnel) {
            Inet4Address tunnelExit = Ipv4.read(icmp.slice(OUTER_HEADER + DESTINATION, Ipv4.LENGTH));
            learn(tunnelExit, Math.max(icmp.getShort(NEXT_HOP_MTU) & 0xffff, LEAST), tunnels);
        }
    }

    private static boolean isTunnelled(int protocol) {
        return Arrays.stream(Encapsulation.values()).anyMatch(encapsulation -> encapsulation.protocol() == protocol);
    }

    private void learn(Inet4Address tunnelExit, int mtu, Tunnels tunnels) {
        // Others than the tunnels' exits could fill the memory.
        if (mtuTo(tunnelExit).orElse(Integer.MAX_VALUE) <= mtu || !tunnels.leadTo(tunnelExit)) {
            return;
        }
        learnt.put(tunnelExit, mtu);
        LOG.debug("path MTU to={} mtu={}", tunnelExit.getHostAddress(), mtu);
        tunnels.mtuChanged();
        forgetting.schedule(() -> forget(tunnelExit, mtu, tunnels), MINUTES, TimeUnit.MINUTES);
    }

    private void forget(Inet4Address tunnelExit, int mtu, Tunnels tunnels) {
        if (learnt.remove(tunnelExit, mtu)) {
            tunnels.mtuChanged();
        }
    }

    private Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "path-mtu-" + address.getHostAddress());
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void close() {
        socket.close();
        forgetting.shutdownNow();
    }
}
