package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mooring.hook.Associations;
import org.mooring.hook.Guest;
import org.mooring.hook.HomeGateway;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.packet.ArpPacket;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.linux.packet.UdpSender;
import org.mooring.linux.tun.Tun;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.HandoverMessage.End;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * A real tap whose QEMU, which is the test, stops reading, and the agent of the guest's new site.
 *
 * <pre>
 *   QEMU ── tap0 ── br0 ── up0 ── the wire
 *                    └─── UDP ─── the agent, in the same namespace
 * </pre>
 */
@Tag("netns")
@Timeout(120)
@DisplayName("What went to a guest's tap, and was not read")
class FrameKeeperTest {
    private static final MacAddress GUEST_MAC = MacAddress.of("52:54:00:01:00:50");
    private static final MacAddress ROUTER = MacAddress.of("02:00:00:02:00:01");
    private static final String HOME_ADDRESS = "10.1.0.50";
    private static final String CORRESPONDENT = "203.0.113.2";
    private static final Ipv4Address AGENT = Ipv4Address.of("127.0.0.2");
    private static final int ENTERPRISE_NUMBER = 32473;
    private static final HandoverId ID = new HandoverId(42);

    /** A stop that is after everything: the counters alone say what is unread. */
    private static final Instant NEVER = Instant.MAX;

    private static final Guest GUEST = new Guest(
            "web",
            GUEST_MAC,
            Ipv4Address.of(HOME_ADDRESS),
            Ipv4Address.of("10.1.0.1"),
            false,
            new HomeGateway(Ipv4Address.of("10.1.0.1"), ROUTER),
            false,
            Optional.empty(),
            300,
            Associations.with(new SecurityAssociation(
                    256, new Key(Octets.of(new byte[16])), Algorithm.HMAC_MD5, SecurityAssociation.DEFAULT_TOLERANCE)),
            null);

    private record Told(int rescued, int lost) {}

    private final BlockingQueue<Told> told = new LinkedBlockingQueue<>();
    private NetworkNamespace host;
    private Tun qemu;
    private Tun wire;
    private DatagramChannel agent;
    private UdpSender sender;
    private final List<FrameKeeper> keepers = new ArrayList<>();
    private int sent;

    @BeforeEach
    void raise() throws Exception {
        host = NetworkNamespace.create();
        host.exec("sysctl", "-q", "-w", "net.ipv6.conf.default.disable_ipv6=1");
        host.exec("ip", "link", "add", "br0", "type", "bridge", "mcast_snooping", "0");
        qemu = host.run(() -> Tun.open("tap0", Tun.Layer.ETHERNET));
        wire = host.run(() -> Tun.open("up0", Tun.Layer.ETHERNET));
        for (String port : List.of("tap0", "up0")) {
            host.exec("ip", "link", "set", port, "txqueuelen", "1000", "master", "br0", "up");
        }
        host.exec("ip", "link", "set", "br0", "up");
        agent = host.run(() -> DatagramChannel.open(StandardProtocolFamily.INET)
                .setOption(StandardSocketOptions.SO_RCVBUF, 8 << 20)
                .bind(new InetSocketAddress(AGENT.toInet(), Uplink.MOBILE_IP_PORT)));
        sender = host.run(UdpSender::open);
        // The bridge floods nothing from now on.
        qemu.write(new EthernetFrame(ROUTER, GUEST_MAC, 0x88b5, ByteBuffer.allocate(46)).toOctets());
    }

    @AfterEach
    void tearDown() throws IOException {
        keepers.forEach(FrameKeeper::end);
        agent.close();
        sender.close();
        qemu.close();
        wire.close();
        host.close();
    }

    @Test
    void isSentAfterTheGuestInOrder() throws Exception {
        FrameKeeper keeper = keep();
        come(10);
        qemuReads(7);
        rescue(keeper);
        come(2);
        keeper.sendEnd();
        assertEquals(List.of(7, 8, 9, 10, 11), rescued());
        assertEquals(new Told(5, 0), outcome());
    }

    @Test
    void isNothingIfAllWasRead() throws Exception {
        FrameKeeper keeper = keep();
        come(10);
        qemuReads(10);
        rescue(keeper);
        keeper.sendEnd();
        assertEquals(List.of(), rescued());
        assertEquals(new Told(0, 0), outcome());
    }

