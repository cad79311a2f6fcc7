package org.mooring.linux.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mooring.linux.Errno;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.netlink.Netlink;

/** Two namespaces and a veth pair: what one socket sends, the other one gets. */
@Tag("netns")
@Timeout(60)
class PacketSocketTest {
    private static final Inet4Address LEFT = Ipv4.address("10.0.0.1");
    private static final Inet4Address RIGHT = Ipv4.address("10.0.0.2");
    private static final MacAddress GUEST_MAC = MacAddress.of("52:54:00:01:00:50");

    private NetworkNamespace left;
    private NetworkNamespace right;
    private Interface leftEnd;
    private Interface rightEnd;

    @BeforeEach
    void connect() throws Exception {
        left = NetworkNamespace.create();
        right = NetworkNamespace.create();
        left.connect("v0", right, "v0");
        left.exec("ip", "address", "add", "10.0.0.1/24", "dev", "v0");
        right.exec("ip", "address", "add", "10.0.0.2/24", "dev", "v0");
        leftEnd = left.run(() -> link());
        rightEnd = right.run(() -> link());
    }

    @AfterEach
    void disconnect() {
        left.close();
        right.close();
    }

    @Test
    void aFrameArrivesWithItsMacTtlAndTime() throws Exception {
        Instant before = Instant.now();
        try (PacketSocket sender = left.run(() -> PacketSocket.open(leftEnd, PacketFilter.NOTHING));
                PacketSocket receiver = right.run(() -> PacketSocket.open(rightEnd, PacketFilter.udpTo(434)))) {
            UdpPacket request = new UdpPacket(LEFT, 49152, RIGHT, 434, 255, text("hello"));
            sender.send(request.toIpv4().toFrame(GUEST_MAC, rightEnd.mac()));

            ReceivedFrame frame = receiver.receive().orElseThrow();
            assertEquals(Optional.of(request), frame.udp());
            assertEquals(GUEST_MAC, frame.ethernet().orElseThrow().source());
            assertEquals(rightEnd.index(), frame.interfaceIndex());
            assertEquals(ReceivedFrame.Type.TO_US, frame.type());
            assertTrue(frame.checksummed());
            // The wall clock may be set while the test runs; a day is more than any correction.
            assertTrue(Duration.between(before, frame.at()).abs().compareTo(Duration.ofDays(1)) < 0);
        }
    }

    @Test
    void saysThatAProgramsDatagramIsNotChecksummedYet() throws Exception {
        try (PacketSocket receiver = right.run(() -> PacketSocket.open(rightEnd, PacketFilter.udpTo(434)));
                DatagramSocket program = left.run(() -> new DatagramSocket())) {
            byte[] hello = "hello".getBytes(StandardCharsets.US_ASCII);
            program.send(new DatagramPacket(hello, hello.length, RIGHT, 434));
            ReceivedFrame frame = receiver.receive().orElseThrow();
            assertFalse(frame.checksummed());
            assertEquals(text("hello"), frame.udp().orElseThrow().payload());
        }
    }

    @Test
    void theFilterPassesOnlyWhatItNames() throws Exception {
        PacketFilter filter = PacketFilter.udpFrom(434).or(PacketFilter.arp().and(PacketFilter.from(GUEST_MAC)));
        try (PacketSocket sender = left.run(() -> PacketSocket.open(leftEnd, PacketFilter.NOTHING));
                PacketSocket receiver = right.run(() -> PacketSocket.open(rightEnd, filter))) {
            ArpPacket question = ArpPacket.request(GUEST_MAC, LEFT, RIGHT);
            UdpPacket to = new UdpPacket(LEFT, 1, RIGHT, 434, 1, text("to port 434"));
            UdpPacket from = new UdpPacket(LEFT, 434, RIGHT, 1, 1, text("from port 434"));
            EthernetFrame asked = question.toFrame(MacAddress.BROADCAST);
            sender.send(to.toIpv4().toFrame(GUEST_MAC, rightEnd.mac()));
            sender.send(new EthernetFrame(asked.destination(), leftEnd.mac(), EtherType.ARP, asked.payload()));
            sender.send(new EthernetFrame(asked.destination(), GUEST_MAC, EtherType.IPV6, asked.payload()));
            sender.send(asked);
            sender.send(from.toIpv4().toFrame(GUEST_MAC, rightEnd.mac()));

            ReceivedFrame first = receiver.receive().orElseThrow();
            assertEquals(Optional.of(question), first.arp());
            assertEquals(ReceivedFrame.Type.BROADCAST, first.type());
            assertEquals(Optional.of(from), receiver.receive().orElseThrow().udp());
        }
    }

