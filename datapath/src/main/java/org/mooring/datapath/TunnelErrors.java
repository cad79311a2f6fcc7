package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.mooring.linux.KernelException;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.RawIpv4Socket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of the tunnels by the ICMP errors about outer packets. Errors are told to who sent the inner packet, if enough of it came
 * back (RFC 2003 §4); the MTU of tunnels is learnt from routers that an outer packet was too big for (§5.1, RFC 1191): once the routes into
 * the tunnel have it, the kernel tells each sender.
 */
final class TunnelErrors implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TunnelErrors.class);

    /** RFC 1191 §6.3: after that, a bigger packet shall find out anew. */
    private static final long MINUTES = 10;

    /** Whose tunnels these are. Its methods are called on threads of this class's own. */
    interface Tunnels {
        /** Whether the tunnel that {@code error} is about is one of these, and its inner packet, if it is known, went there. */
        boolean concerns(TunnelError error);

        /** {@link #mtuTo} has something else to say. */
        void mtuChanged() throws IOException;
    }

    private final RawIpv4Socket socket;
    private final Inet4Address address;
    private final boolean destinationIsHome;
    private final Map<Inet4Address, Integer> learnt = new ConcurrentHashMap<>();
    private final ScheduledExecutorService forgetting = Executors.newSingleThreadScheduledExecutor(this::daemon);

    private TunnelErrors(RawIpv4Socket socket, Inet4Address address, boolean destinationIsHome) {
        this.socket = socket;
        this.address = address;
        this.destinationIsHome = destinationIsHome;
    }

    /**
     * @param address where the tunnels begin
     * @param destinationIsHome whether what enters them is for this very network, as its senders believe
     */
    static TunnelErrors open(Inet4Address address, boolean destinationIsHome) throws IOException {
        return new TunnelErrors(RawIpv4Socket.open(Ipv4Packet.ICMP, address), address, destinationIsHome);
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
        } catch (IOException | RuntimeException e) {
            // Closing ends in silence.
            LOG.error(
                    "errors from tunnels are not heard until the agent is started again address={}",
                    address.getHostAddress(),
                    e);
        }
    }

    private void read(ByteBuffer icmp, Tunnels tunnels) {
        Optional<TunnelError> about = TunnelError.read(icmp, address);
        // Of others than the tunnels' exits there are more than the memory holds.
        if (about.isEmpty() || !tunnels.concerns(about.get())) {
            return;
        }
        TunnelError error = about.get();
        if (error.isTooBig()) {
            learn(error.tunnelExit(), error.pathMtu(), tunnels);
        }
        Optional<ByteBuffer> message = error.forSender(destinationIsHome);
        if (message.isPresent()) {
            tell(error.sender().orElseThrow(), message.get());
        }
    }

    private void tell(Inet4Address sender, ByteBuffer message) {
        try {
            socket.send(sender, message);
        } catch (KernelException e) {
            LOG.debug("error from a tunnel not told to={}", sender.getHostAddress(), e);
        }
    }

    private void learn(Inet4Address tunnelExit, int mtu, Tunnels tunnels) {
        if (mtuTo(tunnelExit).orElse(Integer.MAX_VALUE) <= mtu) {
            return;
        }
        Integer before = learnt.put(tunnelExit, mtu);
        LOG.debug("path MTU to={} mtu={}", tunnelExit.getHostAddress(), mtu);
        try {
            tunnels.mtuChanged();
        } catch (IOException e) {
            // So that the next error of the kind is not the second one.
            LOG.debug("path MTU not applied", e);
            restore(tunnelExit, mtu, before);
            return;
        }
        forgetting.schedule(() -> forget(tunnelExit, mtu, tunnels), MINUTES, TimeUnit.MINUTES);
    }

    private void forget(Inet4Address tunnelExit, int mtu, Tunnels tunnels) {
        if (learnt.remove(tunnelExit, mtu)) {
            try {
                tunnels.mtuChanged();
            } catch (IOException e) {
                LOG.debug("path MTU not forgotten", e);
            }
        }
    }

    private void restore(Inet4Address tunnelExit, int mtu, @Nullable Integer before) {
        if (before == null) {
            learnt.remove(tunnelExit, mtu);
        } else {
            learnt.replace(tunnelExit, mtu, before);
        }
    }

    private Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "tunnel-errors-" + address.getHostAddress());
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void close() {
        socket.close();
        forgetting.shutdownNow();
    }
}
