package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.KernelException;
import org.mooring.linux.packet.RawIpv4Socket;
import org.mooring.linux.packet.TunnelDataSocket;

/**
 * The sockets of tunnels that the agent carries itself. The kernel puts fragments together before they come here; and while a protocol has a
 * socket, it answers none of its packets "protocol unreachable".
 */
final class TunnelSockets implements AutoCloseable {
    /** Of the pings that a foreign agent sends in its visitors' names (RFC 3519 §4.9), as {@code Keepalives} of module protocol has it. */
    private static final int KEEPALIVE_ID = 434;

    private static final List<Encapsulation> WITHOUT_PORTS =
            List.of(Encapsulation.IPIP, Encapsulation.GRE, Encapsulation.MINIMAL);

    private final RawIpv4Socket sender;
    private final TunnelDataSocket udp;
    private final List<RawIpv4Socket> raw;

    /** At the agent's addresses on visitor links. */
    private final List<RawIpv4Socket> atLinks = new ArrayList<>();

    private TunnelSockets(RawIpv4Socket sender, TunnelDataSocket udp, List<RawIpv4Socket> raw) {
        this.sender = sender;
        this.udp = udp;
        this.raw = raw;
    }

    static TunnelSockets open(Inet4Address address, Role role) throws IOException {
        Deque<Runnable> closing = new ArrayDeque<>();
        try {
            RawIpv4Socket sender = RawIpv4Socket.openSender(address);
            closing.push(sender::close);
            sender.deepen();
            TunnelDataSocket udp = TunnelDataSocket.open(
                    address, Tunnel.OWN_PORT, Tunnel.DATA, role == Role.FOREIGN_AGENT ? KEEPALIVE_ID : 0);
            closing.push(udp::close);
            List<RawIpv4Socket> raw = new ArrayList<>();
            for (Encapsulation encapsulation : WITHOUT_PORTS) {
                RawIpv4Socket socket = RawIpv4Socket.open(encapsulation.protocol(), address);
                closing.push(socket::close);
                socket.deepen();
                raw.add(socket);
            }
            return new TunnelSockets(sender, udp, raw);
        } catch (IOException | RuntimeException e) {
            closing.forEach(Runnable::run);
            throw e;
        }
    }

    /** Where {@link PacketMarks} leaves what visitors encapsulate to the agent itself (RFC 3024 §5.2). */
    synchronized void listenToVisitors(Inet4Address linkAddress) throws KernelException {
        for (Encapsulation encapsulation : WITHOUT_PORTS) {
            atLinks.add(RawIpv4Socket.openMarked(encapsulation.protocol(), linkAddress, TunEngine.TUNNEL_MARK));
        }
    }

    /** Takes packets whose headers are written already. */
    RawIpv4Socket sender() {
        return sender;
    }

    TunnelDataSocket udp() {
        return udp;
    }

    List<RawIpv4Socket> raw() {
        return raw;
    }

    synchronized List<RawIpv4Socket> atLinks() {
        return List.copyOf(atLinks);
    }

    /** How many packets found no room before they were received. */
    synchronized long dropped() {
        return udp.dropped()
                + raw.stream().mapToLong(RawIpv4Socket::dropped).sum()
                + atLinks.stream().mapToLong(RawIpv4Socket::dropped).sum();
    }

    @Override
    public synchronized void close() {
        sender.close();
        udp.close();
        raw.forEach(RawIpv4Socket::close);
        atLinks.forEach(RawIpv4Socket::close);
    }
}