    @Test
    void probesAreToldFromOtherArp() throws Exception {
        try (PacketSocket sender = left.run(() -> PacketSocket.open(leftEnd, PacketFilter.NOTHING));
                PacketSocket receiver = right.run(() -> PacketSocket.open(rightEnd, PacketFilter.arpProbes()))) {
            ArpPacket probe = ArpPacket.request(GUEST_MAC, Ipv4.address("0.0.0.0"), RIGHT);
            ArpPacket later = ArpPacket.request(GUEST_MAC, Ipv4.address("0.0.0.0"), LEFT);
            sender.send(ArpPacket.request(GUEST_MAC, LEFT, RIGHT).toFrame(MacAddress.BROADCAST));
            sender.send(probe.toFrame(MacAddress.BROADCAST));
            sender.send(ArpPacket.reply(probe, leftEnd.mac()).toFrame(MacAddress.BROADCAST));
            sender.send(later.toFrame(MacAddress.BROADCAST));

            assertEquals(Optional.of(probe), receiver.receive().orElseThrow().arp());
            assertEquals(Optional.of(later), receiver.receive().orElseThrow().arp());
        }
    }

    @Test
    void promiscuousSocketsGetFramesForOthers() throws Exception {
        try (PacketSocket sender = left.run(() -> PacketSocket.open(leftEnd, PacketFilter.NOTHING));
                PacketSocket receiver = right.run(
                        () -> PacketSocket.open(rightEnd, PacketFilter.udpTo(434), PacketSocket.Option.PROMISCUOUS))) {
            assertTrue(right.exec("ip", "-d", "link", "show", "v0").contains("promiscuity 1"));
            UdpPacket request = new UdpPacket(LEFT, 1, RIGHT, 434, 1, text("hello"));
            sender.send(request.toIpv4().toFrame(leftEnd.mac(), GUEST_MAC));
            assertEquals(
                    ReceivedFrame.Type.TO_OTHERS,
                    receiver.receive().orElseThrow().type());
        }
    }

    @Test
    void outgoingFramesComeOnlyWhenAskedFor() throws Exception {
        try (PacketSocket sender = left.run(() -> PacketSocket.open(leftEnd, PacketFilter.NOTHING));
                PacketSocket all = left.run(
                        () -> PacketSocket.open(leftEnd, PacketFilter.udpTo(434), PacketSocket.Option.OUTGOING_TOO));
                PacketSocket incoming = left.run(() -> PacketSocket.open(leftEnd, PacketFilter.udpTo(434)));
                PacketSocket peer = right.run(() -> PacketSocket.open(rightEnd, PacketFilter.EVERYTHING))) {
            UdpPacket mine = new UdpPacket(LEFT, 1, RIGHT, 434, 1, text("mine"));
            UdpPacket its = new UdpPacket(RIGHT, 1, LEFT, 434, 1, text("its"));
            sender.send(mine.toIpv4().toFrame(leftEnd.mac(), rightEnd.mac()));
            peer.send(its.toIpv4().toFrame(rightEnd.mac(), leftEnd.mac()));
            ReceivedFrame outgoing = all.receive().orElseThrow();
            assertEquals(ReceivedFrame.Type.OUTGOING, outgoing.type());
            assertEquals(Optional.of(mine), outgoing.udp());
            assertEquals(Optional.of(its), all.receive().orElseThrow().udp());
            assertEquals(Optional.of(its), incoming.receive().orElseThrow().udp());
        }
    }

    @Test
    void outgoingFramesAloneComeWhenAskedFor() throws Exception {
        try (PacketSocket outgoing = left.run(
                        () -> PacketSocket.open(leftEnd, PacketFilter.outgoing(), PacketSocket.Option.OUTGOING_TOO));
                PacketSocket sender = left.run(() -> PacketSocket.open(leftEnd, PacketFilter.NOTHING));
                PacketSocket peer = right.run(() -> PacketSocket.open(rightEnd, PacketFilter.NOTHING))) {
            UdpPacket its = new UdpPacket(RIGHT, 1, LEFT, 4711, 1, text("its"));
            UdpPacket mine = new UdpPacket(LEFT, 1, RIGHT, 4711, 1, text("mine"));
            peer.send(its.toIpv4().toFrame(rightEnd.mac(), leftEnd.mac()));
            sender.send(mine.toIpv4().toFrame(leftEnd.mac(), rightEnd.mac()));
            Optional<UdpPacket> first = Optional.empty();
            while (first.isEmpty()) { // The kernel may have something to say, too.
                first = outgoing.receive().orElseThrow().udp().filter(datagram -> datagram.destinationPort() == 4711);
            }
            assertEquals(mine, first.get());
        }
    }

