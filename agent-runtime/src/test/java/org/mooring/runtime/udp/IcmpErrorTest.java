package org.mooring.runtime.udp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

@DisplayName("An ICMP error")
class IcmpErrorTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Ipv4Address AGENT = Ipv4Address.of("192.0.2.2");
    private static final Ipv4Address HOME_AGENT = Ipv4Address.of("10.2.0.1");
    private static final Ipv4Address ROUTER = Ipv4Address.of("203.0.113.1");
    private static final byte[] REQUEST = "request".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADERS = 28;

    private static ByteBuffer sent() {
        return new UdpPacket(AGENT.toInet(), 1434, HOME_AGENT.toInet(), 434, 64, ByteBuffer.wrap(REQUEST))
                .toIpv4()
                .toOctets();
    }

    private static Ipv4Packet error(int type, int code, ByteBuffer quoted) {
        ByteBuffer icmp = ByteBuffer.allocate(8 + quoted.remaining())
                .put((byte) type)
                .put((byte) code)
                .position(8)
                .put(quoted)
                .flip();
        return Ipv4Packet.of(ROUTER.toInet(), AGENT.toInet(), Ipv4Packet.ICMP, 64, icmp);
    }

    private static IcmpError expected(int type, int code, Octets quoted) {
        return new IcmpError(
                NOW,
                ROUTER,
                type,
                code,
                new InetSocketAddress(AGENT.toInet(), 1434),
                new InetSocketAddress(HOME_AGENT.toInet(), 434),
                quoted);
    }

    @Test
    void namesTheDatagramAndQuotesIt() {
        assertEquals(Optional.of(expected(3, 1, Octets.of(REQUEST))), IcmpError.parse(NOW, error(3, 1, sent())));
        assertEquals(Optional.of(expected(11, 0, Octets.of(REQUEST))), IcmpError.parse(NOW, error(11, 0, sent())));
    }

    @Test
    void mayQuoteNoMoreThanTheHeaders() {
        assertEquals(
                Optional.of(expected(3, 0, Octets.EMPTY)), IcmpError.parse(NOW, error(3, 0, sent().slice(0, HEADERS))));
        assertEquals(Optional.empty(), IcmpError.parse(NOW, error(3, 0, sent().slice(0, HEADERS - 1))));
    }

    @Test
    void isNoOtherIcmpMessage() {
        assertEquals(Optional.empty(), IcmpError.parse(NOW, error(8, 0, sent())));
        assertEquals(Optional.empty(), IcmpError.parse(NOW, error(5, 1, sent())));
    }

    @Test
    void isAboutUdpOnly() {
        ByteBuffer tunnelled = Ipv4Packet.of(AGENT.toInet(), HOME_AGENT.toInet(), Ipv4Packet.IPIP, 64, sent())
                .toOctets();
        assertEquals(Optional.empty(), IcmpError.parse(NOW, error(3, 2, tunnelled)));
    }

    @Test
    void ofWhateverOctetsIsTakenApartOrNot() {
        for (int seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            ByteBuffer quoted =
                    ByteBuffer.allocate(sent().remaining()).put(sent()).flip();
            for (int i = 0; i <= random.nextInt(6); i++) {
                quoted.put(random.nextInt(quoted.limit()), (byte) random.nextInt(256));
            }
            quoted.limit(random.nextInt(quoted.limit() + 1));
            Optional<IcmpError> parsed = IcmpError.parse(NOW, error(3, 3, quoted));
            parsed.ifPresent(error -> assertEquals(ROUTER, error.from()));
        }
    }
}
