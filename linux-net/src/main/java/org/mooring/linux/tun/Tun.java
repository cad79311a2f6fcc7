package org.mooring.linux.tun;

import static org.mooring.linux.KernelException.check;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.IntToLongFunction;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;
import org.mooring.linux.batch.HeldDescriptor;
import org.mooring.linux.libc.Descriptor;
import org.mooring.linux.libc.InputDescriptor;
import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.Syscall;

/**
 * A TUN or TAP device that this program is the other end of: what it writes arrives on the device, what leaves by the device it reads.
 * One thread reads; any may write or close.
 */
public final class Tun implements AutoCloseable {
    private static final String CLONE_DEVICE = "/dev/net/tun";
    private static final int SET_INTERFACE = 0x400454ca;
    private static final int SET_PERSIST = 0x400454cb;
    private static final int SET_OWNER = 0x400454cc;
    private static final int SET_OFFLOAD = 0x400454d0;
    private static final int NO_PACKET_INFORMATION = 0x1000;
    private static final int OFFLOAD_HEADER = 0x4000; // IFF_VNET_HDR
    private static final int CHECKSUMS_AND_TCP_SEGMENTS = 1 | 2; // TUN_F_CSUM, TUN_F_TSO4

    /** {@code struct ifreq}: the name, then the flags. */
    private static final int NAME_LENGTH = 16;

    private static final int REQUEST_SIZE = 40;

    /** The longest packet that the kernel hands over in one read without segmentation offloads. */
    private static final int MAX_PACKET = 1 << 16;

    private final String name;
    private final InputDescriptor descriptor;
    private final Memory buffer = new Memory(MAX_PACKET);
    private final Memory outgoing = new Memory(MAX_PACKET);

    private Tun(String name, InputDescriptor descriptor) {
        this.name = name;
        this.descriptor = descriptor;
    }

    /**
     * Opens the device {@code name}, creating it where there is none. It goes when it is closed, unless it is persistent.
     *
     * @throws KernelException EBUSY if another program has it open, EINVAL if the name is that of another kind of device
     */
    public static Tun open(String name, Layer layer) throws KernelException {
        return open(name, layer, 0);
    }

    /**
     * As {@link #open(String, Layer)}, a TUN device whose packets have a {@code struct virtio_net_hdr} in front, in both directions: what
     * travels as one isn't cut, and no checksum is computed, before it is read.
     */
    public static Tun openOffloading(String name) throws KernelException {
        Tun tun = open(name, Layer.IP, OFFLOAD_HEADER);
        try {
            check(
                    tun.descriptor.use(fd -> Syscall.ioctl(fd, SET_OFFLOAD, (long) CHECKSUMS_AND_TCP_SEGMENTS)),
                    () -> "take what travels as one from " + name);
            return tun;
        } catch (KernelException e) {
            tun.close();
            throw e;
        }
    }

    private static Tun open(String name, Layer layer, int flags) throws KernelException {
        var descriptor = openCloneDevice();
        try {
            var request = new Memory(REQUEST_SIZE);
            byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
            if (ascii.length >= NAME_LENGTH) {
                throw new IllegalArgumentException("an interface's name has at most 15 octets: " + name);
            }
            request.bytes().put(ascii).position(NAME_LENGTH).putShort((short)
                    (layer.flag | NO_PACKET_INFORMATION | flags));
            check(
                    descriptor.use(fd -> Syscall.ioctl(fd, SET_INTERFACE, request)),
                    () -> "open " + (layer == Layer.IP ? "TUN" : "TAP") + " device " + name);
            return new Tun(name, new InputDescriptor(descriptor));
        } catch (KernelException | RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    public String name() {
        return name;
    }

    /** Whether the device stays when no program holds it. */
    public void setPersistent(boolean persistent) throws KernelException {
        check(
                descriptor.use(fd -> Syscall.ioctl(fd, SET_PERSIST, persistent ? 1L : 0L)),
                () -> "make " + name + (persistent ? " persistent" : " go when it is closed"));
    }

    /** Lets this user open the device, once it is persistent, without CAP_NET_ADMIN. */
    public void setOwner(int uid) throws KernelException {
        check(descriptor.use(fd -> Syscall.ioctl(fd, SET_OWNER, uid)), () -> "give " + name + " to user " + uid);
    }

    /**
     * Waits for a packet or frame that leaves by the device.
     *
     * @return empty once this is closed, be it by another thread
     */
    public synchronized Optional<ByteBuffer> read() throws KernelException {
        long length = descriptor.awaitInput(fd -> Syscall.read(fd, buffer));
        return length == -Errno.EBADF.number() ? Optional.empty() : Optional.of(packet(length));
    }

    /** A packet or frame that has left by the device and waits to be read; empty if there is none. */
    public synchronized Optional<ByteBuffer> poll() throws KernelException {
        long length = descriptor.use(fd -> Syscall.read(fd, buffer));
        return length == -Errno.EAGAIN.number() ? Optional.empty() : Optional.of(packet(length));
    }

    /** Makes a packet or frame arrive on the device. Returns false if the device is down, and the packet lost. */
    public boolean write(ByteBuffer packet) throws KernelException {
        long result = send(packet);
        // EIO is what the kernel says of a device that is down.
        if (result == -Errno.EIO.number()) {
            return false;
        }
        check(result, () -> "write to " + name);
        return true;
    }

    /** For a thread that reads, or writes, again and again; {@link #close} waits until it lets go. */
    public HeldDescriptor hold() throws KernelException {
        return new HeldDescriptor(descriptor.descriptor());
    }

    @Override
    public void close() {
        descriptor.close();
    }

    long use(IntToLongFunction call) {
        return descriptor.use(call);
    }

    private long send(ByteBuffer packet) {
        synchronized (outgoing) {
            outgoing.bytes().put(packet.duplicate());
            return descriptor.use(fd -> Syscall.write(fd, outgoing, packet.remaining()));
        }
    }

    /** A copy of what the last call read, if it did not fail. */
    private ByteBuffer packet(long length) throws KernelException {
        check(length, () -> "read from " + name);
        ByteBuffer packet = ByteBuffer.allocate((int) length);
        return packet.put(buffer.bytes().limit((int) length)).flip();
    }

    private static Descriptor openCloneDevice() throws KernelException {
        long fd = Syscall.open(CLONE_DEVICE, Syscall.O_RDWR | Syscall.O_NONBLOCK);
        if (fd == -Errno.EACCES.number()) {
            throw new KernelException(
                    "open " + CLONE_DEVICE,
                    Errno.EACCES,
                    "udev lets everyone open it: chmod 0666 " + CLONE_DEVICE + " (what counts is CAP_NET_ADMIN)");
        }
        if (fd == -Errno.ENOENT.number()) {
            throw new KernelException("open " + CLONE_DEVICE, Errno.ENOENT, "the module is missing: modprobe tun");
        }
        return new Descriptor(check(fd, () -> "open " + CLONE_DEVICE));
    }

    /** What crosses the device. */
    public enum Layer {
        /** IP packets: {@code IFF_TUN}. */
        IP(1),
        /** Ethernet frames: {@code IFF_TAP}. */
        ETHERNET(2);

        private final int flag;

        Layer(int flag) {
            this.flag = flag;
        }
    }
}
