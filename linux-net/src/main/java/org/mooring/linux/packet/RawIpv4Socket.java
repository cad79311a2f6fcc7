package org.mooring.linux.packet;

import static org.mooring.linux.KernelException.check;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;
import org.mooring.linux.batch.HeldDescriptor;
import org.mooring.linux.libc.Descriptor;
import org.mooring.linux.libc.InputDescriptor;
import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.MessageHeader;
import org.mooring.linux.libc.Syscall;

/**
 * Receives whole IPv4 packets of one protocol that are for this machine, reassembled by the kernel (raw(7)). While one is open for a
 * protocol, the kernel sends no "protocol unreachable" for it. Needs CAP_NET_RAW. One thread at a time receives; any may send or
 * close.
 */
public final class RawIpv4Socket implements AutoCloseable {
    private static final int ADDRESS_SIZE = 16; // struct sockaddr_in
    private static final int RECEIVE_BUFFER = 1 << 20;
    private static final int WITH_HEADER = 255; // IPPROTO_RAW

    /** IP_PMTUDISC_INTERFACE: what the kernel believes of the way may be older than what the sender knows. */
    private static final int MTU_OF_INTERFACE = 4;

    private final int protocol;
    private final InputDescriptor socket;
    private final Memory buffer = new Memory(Ipv4Packet.MAX_LENGTH);

    private RawIpv4Socket(int protocol, InputDescriptor socket) {
        this.protocol = protocol;
        this.socket = socket;
    }

    /**
     * Opens a socket that gets the packets of {@code protocol} to {@code local}, which is also what it sends from.
     *
     * @param protocol as {@link Ipv4Packet#IPIP}
     * @param local an address of this machine; 0.0.0.0 for all of them
     */
    public static RawIpv4Socket open(int protocol, Inet4Address local) throws KernelException {
        return open(protocol, local, Optional.empty());
    }

    /** As {@link #open(int, Inet4Address)}, for packets with this mark only. */
    public static RawIpv4Socket openMarked(int protocol, Inet4Address local, int mark) throws KernelException {
        return open(protocol, local, Optional.of(PacketFilter.marked(mark)));
    }

    /** Opens a socket that receives nothing, and sends whole packets whose headers its user has written (raw(7), IPPROTO_RAW). */
    public static RawIpv4Socket openSender(Inet4Address local) throws KernelException {
        RawIpv4Socket opened = open(WITH_HEADER, local, Optional.empty());
        opened.socket.use(fd -> Syscall.setsockopt(fd, Syscall.SOL_IP, Syscall.IP_MTU_DISCOVER, MTU_OF_INTERFACE));
        return opened;
    }

    /**
     * Opens a socket that gets UDP datagrams to {@code port} of {@code local} which begin with an octet. Others that have the port get
     * them, too.
     */
    public static RawIpv4Socket openUdp(Inet4Address local, int port, int firstOctet) throws KernelException {
        return open(Ipv4Packet.UDP, local, Optional.of(PacketFilter.rawUdpTo(port, firstOctet)));
    }

    private static RawIpv4Socket open(int protocol, Inet4Address local, Optional<PacketFilter> filter)
            throws KernelException {
        Descriptor descriptor = new Descriptor(check(
                Syscall.socket(Syscall.AF_INET, Syscall.SOCK_RAW, protocol),
                () -> "open a raw socket for IP protocol " + protocol));
        try {
            // A burst of fragmented packets is more than the default holds; a smaller buffer than asked for will do as
            // well.
            descriptor.use(fd -> Syscall.setsockopt(fd, Syscall.SOL_SOCKET, Syscall.SO_RCVBUF, RECEIVE_BUFFER));
            if (filter.isPresent()) {
                Memory program = filter.get().toProgram();
                check(
                        descriptor.use(
                                fd -> Syscall.setsockopt(fd, Syscall.SOL_SOCKET, Syscall.SO_ATTACH_FILTER, program)),
                        () -> "set the filter of a raw socket for IP protocol " + protocol);
            }
            check(
                    descriptor.use(fd -> Syscall.bind(fd, socketAddress(local))),
                    () -> "bind a raw socket for IP protocol " + protocol + " to " + local.getHostAddress());
            return new RawIpv4Socket(protocol, new InputDescriptor(descriptor));
        } catch (KernelException e) {
            descriptor.close();
            throw e;
        }
    }

    /** Sends {@code payload} in an IPv4 packet that the kernel makes, and fragments where the route's MTU needs it. */
    public void send(Inet4Address destination, ByteBuffer payload) throws KernelException {
        MessageHeader message = new MessageHeader(socketAddress(destination), Memory.copyOf(payload));
        check(
                socket.use(fd -> Syscall.sendmsg(fd, message)),
                () -> "send a packet of IP protocol " + protocol + " to " + destination.getHostAddress());
    }

    /**
     * Waits for a packet.
     *
     * @return empty once the socket is closed, be it by another thread
     */
    public synchronized Optional<Ipv4Packet> receive() throws KernelException {
        while (true) {
            long length = socket.awaitInput(fd -> Syscall.recv(fd, buffer, Syscall.MSG_DONTWAIT));
            if (length == -Errno.EBADF.number()) {
                return Optional.empty();
            }
            check(length, () -> "receive packets of IP protocol " + protocol);
            Optional<Ipv4Packet> packet = Ipv4Packet.parse(buffer.bytes().limit((int) length));
            if (packet.isPresent()) {
                return packet;
            }
        }
    }

    /** Has the kernel keep more for who is slow to receive, and more that waits to be sent. */
    public void deepen() {
        SocketQueue.deepen(socket);
    }

    /** How many packets found no room before they were received. */
    public long dropped() {
        return SocketQueue.dropped(socket);
    }

    /** For a thread that receives, or sends, again and again; {@link #close} waits until it lets go. */
    public HeldDescriptor hold() throws KernelException {
        return new HeldDescriptor(socket.descriptor());
    }

    /** Closes the socket and lets a thread that waits in {@link #receive} return. */
    @Override
    public void close() {
        socket.close();
    }

    private static Memory socketAddress(Inet4Address address) {
        return socketAddress(address, 0);
    }

    /** A {@code struct sockaddr_in}. */
    static Memory socketAddress(Inet4Address address, int port) {
        Memory memory = new Memory(ADDRESS_SIZE);
        memory.bytes().putShort((short) Syscall.AF_INET);
        memory.octets().position(Short.BYTES).putShort((short) port).put(address.getAddress());
        return memory;
    }
}
