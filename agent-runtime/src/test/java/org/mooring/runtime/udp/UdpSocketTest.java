package org.mooring.runtime.udp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.unix.Errors.NativeIoException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.Failure;
import org.mooring.runtime.RecordingSupervisor;
import org.mooring.runtime.loop.AgentLoop;

@Timeout(120)
@DisplayName("A UDP socket")
class UdpSocketTest {
    private static final Ipv4Address LOOPBACK = Ipv4Address.of("127.0.0.1");
    private static final int RECEIVE_BUFFER = 1 << 20;

    /** No more than net.core.rmem_max is as a rule, so that it needs no capability. */
    private static final int SMALL_BUFFER = 192 << 10;

    private final AgentLoop<String, String> loop =
            new AgentLoop<>("udp-test", Clock.systemUTC(), new RecordingSupervisor());
    private final BlockingQueue<Datagram> taken = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        loop.close();
    }

    private UdpSocket bind(Ipv4Address address, int port) throws Failure {
        return UdpSocket.bind(loop, address, port, RECEIVE_BUFFER, taken::add);
    }

    @Test
    void exchangesDatagrams() throws Exception {
        UdpSocket socket = bind(LOOPBACK, 0);
        BlockingQueue<Datagram> peerTook = new LinkedBlockingQueue<>();
        UdpSocket peer = UdpSocket.bind(loop, LOOPBACK, 0, RECEIVE_BUFFER, peerTook::add);

        peer.send(socket.local(), octets("request"));
        Datagram request = taken.take();
        assertEquals(new Datagram(request.at(), peer.local(), socket.local(), octets("request")), request);

        socket.send(request.from(), octets("reply"));
        assertEquals(octets("reply"), peerTook.take().payload());
    }

    @Test
    void takesABurstInOrder() throws Exception {
        UdpSocket socket = bind(LOOPBACK, 0);
        CountDownLatch sent = new CountDownLatch(1);
        loop.execute(() -> await(sent)); // so that they wait in the kernel, and are taken several at a time
        try (DatagramChannel peer = DatagramChannel.open(StandardProtocolFamily.INET)) {
            peer.connect(socket.local());
            for (int i = 0; i < 100; i++) {
                peer.write(ByteBuffer.allocate(500).putInt(0, i));
            }
        }
        sent.countDown();
        for (int i = 0; i < 100; i++) {
            Octets payload = taken.take().payload();
            assertEquals(500, payload.length());
            assertEquals(i, payload.int32(0));
        }
    }

    @Test
    void takesTheLongestDatagramThereIsAndIsNotStoppedByAnEmptyOne() throws Exception {
        UdpSocket socket = bind(LOOPBACK, 0);
        byte[] longest = new byte[65_507];
        longest[65_506] = 1;
        try (DatagramChannel peer = DatagramChannel.open(StandardProtocolFamily.INET)) {
            peer.setOption(StandardSocketOptions.SO_SNDBUF, 1 << 20);
            peer.connect(socket.local());
            peer.write(ByteBuffer.allocate(0));
            peer.write(ByteBuffer.wrap(longest));
        }
        assertEquals(Octets.of(longest), taken.take().payload());
    }

    @Test
    void saysWhoHasItsPort() throws Exception {
        try (DatagramChannel other = DatagramChannel.open(StandardProtocolFamily.INET)) {
            other.bind(new InetSocketAddress(LOOPBACK.toInet(), 0));
            int port = ((InetSocketAddress) other.getLocalAddress()).getPort();
            assertRefused(
                    "UDP 127.0.0.1:" + port + " is taken by java (pid "
                            + ProcessHandle.current().pid() + "): stop it, or give this program another address",
                    () -> bind(LOOPBACK, port));
        }
    }

    @Test
    @DisplayName("has less room for a peer that has one of its own: what waits there is soon read")
    void hasLessRoomForOnePeer() throws Exception {
        UdpSocket socket = UdpSocket.bind(loop, LOOPBACK, 0, SMALL_BUFFER, taken::add);
        try (DatagramChannel peer = DatagramChannel.open(StandardProtocolFamily.INET)) {
            peer.connect(socket.local());
            int shared = kept(peer, "end of the first");
            socket.alsoFrom((InetSocketAddress) peer.getLocalAddress(), taken::add);
            int own = kept(peer, "end of the second");
            assertTrue(own > 0 && 2 * own < shared, () -> own + " and " + shared);
        }
    }

    /** How many datagrams of a burst that nobody reads meanwhile find room. */
    private int kept(DatagramChannel peer, String end) throws Exception {
        CountDownLatch sent = new CountDownLatch(1);
        loop.execute(() -> await(sent));
        for (int i = 0; i < 2000; i++) {
            peer.write(ByteBuffer.allocate(500));
        }
        sent.countDown();
        int kept = 0;
        while (true) {
            peer.write(ByteBuffer.wrap(octets(end).toByteArray())); // again, if there was no room for it
            for (Datagram one = taken.poll(1, TimeUnit.SECONDS); one != null; one = taken.poll()) {
                if (one.payload().equals(octets(end))) {
                    return kept;
                }
                kept += one.payload().length() == 500 ? 1 : 0;
            }
        }
    }

    @Test
    void sharesItsPortWithNobodyUnasked() throws Exception {
        UdpSocket socket = bind(LOOPBACK, 0);
        UdpSocket second = socket.alsoOn("lo", taken::add);
        assertEquals(socket.local(), second.local());
        try (DatagramChannel other = DatagramChannel.open(StandardProtocolFamily.INET)) {
            other.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            assertThrows(BindException.class, () -> other.bind(socket.local()));
        }
    }

    @Test
    void needsAnAddressOfThisMachineAndADeviceThatIsThere() throws Exception {
        assertRefused(
                "192.0.2.1 is no address of this machine: add it to an interface, or correct the configuration",
                () -> bind(Ipv4Address.of("192.0.2.1"), 0));
        UdpSocket socket = bind(LOOPBACK, 0);
        assertRefused(
                "there is no interface nosuch0 to bind UDP port "
                        + socket.local().getPort() + " to: create it, or name another one",
                () -> socket.alsoOn("nosuch0", taken::add));
    }

    @ParameterizedTest
    @CsvSource({
        "13, UDP 127.0.0.1:434: needs CAP_NET_BIND_SERVICE: run as root or grant it (AmbientCapabilities= in the unit)",
        "1, UDP 127.0.0.1:434: needs CAP_NET_RAW: run as root or grant it (AmbientCapabilities= in the unit)"
    })
    void saysWhichCapabilityIsMissing(int errno, String line) {
        Failure refused =
                BindFailure.of(new InetSocketAddress(LOOPBACK.toInet(), 434), new NativeIoException("bind", -errno));
        assertEquals(List.of(line), refused.lines());
    }

    private interface Binding {
        UdpSocket bind() throws Failure;
    }

    private static void assertRefused(String line, Binding binding) {
        Failure refused = assertThrows(Failure.class, binding::bind);
        assertEquals(List.of(line), refused.lines());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static Octets octets(String text) {
        return Octets.of(text.getBytes(StandardCharsets.US_ASCII));
    }
}
