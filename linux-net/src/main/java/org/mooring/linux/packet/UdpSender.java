package org.mooring.linux.packet;

import static org.mooring.linux.KernelException.check;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.mooring.linux.KernelException;
import org.mooring.linux.libc.Descriptor;
import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.MessageHeader;
import org.mooring.linux.libc.Syscall;

/**
 * Sends UDP datagrams by this machine's routes, from its own address, and receives nothing. They may be fragmented on their way: the
 * sockets of Java forbid it, and learn of a smaller MTU by the loss of what they send first. Any thread may send or close.
 */
public final class UdpSender implements AutoCloseable {
    private static final int IP_PMTUDISC_DONT = 0;
    private static final int ADDRESS_SIZE = 16; // struct sockaddr_in

    private final Descriptor socket;
    private final Memory address = new Memory(ADDRESS_SIZE);
    private final Memory data = new Memory(Ipv4Packet.MAX_LENGTH);
    private final MessageHeader message = new MessageHeader(address, data);

    private UdpSender(Descriptor socket) {
        this.socket = socket;
    }

    /** Opens a socket with a port of its own. */
    public static UdpSender open() throws KernelException {
        Descriptor descriptor = new Descriptor(
                check(Syscall.socket(Syscall.AF_INET, Syscall.SOCK_DGRAM, 0), () -> "open a UDP socket"));
        try {
            check(
                    descriptor.use(
                            fd -> Syscall.setsockopt(fd, Syscall.SOL_IP, Syscall.IP_MTU_DISCOVER, IP_PMTUDISC_DONT)),
                    () -> "let datagrams be fragmented");
            return new UdpSender(descriptor);
        } catch (KernelException e) {
            descriptor.close();
            throw e;
        }
    }

    /**
     * Sends one datagram; waits while there is no room for it.
     *
     * @throws KernelException ENETUNREACH or EHOSTUNREACH where there is no route, EPERM if a firewall forbids it, EMSGSIZE if
     *     it is longer than a datagram can be
     */
    public synchronized void send(Inet4Address destination, int port, ByteBuffer payload) throws KernelException {
        int length = payload.remaining();
        if (length > data.size()) {
            throw new IllegalArgumentException("a datagram of " + length + " octets");
        }
        data.bytes().put(payload.duplicate());
        message.length(length);
        address.bytes()
                .putShort((short) Syscall.AF_INET)
                .order(ByteOrder.BIG_ENDIAN)
                .putShort((short) port)
                .put(destination.getAddress());
        check(
                socket.use(fd -> Syscall.sendmsg(fd, message)),
                () -> "send a datagram to " + destination.getHostAddress() + ":" + port);
    }

    @Override
    public void close() {
        socket.close();
    }
}