    @Test
    @DisplayName("frames that are not for the guest count, but stay")
    void isSentAfterTheGuestOnlyIfItIsForTheGuest() throws Exception {
        FrameKeeper keeper = keep();
        come(2);
        wire.write(ArpPacket.request(ROUTER, Ipv4.address("10.1.0.1"), Ipv4.address(HOME_ADDRESS))
                .toFrame(MacAddress.BROADCAST)
                .toOctets());
        come(2);
        qemuReads(2);
        rescue(keeper);
        wire.write(datagram(99, "10.1.0.77").toFrame(ROUTER, GUEST_MAC).toOctets());
        wire.write(
                datagram(99, HOME_ADDRESS).toFrame(ROUTER, MacAddress.BROADCAST).toOctets());
        come(1);
        keeper.sendEnd();
        assertEquals(List.of(2, 3, 4), rescued());
        assertEquals(new Told(3, 0), outcome());
    }

    @Test
    @DisplayName("a program of this host leaves the checksum to the tap")
    void isWholeThoughItWasNotWhenItCame() throws Exception {
        host.exec("ip", "address", "add", "10.1.0.9/24", "dev", "br0");
        host.exec("ip", "neighbour", "replace", HOME_ADDRESS, "lladdr", GUEST_MAC.toString(), "dev", "br0");
        FrameKeeper keeper = keep();
        ByteBuffer payload = ByteBuffer.allocate(100).putInt(sent++).rewind();
        sender.send(Ipv4.address(HOME_ADDRESS), 5000, payload);
        rescue(keeper);
        keeper.sendEnd();
        assertEquals(List.of(0), rescued());
    }

    @Test
    void isFoundAlthoughSomeWaitedWhenTheFirstWasKept() throws Exception {
        come(5);
        FrameKeeper keeper = keep();
        come(3);
        qemuReads(8);
        pause();
        come(6);
        qemuReads(2);
        rescue(keeper);
        keeper.sendEnd();
        assertEquals(List.of(10, 11, 12, 13), rescued());
    }

    @Test
    void outlivesTheTap() throws Exception {
        FrameKeeper keeper = keep();
        come(10);
        qemuReads(6);
        rescue(keeper);
        qemu.close();
        keeper.sendEnd();
        assertEquals(List.of(6, 7, 8, 9), rescued());
    }

    @Test
    @DisplayName("QEMU takes a frame from the tap that the guest, which it has stopped, never sees")
    void includesWhatQemuTookAfterTheStop() throws Exception {
        FrameKeeper keeper = keep();
        come(4);
        qemuReads(4);
        Instant stopped = Instant.now();
        come(3);
        qemuReads(1);
        keeper.rescue(rescuer(), stopped);
        keeper.sendEnd();
        assertEquals(List.of(4, 5, 6), rescued());
    }

    @Test
    void includesWhatComesLate() throws Exception {
        FrameKeeper keeper = keep();
        come(2);
        rescue(keeper);
        keeper.sendEnd();
        assertEquals(List.of(0, 1), rescued());
        assertEquals(new Told(2, 0), outcome());
        come(3);
        for (int late = 2; late < 5; late++) {
            assertEquals(late, number(assertInstanceOf(Rescued.class, message())));
        }
        keeper.sendEnd();
        assertEquals(new End(ID, 2), message(), "the same as before: it may be a lost one's");
        keeper.end();
        assertEquals(new Told(3, 0), outcome());
        come(1);
        pause();
        agent.configureBlocking(false);
        assertNull(agent.receive(ByteBuffer.allocate(2000)));
    }

    @Test
    @DisplayName("COMMIT has left, and the guest is registered at RESUME: this alone is lost")
    void isLostWhereThereIsNoRouteToTheNewSite() throws Exception {
        FrameKeeper keeper = keep();
        come(3);
        keeper.rescue(new AgentRescuer(GUEST, ID, Ipv4Address.of("192.0.2.77"), ENTERPRISE_NUMBER, this::send), NEVER);
        keeper.sendEnd();
        assertEquals(new Told(0, 3), outcome());
    }

    @Test
    @DisplayName("is, with what was read, everything, and nothing twice")
    void withWhatWasReadItIsAllThatCame() throws Exception {
        AtomicBoolean runs = new AtomicBoolean(true);
        CompletableFuture<List<Integer>> reading = new CompletableFuture<>();
        new Thread(() -> reading.complete(readAtTimes(runs)), "qemu").start();
        come(20); // Some wait already.
        FrameKeeper keeper = keep();
        for (int i = 0; i < 1500; i++) {
            come(1 + i % 3);
            TimeUnit.MICROSECONDS.sleep(700);
        }
        runs.set(false);
        List<Integer> delivered = reading.join();
        rescue(keeper);
        come(50);
        keeper.sendEnd();
        List<Integer> rescued = rescued();
        assertTrue(rescued.size() >= 50, () -> rescued.size() + " rescued");
        delivered.addAll(rescued);
        assertEquals(IntStream.range(0, sent).boxed().toList(), delivered);
    }

