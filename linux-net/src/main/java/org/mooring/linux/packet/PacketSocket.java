package org.mooring.linux.packet;

import static org.mooring.linux.KernelException.check;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;
import org.mooring.linux.Errno;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.libc.Descriptor;
import org.mooring.linux.libc.InputDescriptor;
import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.Syscall;

/**
 * Sends and receives whole Ethernet frames on one interface (packet(7)), a bridge's port included, before netfilter and the filters of tc
 * see them. Needs CAP_NET_RAW. One thread at a time receives; any may send or close.
 */
public final class PacketSocket implements AutoCloseable {
    static final int SOL_PACKET = 263;
    private static final int PACKET_ADD_MEMBERSHIP = 1;
    static final int PACKET_AUXDATA = 8;
    private static final int PACKET_VNET_HDR = 15;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final int PACKET_MR_PROMISC = 1;
    private static final short ETH_P_ALL = 3;

    static final int ADDRESS_SIZE = 20; // struct sockaddr_ll
    private static final int MEMBERSHIP_SIZE = 16; // struct packet_mreq

    /** Some ten thousand frames, as the kernel counts what they take. */
    private static final int DEEP_BUFFER = 16 << 20;

    /** How many frames one recvmmsg(2) takes, where many are read at once. */
    private static final int BURST = 32;

    private final Interface link;
    private final InputDescriptor socket;
    private final boolean offloads;
    private final FrameBuffer buffer;

    /** For whoever reads many at once; each has room for the longest. */
    private @Nullable FrameBuffer burst;

    private PacketSocket(Interface link, InputDescriptor socket, boolean offloads) {
        this.link = link;
        this.socket = socket;
        this.offloads = offloads;
        this.buffer = new FrameBuffer(offloads, 1);
    }

    /**
     * Opens a socket that gets what {@code filter} lets pass, from the first frame on.
     *
     * @throws KernelException EPERM without CAP_NET_RAW, ENODEV or ENXIO if the interface is gone
     */
    public static PacketSocket open(Interface link, PacketFilter filter, Option... options) throws KernelException {
        // Protocol 0 receives nothing until the filter is there and bind says what to receive.
        Descriptor descriptor = new Descriptor(check(
                Syscall.socket(Syscall.AF_PACKET, Syscall.SOCK_RAW, 0),
                () -> "open a packet socket on " + link.name()));
        try {
            prepare(descriptor, link, filter, List.of(options));
            return new PacketSocket(
                    link, new InputDescriptor(descriptor), List.of(options).contains(Option.OFFLOADS));
        } catch (KernelException e) {
            descriptor.close();
            throw e;
        }
    }

    /** Sends one frame on the interface. */
    public void send(EthernetFrame frame) throws KernelException {
        ByteBuffer whole = frame.toOctets();
        Memory octets = Memory.copyOf(offloads ? joined(Offload.NONE.octets(), whole) : whole);
        check(socket.use(fd -> Syscall.send(fd, octets, octets.size())), () -> "send a frame on " + link.name());
    }

    /**
     * Waits for a frame. While the interface is down nothing arrives; it goes on when it is up again.
     *
     * @return empty once the socket is closed, be it by another thread
     * @throws KernelException ENODEV when the interface is gone
     */
    public synchronized Optional<ReceivedFrame> receive() throws KernelException {
        return await(buffer) == 0 ? Optional.empty() : Optional.of(buffer.frame(0));
    }

    /**
     * Waits as {@link #receive()} does, and takes all that have come, up to some number. What is refused by its source costs next to nothing.
     *
     * @param wanted whether a frame is taken that comes from the MAC address with these {@linkplain org.mooring.linux.MacAddress#bits bits}
     * @return false once the socket is closed
     * @throws KernelException as {@link #receive()}
     */
    public synchronized boolean receive(LongPredicate wanted, Consumer<ReceivedFrame> taker) throws KernelException {
        if (burst == null) {
            burst = new FrameBuffer(offloads, BURST);
        }
        int count = await(burst);
        for (int i = 0; i < count; i++) {
            if (wanted.test(burst.source(i))) {
                taker.accept(burst.frame(i));
            }
        }
        return count > 0;
    }

    /** How many frames have come; zero once the socket is closed. */
    private int await(FrameBuffer into) throws KernelException {
        while (true) {
            long count = socket.awaitInput(into::receive);
            if (count > 0) {
                return (int) count;
            }
            if (count == -Errno.EBADF.number()) {
                return 0;
            }
            boolean down = count == -Errno.ENETDOWN.number();
            if (!down || isUnbound()) {
                throw new KernelException("receive from " + link.name(), down ? Errno.ENODEV : new Errno((int) -count));
            }
        }
    }

