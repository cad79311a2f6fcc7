package org.mooring.linux.packet;

import static org.mooring.linux.KernelException.check;

import java.net.Inet4Address;
import org.mooring.linux.KernelException;
import org.mooring.linux.batch.HeldDescriptor;
import org.mooring.linux.libc.Descriptor;
import org.mooring.linux.libc.InputDescriptor;
import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.Syscall;

/**
 * The UDP socket of tunnel data (RFC 3519), at the port of an agent that has a socket of its own there. The kernel gives each datagram to
 * one of the two: tunnel data to this one, all else, and tunnel data for the agent itself, to the agent's (socket(7), SO_REUSEPORT), which
 * has to be the one that is bound first. What comes and goes as one stays one (udp(7), UDP_GRO, UDP_SEGMENT).
 */
public final class TunnelDataSocket implements AutoCloseable {
    private static final int AGENTS = 0;
    private static final int OURS = 1;
    private static final int TTL = 64;
    private static final int ALWAYS_DONT_FRAGMENT = 3; // IP_PMTUDISC_PROBE

    private final InputDescriptor socket;

    private TunnelDataSocket(InputDescriptor socket) {
        this.socket = socket;
    }

    /**
     * Opens the socket. What it sends may not be fragmented.
     *
     * @param firstOctet of tunnel data
     * @param keepalive identifier of the pings that the agent sends through tunnels in others' names; zero if it sends none
     */
    public static TunnelDataSocket open(Inet4Address local, int port, int firstOctet, int keepalive)
            throws KernelException {
        Descriptor descriptor = new Descriptor(
                check(Syscall.socket(Syscall.AF_INET, Syscall.SOCK_DGRAM, Ipv4Packet.UDP), () -> "open a UDP socket"));
        try {
            set(descriptor, Syscall.SOL_SOCKET, Syscall.SO_REUSEADDR, 1);
            set(descriptor, Syscall.SOL_SOCKET, Syscall.SO_REUSEPORT, 1);
            set(descriptor, Syscall.SOL_IP, Syscall.IP_RECVTOS, 1);
            set(descriptor, Syscall.SOL_IP, Syscall.IP_TTL, TTL);
            set(descriptor, Syscall.SOL_IP, Syscall.IP_MTU_DISCOVER, ALWAYS_DONT_FRAGMENT);
            set(descriptor, Syscall.SOL_UDP, Syscall.UDP_GRO, 1);
            check(
                    descriptor.use(fd -> Syscall.bind(fd, RawIpv4Socket.socketAddress(local, port))),
                    () -> "bind a UDP socket to " + local.getHostAddress() + ":" + port);
            PacketFilter agents = PacketFilter.noTunnelData(firstOctet, local);
            Memory program = (keepalive == 0 ? agents : agents.or(PacketFilter.answerInTunnelData(keepalive)))
                    .toProgram(AGENTS, OURS);
            check(
                    descriptor.use(fd ->
                            Syscall.setsockopt(fd, Syscall.SOL_SOCKET, Syscall.SO_ATTACH_REUSEPORT_CBPF, program)),
                    () -> "tell tunnel data from messages at " + local.getHostAddress() + ":" + port);
            TunnelDataSocket opened = new TunnelDataSocket(new InputDescriptor(descriptor));
            SocketQueue.deepen(opened.socket);
            return opened;
        } catch (KernelException e) {
            descriptor.close();
            throw e;
        }
    }

    private static void set(Descriptor descriptor, int level, int option, int value) throws KernelException {
        check(
                descriptor.use(fd -> Syscall.setsockopt(fd, level, option, value)),
                () -> "set option " + option + " of a UDP socket");
    }

    /** As {@link RawIpv4Socket#dropped}. */
    public long dropped() {
        return SocketQueue.dropped(socket);
    }

    /** As {@link RawIpv4Socket#hold}. */
    public HeldDescriptor hold() throws KernelException {
        return new HeldDescriptor(socket.descriptor());
    }

    @Override
    public void close() {
        socket.close();
    }
}
