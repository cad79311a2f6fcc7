package org.mooring.linux.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet4Address;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;
import org.mooring.linux.KernelException;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.bpf.BpfObject;
import org.mooring.linux.bpf.Clang;
import org.mooring.linux.libc.Descriptor;
import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.MessageHeader;
import org.mooring.linux.libc.Syscall;
import org.mooring.linux.netlink.Filter.Direction;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.tun.Tun;

/**
 * What passes the veth pair whole is sent on by a tap as well, for which the kernel has to do it all itself. What comes out of
 * the tap is compared, octet for octet, with what is made here of that which passed.
 *
 * <pre>
 *   left ── v0 ══ v0 ── right
 *                  └─ a copy ── t0 ── the test
 * </pre>
 */
@Tag("netns")
@Timeout(60)
@DisplayName("What was left to the device is done as the kernel does it")
class KernelSegmentationTest {
    private static final Inet4Address RIGHT = Ipv4.address("10.0.0.2");
    private static final int PORT = 4711;
    private static final int SOL_UDP = 17;
    private static final int UDP_SEGMENT = 103;

    @TempDir
    Path folder;

    private NetworkNamespace left;
    private NetworkNamespace right;
    private Tun wire;
    private PacketSocket whole;

    @BeforeEach
    void connect() throws Exception {
        left = NetworkNamespace.create();
        right = NetworkNamespace.create();
        left.connect("v0", right, "v0");
        left.exec("ip", "address", "add", "10.0.0.1/24", "dev", "v0");
        right.exec("ip", "address", "add", "10.0.0.2/24", "dev", "v0");
        wire = right.run(() -> Tun.open("t0", Tun.Layer.ETHERNET));
        right.exec("sysctl", "-q", "-w", "net.ipv6.conf.t0.disable_ipv6=1");
        right.exec("ip", "link", "set", "t0", "up");
        right.run(this::copyToTap);
        whole = left.run(() -> PacketSocket.open(
                link("v0"),
                PacketFilter.outgoing().and(PacketFilter.etherType(EtherType.IPV4)),
                PacketSocket.Option.OUTGOING_TOO,
                PacketSocket.Option.OFFLOADS,
                PacketSocket.Option.DEEP_BUFFER));
    }

    @AfterEach
    void disconnect() {
        whole.close();
        wire.close();
        left.close();
        right.close();
    }

    @Test
    void aTcpStream() throws Exception {
        byte[] stream = new byte[50_000];
        new Random(1).nextBytes(stream);
        try (ServerSocket server = right.run(() -> new ServerSocket(PORT, 1, RIGHT));
                Socket client = left.run(() -> new Socket(RIGHT, PORT));
                Socket accepted = server.accept()) {
            client.getOutputStream().write(stream);
            client.shutdownOutput();
            assertEquals(stream.length, accepted.getInputStream().readAllBytes().length);
        }
        assertTrue(assertSameAsOnWire() > 1500, "something travelled as one");
    }

    @Test
    void datagrams() throws Exception {
        left.run(() -> {
            for (int length : new int[] {0, 1, 2, 999, 1000, 1001, 4500}) {
                byte[] payload = new byte[length];
                new Random(length).nextBytes(payload);
                send(payload);
            }
        });
        assertTrue(assertSameAsOnWire() > 1500, "something travelled as one");
    }

    /** The longest frame that there was. */
    private int assertSameAsOnWire() throws Exception {
        int longest = 0;
        List<ByteBuffer> expected = new ArrayList<>();
        for (var frame = whole.poll(); frame.isPresent(); frame = whole.poll()) {
            longest = Math.max(longest, frame.get().octets().remaining());
            expected.addAll(Segmentation.ipv4Packets(
                    frame.get().ethernet().orElseThrow(), frame.get().offload()));
        }
        assertTrue(expected.size() > 6, expected::toString);
        List<ByteBuffer> found = new ArrayList<>();
        while (found.size() < expected.size()) {
            EthernetFrame frame = EthernetFrame.parse(wire.read().orElseThrow()).orElseThrow();
            if (Ipv4Packet.parse(frame).map(Ipv4Packet::destination).equals(Optional.of(RIGHT))) {
                found.add(frame.payload());
            }
        }
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(hex(found.get(i)), hex(expected.get(i)), "packet " + i);
        }
        return longest;
    }

    /** As datagrams of a thousand octets, which the kernel carries as one as far as it can. */
    private static void send(byte[] payload) throws KernelException {
        Descriptor socket = new Descriptor(
                KernelException.check(Syscall.socket(Syscall.AF_INET, Syscall.SOCK_DGRAM, 0), () -> "open a socket"));
        try {
            KernelException.check(
                    socket.use(fd -> Syscall.setsockopt(fd, SOL_UDP, UDP_SEGMENT, 1000)), () -> "segment datagrams");
            Memory address = new Memory(16);
            address.bytes()
                    .putShort((short) Syscall.AF_INET)
                    .order(ByteOrder.BIG_ENDIAN)
                    .putShort((short) PORT)
                    .put(RIGHT.getAddress());
            KernelException.check(
                    socket.use(fd ->
                            Syscall.sendmsg(fd, new MessageHeader(address, Memory.copyOf(ByteBuffer.wrap(payload))))),
                    () -> "send datagrams");
        } finally {
            socket.close();
        }
    }

    private void copyToTap() throws Exception {
        Interface tap = link("t0");
        try (BpfObject programs = BpfObject.load(Clang.compile(folder, """
                        SEC("tc") int copy(struct __sk_buff *skb) { bpf_clone_redirect(skb, %d, 0); return TC_ACT_OK; }
                        """.formatted(tap.index())));
                Netlink netlink = Netlink.open()) {
            netlink.filters().ensure(link("v0"), Direction.INGRESS, 1, 1, programs.program("copy"));
        }
    }

    private static Interface link(String name) throws KernelException {
        try (Netlink netlink = Netlink.open()) {
            return netlink.links().get(name).device();
        }
    }

    private static String hex(ByteBuffer octets) {
        byte[] copy = new byte[octets.remaining()];
        octets.duplicate().get(copy);
        return HexFormat.of().formatHex(copy);
    }
}