    /** Reads all there is, pauses for some milliseconds now and then, as a loaded machine's QEMU does, and stops just anywhere. */
    private List<Integer> readAtTimes(AtomicBoolean runs) {
        List<Integer> read = new ArrayList<>();
        Random random = new Random(3);
        try {
            while (runs.get()) {
                Optional<ByteBuffer> frame = qemu.poll();
                frame.flatMap(FrameKeeperTest::number).ifPresent(read::add);
                if (frame.isEmpty()) {
                    TimeUnit.MICROSECONDS.sleep(random.nextInt(20) == 0 ? 8000 : 100);
                }
            }
        } catch (KernelException | InterruptedException e) {
            throw new AssertionError(e);
        }
        return read;
    }

    private FrameKeeper keep() throws Exception {
        Interface tap = host.run(() -> link("tap0"));
        FrameKeeper keeper = host.run(
                () -> FrameKeeper.start(GUEST, tap, (guest, rescued, lost) -> told.add(new Told(rescued, lost))));
        keepers.add(keeper);
        pause();
        return keeper;
    }

    /** From the correspondent, by way of the router; each has a number. */
    private void come(int number) throws KernelException {
        for (int i = 0; i < number; i++) {
            wire.write(datagram(sent++, HOME_ADDRESS).toFrame(ROUTER, GUEST_MAC).toOctets());
        }
    }

    private void qemuReads(int number) throws KernelException {
        for (int i = 0; i < number; i++) {
            assertTrue(qemu.read().isPresent());
        }
    }

    /** QEMU has just stopped; what it drops then is another test's. */
    private void rescue(FrameKeeper keeper) {
        keeper.rescue(rescuer(), NEVER);
    }

    private Rescuer rescuer() {
        return new AgentRescuer(GUEST, ID, AGENT, ENTERPRISE_NUMBER, this::send);
    }

    private void send(Ipv4Address to, ByteBuffer payload) throws KernelException {
        sender.send(to.toInet(), Uplink.MOBILE_IP_PORT, payload);
    }

    private Told outcome() throws InterruptedException {
        Told outcome = told.poll(60, TimeUnit.SECONDS);
        if (outcome == null) {
            throw new AssertionError("never told");
        }
        return outcome;
    }

    /** The numbers of what came to the agent until END, which counts them. */
    private List<Integer> rescued() throws IOException {
        List<Integer> numbers = new ArrayList<>();
        HandoverMessage next = message();
        for (; next instanceof Rescued rescued; next = message()) {
            assertEquals(numbers.size(), rescued.sequence());
            numbers.add(number(rescued));
        }
        assertEquals(new End(ID, numbers.size()), next);
        return numbers;
    }

    private HandoverMessage message() throws IOException {
        ByteBuffer octets = ByteBuffer.allocate(1 << 16);
        agent.receive(octets);
        return HandoverMessage.decode(Octets.copyOf(Unpooled.wrappedBuffer(octets.flip())), ENTERPRISE_NUMBER)
                .orElseThrow();
    }

    private static int number(Rescued rescued) {
        return Ipv4Packet.parse(ByteBuffer.wrap(rescued.packet().toByteArray()))
                .flatMap(UdpPacket::parse)
                .orElseThrow()
                .payload()
                .getInt();
    }

    /** Of a datagram whose checksums are right. */
    private static Optional<Integer> number(ByteBuffer octets) {
        return EthernetFrame.parse(octets)
                .flatMap(Ipv4Packet::parse)
                .flatMap(UdpPacket::parse)
                .map(datagram -> datagram.payload().getInt());
    }

    private static Ipv4Packet datagram(int number, String to) {
        ByteBuffer payload = ByteBuffer.allocate(100).putInt(number).rewind();
        return new UdpPacket(Ipv4.address(CORRESPONDENT), 4000, Ipv4.address(to), 5000, 60, payload).toIpv4();
    }

    private static Interface link(String name) throws KernelException {
        try (Netlink netlink = Netlink.open()) {
            return netlink.links().get(name).device();
        }
    }

    /** For the keeper to look at the tap. */
    private static void pause() throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(150);
    }
}
