package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.mooring.linux.Ipv4;
import org.mooring.linux.KernelException;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.RawIpv4Socket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of tunnelled packets that arrived in fragments, with options, or with a GRE checksum. The programs leave these to the kernel,
 * which puts them together; here they arrive whole, and are put on the agent's device, where a program takes them out of the tunnel as
 * it does at an uplink. So it is with what a visitor encapsulates (RFC 3024 §5.2): the program at its link has marked what has the visitor's
 * link-layer address, and the mark is what its sockets go by. The sockets are open for as long as the agent lives: without one, the kernel would answer "protocol
 * unreachable".
 */
final class SlowPath implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SlowPath.class);

    private static final int GRE_CHECKSUM = 0x8000; // of the first half
    private static final int GRE_HEADER = 4;
    private static final int GRE_HEADER_WITH_CHECKSUM = 8;

    /** Of packets that visitors have encapsulated; the visitor's number is in the upper half. */
    private static final int VISITOR_MARK = 0x1b3;

    private static final Set<Encapsulation> OF_VISITORS =
            EnumSet.of(Encapsulation.IPIP, Encapsulation.GRE, Encapsulation.MINIMAL);

    private final Map<Encapsulation, RawIpv4Socket> sockets = new EnumMap<>(Encapsulation.class);
    private final List<RawIpv4Socket> atLinks = new ArrayList<>();
    private final Set<Visitors> heard = new HashSet<>();
    private final TunnelDevice device;

    private SlowPath(TunnelDevice device) {
        this.device = device;
    }

    static SlowPath open(Inet4Address address, TunnelDevice device) throws IOException {
        SlowPath path = new SlowPath(device);
        try {
            for (Encapsulation encapsulation : Encapsulation.values()) {
                path.sockets.put(
                        encapsulation,
                        encapsulation == Encapsulation.UDP
                                ? RawIpv4Socket.openUdp(address, Tunnel.OWN_PORT, Tunnel.DATA)
                                : RawIpv4Socket.open(encapsulation.protocol(), address));
            }
        } catch (IOException e) {
            path.close();
            throw e;
        }
        path.sockets.values().forEach(socket -> path.start(socket, packet -> packet));
        return path;
    }

    /** Sends a packet of the agent's own into a tunnel. */
    void send(Tunnel tunnel, Ipv4Packet packet) throws KernelException {
        RawIpv4Socket socket = sockets.get(tunnel.encapsulation());
        if (socket == null) {
            throw new AssertionError(tunnel);
        }
        socket.send(tunnel.remote(), tunnel.payload(packet));
    }

    /**
     * Takes what visitors encapsulate to this address, from now on.
     *
     * @param number that the programs know them by: zero, or that of a namesake
     */
    synchronized void listenToVisitors(Inet4Address address, int number) throws IOException {
        Visitors visitors = new Visitors(address, number);
        if (heard.contains(visitors)) {
            return;
        }
        List<RawIpv4Socket> opened = new ArrayList<>();
        try {
            for (Encapsulation encapsulation : OF_VISITORS) {
                opened.add(RawIpv4Socket.openMarked(
                        encapsulation.protocol(), address, VISITOR_MARK | number << Short.SIZE));
            }
        } catch (IOException e) {
            opened.forEach(RawIpv4Socket::close);
            throw e;
        }
        atLinks.addAll(opened);
        heard.add(visitors);
        // An address that nobody has: so no other packet is taken for a visitor's.
        Inet4Address said = Ipv4.address(number + 1);
        opened.forEach(socket -> start(socket, packet -> to(said, packet)));
    }

    /** @param change what is done to a packet before it is put on the agent's device */
    private void start(RawIpv4Socket socket, UnaryOperator<Ipv4Packet> change) {
        Thread thread = new Thread(() -> forward(socket, change), device.link().name() + "-slow-path");
        thread.setDaemon(true);
        thread.start();
    }

    private void forward(RawIpv4Socket socket, UnaryOperator<Ipv4Packet> change) {
        try {
            for (var packet = socket.receive(); packet.isPresent(); packet = socket.receive()) {
                Optional<Ipv4Packet> whole =
                        packet.flatMap(SlowPath::verified).map(SlowPath::whole).map(change);
                if (whole.isPresent()) {
                    write(whole.get());
                }
            }
        } catch (IOException | RuntimeException e) {
            // Closing ends in silence.
            LOG.error(
                    "what arrives in fragments, or with options, is lost until the agent is started again device={}",
                    device.link().name(),
                    e);
        }
    }

    /** That the device is down, or has no room, may pass. */
    private void write(Ipv4Packet packet) {
        try {
            device.tun().write(packet.toOctets());
        } catch (KernelException e) {
            LOG.debug(
                    "a packet that was put together is lost device={}",
                    device.link().name(),
                    e);
        }
    }

    /** Takes the checksum out of a GRE header that has one (RFC 2784 §2.2); empty if it is wrong. */
    private static Optional<Ipv4Packet> verified(Ipv4Packet packet) {
        ByteBuffer gre = packet.payload();
        boolean hasChecksum = packet.protocol() == Encapsulation.GRE.protocol()
                && gre.remaining() >= GRE_HEADER_WITH_CHECKSUM
                && (gre.getShort(0) & GRE_CHECKSUM) != 0;
        if (!hasChecksum) {
            return Optional.of(packet);
        }
        if (Checksum.of(gre) != 0) {
            return Optional.empty();
        }
        int length = gre.remaining() - GRE_HEADER_WITH_CHECKSUM;
        ByteBuffer payload = ByteBuffer.allocate(GRE_HEADER + length)
                .putShort((short) (gre.getShort(0) & ~GRE_CHECKSUM))
                .putShort(gre.getShort(Short.BYTES))
                .put(gre.slice(GRE_HEADER_WITH_CHECKSUM, length));
        return Optional.of(withPayload(packet, payload.flip()));
    }

    /** Without options, which would bring it back to here. */
    private static Ipv4Packet whole(Ipv4Packet packet) {
        return withPayload(packet, packet.payload());
    }

    private static Ipv4Packet to(Inet4Address destination, Ipv4Packet packet) {
        return new Ipv4Packet(
                packet.typeOfService(),
                packet.identification(),
                packet.fragment(),
                packet.ttl(),
                packet.protocol(),
                packet.source(),
                destination,
                packet.payload());
    }

    private static Ipv4Packet withPayload(Ipv4Packet packet, ByteBuffer payload) {
        return new Ipv4Packet(
                packet.typeOfService(),
                packet.identification(),
                0,
                packet.ttl(),
                packet.protocol(),
                packet.source(),
                packet.destination(),
                payload);
    }

    @Override
    public synchronized void close() {
        sockets.values().forEach(RawIpv4Socket::close);
        atLinks.forEach(RawIpv4Socket::close);
    }

    /** Those that are told apart by nothing. */
    private record Visitors(Inet4Address encapsulateTo, int number) {}
}