    @Test
    void whatCameBeforeTheInterfaceWentCanStillBeHad() throws Exception {
        try (PacketSocket sender = left.run(() -> PacketSocket.open(leftEnd, PacketFilter.NOTHING));
                PacketSocket receiver = right.run(
                        () -> PacketSocket.open(rightEnd, PacketFilter.udpTo(434), PacketSocket.Option.DEEP_BUFFER))) {
            assertEquals(Optional.empty(), receiver.poll());
            UdpPacket request = new UdpPacket(LEFT, 1, RIGHT, 434, 1, text("hello"));
            sender.send(request.toIpv4().toFrame(leftEnd.mac(), rightEnd.mac()));
            sender.send(request.toIpv4().toFrame(leftEnd.mac(), rightEnd.mac()));
            assertEquals(Optional.of(request), receiver.receive().orElseThrow().udp());
            left.exec("ip", "link", "delete", "v0");
            assertEquals(Optional.of(request), receiver.poll().orElseThrow().udp());
            assertEquals(Optional.empty(), receiver.poll());
        }
    }

    @Test
    void closingEndsAReceiveThatWaits() throws Exception {
        PacketSocket socket = right.run(() -> PacketSocket.open(rightEnd, PacketFilter.udpTo(434)));
        CompletableFuture<Optional<ReceivedFrame>> received = new CompletableFuture<>();
        Thread reader = new Thread(() -> {
            try {
                received.complete(socket.receive());
            } catch (KernelException e) {
                received.completeExceptionally(e);
            }
        });
        reader.start();
        socket.close();
        assertEquals(Optional.empty(), received.get(30, TimeUnit.SECONDS));
        reader.join();
        assertEquals(Optional.empty(), socket.receive());
        socket.close();
        KernelException late = assertThrows(
                KernelException.class,
                () -> socket.send(ArpPacket.request(GUEST_MAC, LEFT, RIGHT).toFrame(MacAddress.BROADCAST)));
        assertEquals(Errno.EBADF, late.errno());
    }

    @Test
    void outlivesItsInterfaceGoingDown() throws Exception {
        try (PacketSocket sender = left.run(() -> PacketSocket.open(leftEnd, PacketFilter.NOTHING));
                PacketSocket receiver = right.run(() -> PacketSocket.open(rightEnd, PacketFilter.udpTo(434)))) {
            right.exec("ip", "link", "set", "v0", "down");
            right.exec("ip", "link", "set", "v0", "up");
            UdpPacket request = new UdpPacket(LEFT, 1, RIGHT, 434, 1, text("hello"));
            sender.send(request.toIpv4().toFrame(leftEnd.mac(), rightEnd.mac()));
            assertEquals(Optional.of(request), receiver.receive().orElseThrow().udp());
        }
    }

    @Test
    void saysSoWhenItsInterfaceIsGone() throws Exception {
        try (PacketSocket receiver = right.run(() -> PacketSocket.open(rightEnd, PacketFilter.udpTo(434)))) {
            left.exec("ip", "link", "delete", "v0");
            KernelException gone = assertThrows(KernelException.class, receiver::receive);
            assertEquals(Errno.ENODEV, gone.errno());
        }
        assertThrows(
                KernelException.class, () -> right.run(() -> PacketSocket.open(rightEnd, PacketFilter.EVERYTHING)));
    }

    @Test
    void aRawSocketGetsReassembledPackets() throws Exception {
        try (RawIpv4Socket sender = left.run(() -> RawIpv4Socket.open(Ipv4Packet.IPIP, LEFT));
                RawIpv4Socket receiver = right.run(() -> RawIpv4Socket.open(Ipv4Packet.IPIP, RIGHT))) {
            ByteBuffer inner = ByteBuffer.allocate(3000).put(2999, (byte) 1);
            sender.send(RIGHT, inner);
            Ipv4Packet packet = receiver.receive().orElseThrow();
            assertEquals(LEFT, packet.source());
            assertEquals(Ipv4Packet.IPIP, packet.protocol());
            assertFalse(packet.isFragment());
            assertEquals(inner, packet.payload());
        }
    }

    private static Interface link() throws Exception {
        try (Netlink netlink = Netlink.open()) {
            return netlink.links().get("v0").device();
        }
    }

    private static ByteBuffer text(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }
}
