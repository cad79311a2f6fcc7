package org.mooring.runtime.udp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.batch.HeldDescriptor;
import org.mooring.linux.batch.IncomingMessages;
import org.mooring.linux.packet.TunnelDataSocket;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.Failure;
import org.mooring.runtime.RecordingSupervisor;
import org.mooring.runtime.loop.AgentLoop;

/** A router between its LAN, where a neighbour is, and the rest, where a peer is. */
@Tag("netns")
@Timeout(120)
@DisplayName("On a router, a UDP socket")
class UdpTopologyTest {
    private static final Ipv4Address AGENT = Ipv4Address.of("10.1.0.1");
    private static final InetSocketAddress AGENT_PORT =
            new InetSocketAddress(AGENT.toInet(), UdpSocket.REGISTRATION_PORT);
    private static final int RECEIVE_BUFFER = 1 << 20;

    private final AgentLoop<String, String> loop =
            new AgentLoop<>("udp-test", Clock.systemUTC(), new RecordingSupervisor());
    private final NetworkNamespace router;
    private final NetworkNamespace neighbour;
    private final NetworkNamespace peer;

    UdpTopologyTest() throws Exception {
        router = NetworkNamespace.create();
        neighbour = NetworkNamespace.create();
        peer = NetworkNamespace.create();
    }

    @BeforeEach
    void connect() {
        router.connect("lan", neighbour, "eth0");
        router.connect("wan", peer, "eth0");
        router.exec("ip", "address", "add", "10.1.0.1/24", "dev", "lan");
        router.exec("ip", "address", "add", "192.0.2.2/24", "dev", "wan");
        neighbour.exec("ip", "address", "add", "10.1.0.20/24", "dev", "eth0");
        peer.exec("ip", "address", "add", "192.0.2.9/24", "dev", "eth0");
        peer.exec("ip", "route", "add", "10.1.0.0/24", "via", "192.0.2.2");
    }

    @AfterEach
    void close() {
        loop.close();
        router.close();
        neighbour.close();
        peer.close();
    }

    @Test
    @DisplayName("bound to a device takes what arrives there, and the one beside it the rest")
    void boundToADeviceTakesWhatArrivesThere() throws Exception {
        BlockingQueue<String> taken = new LinkedBlockingQueue<>();
        router.run(() -> {
            UdpSocket routed = UdpSocket.bind(
                    loop,
                    AGENT,
                    UdpSocket.REGISTRATION_PORT,
                    RECEIVE_BUFFER,
                    datagram ->
                            taken.add("routed " + datagram.from().getAddress().getHostAddress()));
            UdpSocket onLink = routed.alsoOn(
                    "lan",
                    datagram -> taken.add("lan " + datagram.from().getAddress().getHostAddress()));
            assertEquals(AGENT_PORT, routed.local());
            assertEquals(AGENT_PORT, onLink.local());
        });
        // Several times, for a choice by chance would be right half the time.
        for (int i = 0; i < 10; i++) {
            neighbour.run(() -> send("from the LAN"));
            assertEquals("lan 10.1.0.20", taken.take());
            peer.run(() -> send("from elsewhere"));
            assertEquals("routed 192.0.2.9", taken.take());
        }
    }

