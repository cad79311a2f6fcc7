package org.mooring.linux.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mooring.linux.Errno;
import org.mooring.linux.Ipv4;
import org.mooring.linux.KernelException;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.netlink.Netlink;

@Tag("netns")
@Timeout(60)
class UdpSenderTest {
    private static final Inet4Address RIGHT = Ipv4.address("10.0.0.2");

    private NetworkNamespace left;
    private NetworkNamespace right;
    private DatagramSocket receiver;
    private UdpSender sender;

    @BeforeEach
    void connect() throws Exception {
        left = NetworkNamespace.create();
        right = NetworkNamespace.create();
        left.connect("v0", right, "v0");
        left.exec("ip", "address", "add", "10.0.0.1/24", "dev", "v0");
        right.exec("ip", "address", "add", "10.0.0.2/24", "dev", "v0");
        receiver = right.run(() -> new DatagramSocket(434, RIGHT));
        sender = left.run(UdpSender::open);
    }

    @AfterEach
    void disconnect() {
        sender.close();
        receiver.close();
        left.close();
        right.close();
    }

    @Test
    void datagramsArriveWholeLongOrShort() throws Exception {
        for (int length : new int[] {0, 1, 1472, 1548, 9000, 65507, 3}) {
            byte[] payload = new byte[length];
            new Random(length).nextBytes(payload);
            sender.send(RIGHT, 434, ByteBuffer.wrap(payload));
            DatagramPacket packet = new DatagramPacket(new byte[0x1_0000], 0x1_0000);
            receiver.receive(packet);
            assertEquals(Ipv4.address("10.0.0.1"), packet.getAddress());
            assertEquals(
                    ByteBuffer.wrap(payload), ByteBuffer.wrap(Arrays.copyOf(packet.getData(), packet.getLength())));
        }
    }

    @Test
    void anyRouterMayFragmentThem() throws Exception {
        try (Netlink netlink = right.run(Netlink::open);
                PacketSocket wire = right.run(
                        () -> PacketSocket.open(netlink.links().get("v0").device(), PacketFilter.udpTo(434)))) {
            sender.send(RIGHT, 434, ByteBuffer.allocate(1000));
            Ipv4Packet packet = Ipv4Packet.parse(
                            wire.receive().orElseThrow().ethernet().orElseThrow())
                    .orElseThrow();
            assertEquals(0, packet.fragment() & Ipv4Packet.DONT_FRAGMENT);
        }
    }

    @Test
    void saysThatThereIsNoRoute() {
        KernelException refusal = assertThrows(
                KernelException.class, () -> sender.send(Ipv4.address("192.0.2.1"), 434, ByteBuffer.allocate(1)));
        assertEquals(Errno.ENETUNREACH, refusal.errno());
        assertEquals(
                "cannot send a datagram to 192.0.2.1:434: ENETUNREACH: network is unreachable", refusal.getMessage());
    }

    @Test
    void oneThatIsTooLongIsRefused() {
        KernelException refusal =
                assertThrows(KernelException.class, () -> sender.send(RIGHT, 434, ByteBuffer.allocate(65508)));
        assertEquals(Errno.EMSGSIZE, refusal.errno());
    }
}