    /**
     * A frame that has come and waits. Those that came before the interface went down, or away, can still be had.
     *
     * @return empty if there is none, and once the socket is closed
     */
    public synchronized Optional<ReceivedFrame> poll() throws KernelException {
        while (true) {
            long count = socket.use(buffer::receive);
            if (count > 0) {
                return Optional.of(buffer.frame(0));
            }
            if (count == -Errno.EAGAIN.number() || count == -Errno.EBADF.number()) {
                return Optional.empty();
            }
            // The kernel has taken the frame off its queue by then.
            if (offloads && count == -Errno.EINVAL.number()) {
                return Optional.of(new ReceivedFrame(
                        link.index(), ReceivedFrame.Type.OTHER, Instant.EPOCH, true, ByteBuffer.allocate(0)));
            }
            // Said once, before the frames that wait.
            if (count != -Errno.ENETDOWN.number()) {
                throw new KernelException("receive from " + link.name(), new Errno((int) -count));
            }
        }
    }

    /** Closes the socket and lets a thread that waits in {@link #receive} return. */
    @Override
    public void close() {
        socket.close();
    }

    private static void prepare(Descriptor socket, Interface link, PacketFilter filter, List<Option> options)
            throws KernelException {
        Memory program = filter.toProgram();
        option(socket, "filter", Syscall.SOL_SOCKET, Syscall.SO_ATTACH_FILTER, program);
        option(socket, "timestamps", Syscall.SOL_SOCKET, Syscall.SO_TIMESTAMPNS, number(1));
        option(socket, "auxiliary data", SOL_PACKET, PACKET_AUXDATA, number(1));
        if (!options.contains(Option.OUTGOING_TOO)) {
            option(socket, "ignore outgoing", SOL_PACKET, PACKET_IGNORE_OUTGOING, number(1));
        }
        if (options.contains(Option.OFFLOADS)) {
            option(socket, "offloads", SOL_PACKET, PACKET_VNET_HDR, number(1));
        }
        if (options.contains(Option.DEEP_BUFFER)) {
            option(socket, "receive buffer", Syscall.SOL_SOCKET, Syscall.SO_RCVBUFFORCE, number(DEEP_BUFFER));
        }
        if (options.contains(Option.PROMISCUOUS)) {
            Memory membership = new Memory(MEMBERSHIP_SIZE);
            membership.bytes().putInt(link.index()).putShort((short) PACKET_MR_PROMISC);
            option(socket, "promiscuous", SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership);
        }
        Memory address = new Memory(ADDRESS_SIZE);
        address.bytes()
                .putShort((short) Syscall.AF_PACKET)
                .put((byte) 0)
                .put((byte) ETH_P_ALL)
                .putInt(link.index());
        check(socket.use(fd -> Syscall.bind(fd, address)), () -> "bind a packet socket to " + link.name());
    }

    private static void option(Descriptor socket, String name, int level, int option, Memory value)
            throws KernelException {
        check(
                socket.use(fd -> Syscall.setsockopt(fd, level, option, value)),
                () -> "set the option '" + name + "' of a packet socket");
    }

    private static ByteBuffer joined(ByteBuffer first, ByteBuffer second) {
        return ByteBuffer.allocate(first.remaining() + second.remaining())
                .put(first)
                .put(second)
                .flip();
    }

    private static Memory number(int value) {
        Memory memory = new Memory(Integer.BYTES);
        memory.bytes().putInt(value);
        return memory;
    }

    /** Whether the interface is gone: the kernel has then set the socket's own to -1. */
    private boolean isUnbound() {
        Memory address = new Memory(ADDRESS_SIZE);
        socket.use(fd -> Syscall.getsockname(fd, address));
        return address.bytes().getInt(4) == -1;
    }

    /** What a socket does beyond the usual. */
    public enum Option {
        /** The interface takes in frames for other stations, too. */
        PROMISCUOUS,
        /** Frames that this machine sends are received as well. */
        OUTGOING_TOO,
        /** Each frame is received with what is left to the device. */
        OFFLOADS,
        /** Thousands of frames may come while nobody receives. Needs CAP_NET_ADMIN. */
        DEEP_BUFFER
    }
}