    @Test
    @DisplayName("connected to a peer takes what comes from it, and the one beside it the rest, also when it is gone")
    void connectedToAPeerTakesWhatItSends() throws Exception {
        BlockingQueue<String> taken = new LinkedBlockingQueue<>();
        var peerPort = new InetSocketAddress(Ipv4Address.of("192.0.2.9").toInet(), UdpSocket.REGISTRATION_PORT);
        var fromPeer = router.run(() -> {
            UdpSocket routed = UdpSocket.bind(
                    loop,
                    AGENT,
                    UdpSocket.REGISTRATION_PORT,
                    RECEIVE_BUFFER,
                    datagram -> taken.add("routed " + datagram.from()));
            assertThrows(
                    Failure.class,
                    () -> routed.alsoFrom(
                            new InetSocketAddress(Ipv4Address.of("198.51.100.2").toInet(), 434), datagram -> {}),
                    "there is no way to it");
            routed.alsoOn("lan", datagram -> taken.add("lan " + datagram.from()));
            routed.alsoFrom(
                    new InetSocketAddress(Ipv4Address.of("192.0.2.10").toInet(), 434),
                    datagram -> taken.add("another's " + datagram.from()));
            UdpSocket own = routed.alsoFrom(peerPort, datagram -> taken.add("own " + datagram.from()));
            assertEquals(AGENT_PORT, own.local());
            return own;
        });
        for (int i = 0; i < 10; i++) {
            peer.run(() -> send(peerPort));
            assertEquals("own " + peerPort, taken.take());
            peer.run(() -> send(new InetSocketAddress(peerPort.getAddress(), 4434)));
            assertEquals("routed /192.0.2.9:4434", taken.take());
            neighbour.run(() -> send("from elsewhere"));
            assertTrue(taken.take().startsWith("lan /10.1.0.20:"));
        }

        fromPeer.close();
        peer.run(() -> send(peerPort));
        assertEquals("routed " + peerPort, taken.take());
    }

