package org.mooring.migrator.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mooring.linux.Ipv4;
import org.mooring.linux.KernelException;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.RawIpv4Socket;

@Tag("netns")
@Timeout(120)
class TunnelPingTest {
    private static final Inet4Address HOST = Ipv4.address("198.51.100.1");
    private static final Inet4Address AGENT = Ipv4.address("198.51.100.2");

    private NetworkNamespace host;
    private NetworkNamespace agent;

    @BeforeEach
    void connect() throws Exception {
        host = NetworkNamespace.create();
        agent = NetworkNamespace.create();
        host.connect("eth0", agent, "eth0");
        host.exec("ip", "address", "add", HOST.getHostAddress() + "/24", "dev", "eth0");
        agent.exec("ip", "address", "add", AGENT.getHostAddress() + "/24", "dev", "eth0");
    }

    @AfterEach
    void remove() {
        host.close();
        agent.close();
    }

    @Test
    void getsAnAnswerToAnyLengthThatTheLinkCarries() throws Exception {
        try (Decapsulator decapsulator = new Decapsulator()) {
            assertTrue(ping(TunnelPing.shortest()).isPresent(), decapsulator::toString);
            assertTrue(ping(1500).isPresent(), decapsulator::toString);
        }
    }

    @Test
    void noticesThatALinkIsNarrower() throws Exception {
        agent.exec("ip", "link", "set", "eth0", "mtu", "1400");
        try (Decapsulator decapsulator = new Decapsulator()) {
            assertTrue(ping(TunnelPing.shortest()).isPresent(), decapsulator::toString);
            assertEquals(Optional.empty(), ping(1500));
        }
    }

    @Test
    void noticesThatNobodyDecapsulates() throws Exception {
        assertEquals(Optional.empty(), ping(TunnelPing.shortest()));
    }

    @Test
    void saysThatThereIsNoWay() {
        assertThrows(IOException.class, () -> host.run(() -> new TunnelPing(Ipv4.address("203.0.113.1")).send(100)));
    }

    private Optional<Duration> ping(int length) throws Exception {
        return host.run(() -> new TunnelPing(AGENT).send(length));
    }

    /** An agent's end: takes the outer header off and answers what is inside, as RFC 2003 and RFC 792 have it. */
    private final class Decapsulator implements AutoCloseable {
        private final RawIpv4Socket tunnel;
        private final RawIpv4Socket answers;

        Decapsulator() throws Exception {
            tunnel = agent.run(() -> RawIpv4Socket.open(Ipv4Packet.IPIP, AGENT));
            answers = agent.run(() -> RawIpv4Socket.open(Ipv4Packet.ICMP, AGENT));
            Thread thread = new Thread(this::answer, "decapsulator");
            thread.setDaemon(true);
            thread.start();
        }

        private void answer() {
            try {
                for (Optional<Ipv4Packet> outer = tunnel.receive(); outer.isPresent(); outer = tunnel.receive()) {
                    Optional<Ipv4Packet> inner = Ipv4Packet.parse(outer.get().payload());
                    if (inner.isPresent() && isOurs(outer.get(), inner.get())) {
                        ByteBuffer echo = ByteBuffer.allocate(
                                        inner.get().payload().remaining())
                                .put(inner.get().payload())
                                .flip();
                        echo.put(0, (byte) 0).putShort(2, (short) 0);
                        echo.putShort(2, (short) Checksum.of(echo));
                        answers.send(inner.get().source(), echo);
                    }
                }
            } catch (KernelException closed) {
                // The test is over.
            }
        }

        private static boolean isOurs(Ipv4Packet outer, Ipv4Packet inner) {
            return inner.protocol() == Ipv4Packet.ICMP
                    && inner.source().equals(outer.source())
                    && inner.destination().equals(AGENT)
                    && inner.payload().get(0) == 8
                    && Checksum.of(inner.payload()) == 0;
        }

        @Override
        public void close() {
            tunnel.close();
            answers.close();
        }
    }
}