    private static void send(InetSocketAddress from) throws Exception {
        try (DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET)) {
            channel.bind(from);
            channel.send(ByteBuffer.wrap(text("request")), AGENT_PORT);
        }
    }

    @Test
    @DisplayName("leaves tunnel data to a socket beside it, and takes the rest")
    void leavesTunnelDataToASocketBesideIt() throws Exception {
        BlockingQueue<String> taken = new LinkedBlockingQueue<>();
        byte[] tunnelData = ByteBuffer.allocate(24)
                .putInt(0x0404_0000)
                .putInt(0x4500_0014)
                .position(20)
                .put(Ipv4Address.of("10.1.0.50").toInet().getAddress())
                .array();
        int times = 10;
        try (TunnelDataSocket data = router.run(() -> {
                    UdpSocket routed = UdpSocket.bind(
                            loop,
                            AGENT,
                            UdpSocket.REGISTRATION_PORT,
                            RECEIVE_BUFFER,
                            datagram -> taken.add("routed " + datagram.payload().length()));
                    return routed.beside(
                            () -> TunnelDataSocket.open(AGENT.toInet(), UdpSocket.REGISTRATION_PORT, 4, 0));
                });
                HeldDescriptor held = data.hold()) {
            for (int i = 0; i < times; i++) {
                peer.run(() -> send(tunnelData));
                peer.run(() -> send("request"));
                assertEquals("routed 7", taken.take());
            }
            var messages = new IncomingMessages(2 * times, 2000, 0);
            assertEquals(times, held.receive(messages));
            assertEquals(tunnelData.length, messages.length(0));
            assertThrows(
                    Failure.class,
                    () -> router.run(() ->
                            UdpSocket.bind(loop, AGENT, UdpSocket.REGISTRATION_PORT, RECEIVE_BUFFER, datagram -> {})));
        }
    }

    @Test
    @DisplayName("answers from the address that was asked, whichever of the two it is")
    void answersFromTheAddressThatWasAsked() throws Exception {
        router.run(() -> {
            BlockingQueue<UdpSocket> sockets = new LinkedBlockingQueue<>();
            UdpSocket routed = UdpSocket.bind(
                    loop,
                    AGENT,
                    UdpSocket.REGISTRATION_PORT,
                    RECEIVE_BUFFER,
                    datagram -> sockets.element().send(datagram.from(), datagram.payload()));
            sockets.add(routed);
            BlockingQueue<UdpSocket> onLink = new LinkedBlockingQueue<>();
            onLink.add(routed.alsoOn("lan", datagram -> onLink.element().send(datagram.from(), datagram.payload())));
        });
        for (NetworkNamespace asking : new NetworkNamespace[] {neighbour, peer}) {
            asking.run(() -> {
                try (DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET)) {
                    channel.connect(AGENT_PORT); // only takes what comes from there
                    channel.write(ByteBuffer.wrap(text("echo")));
                    channel.socket().setSoTimeout(30_000);
                    ByteBuffer answer = ByteBuffer.allocate(100);
                    assertEquals(AGENT_PORT, channel.receive(answer));
                    assertEquals(4, answer.position());
                }
            });
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "keeps a burst that waits for the agent, whatever net.core.rmem_max is, also of a peer with a socket of its own")
    void keepsABurst(boolean known) throws Exception {
        int burst = 2000; // some ten times what fits into the usual net.core.rmem_max
        BlockingQueue<Datagram> taken = new LinkedBlockingQueue<>();
        var peerPort = new InetSocketAddress(Ipv4Address.of("192.0.2.9").toInet(), UdpSocket.REGISTRATION_PORT);
        router.run(() -> {
            UdpSocket routed = UdpSocket.bind(
                    loop, AGENT, UdpSocket.REGISTRATION_PORT, 24 << 20, known ? datagram -> {} : taken::add);
            return known ? routed.alsoFrom(peerPort, taken::add) : routed;
        });
        CountDownLatch sent = new CountDownLatch(1);
        loop.execute(() -> {
            try {
                sent.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        peer.run(() -> {
            try (DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET)) {
                channel.bind(peerPort);
                channel.connect(AGENT_PORT);
                for (int i = 0; i < burst; i++) {
                    channel.write(ByteBuffer.allocate(1000).putInt(0, i));
                }
            }
        });
        sent.countDown();
        for (int i = 0; i < burst; i++) {
            assertEquals(i, taken.take().payload().int32(0));
        }
    }

    @Test
    @DisplayName("hears that nobody listens where it sent to")
    void hearsOfIcmpErrors() throws Exception {
        BlockingQueue<IcmpError> errors = new LinkedBlockingQueue<>();
        var destination = new InetSocketAddress(Ipv4Address.of("192.0.2.9").toInet(), 4434);
        router.run(() -> {
            UdpSocket socket = UdpSocket.bind(loop, AGENT, UdpSocket.REGISTRATION_PORT, RECEIVE_BUFFER, datagram -> {});
            IcmpErrors.listen(loop, AGENT, errors::add);
            socket.send(destination, Octets.of(text("a request that is quoted")));
        });
        IcmpError error = errors.take();
        assertEquals(
                new IcmpError(
                        error.at(),
                        Ipv4Address.of("192.0.2.9"),
                        IcmpError.DESTINATION_UNREACHABLE,
                        3,
                        AGENT_PORT,
                        destination,
                        Octets.of(text("a request that is quoted"))),
                error);
    }

    @Test
    @DisplayName("says why the kernel refused to send")
    void saysWhyTheKernelRefusedToSend() throws Exception {
        BlockingQueue<SendRefusal> refusals = new LinkedBlockingQueue<>();
        router.run(() -> {
            UdpSocket socket = UdpSocket.bind(loop, AGENT, UdpSocket.REGISTRATION_PORT, RECEIVE_BUFFER, datagram -> {});
            socket.send(
                    new InetSocketAddress(Ipv4Address.of("198.51.100.2").toInet(), UdpSocket.REGISTRATION_PORT),
                    Octets.of(text("request")),
                    refusals::add);
        });
        SendRefusal refusal = refusals.take();
        assertEquals(SendRefusal.ENETUNREACH, refusal.errno());
        assertTrue(refusal.reason().contains("Network is unreachable"), refusal.reason());
    }

    private static void send(String payload) throws Exception {
        send(text(payload));
    }

    private static void send(byte[] payload) throws Exception {
        try (DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET)) {
            channel.send(ByteBuffer.wrap(payload), AGENT_PORT);
        }
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
