package org.mooring.protocol.nat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.protocol.nat.EchoPacket.Kind;
import org.mooring.protocol.wire.Extension.UdpTunnelReply;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.TunnelData;
import org.mooring.protocol.wire.UdpTunnelRequest;

@DisplayName("RFC 3519 §4.9 Tunnel Keepalive, §4.10 Detecting and compensating for loss of NAT mapping")
class Rfc3519Section4_9Test {
    private static final Ipv4Address HOME = Ipv4Address.of("10.1.0.5");
    private static final Ipv4Address HOME_AGENT = Ipv4Address.of("10.1.0.1");
    private static final Duration K = Duration.ofSeconds(110);
    private static final Instant REGISTERED = Instant.parse("2027-01-01T00:00:00Z");

    private final List<Octets> sent = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final Keepalives keepalives = new Keepalives(HOME, new Network());
    private Instant due = Instant.MAX;

    @Test
    @DisplayName("the first keepalive is sent K seconds after the registration, and not before")
    void waitsForTheInterval() {
        keepalives.begin(HOME_AGENT, K, REGISTERED);
        assertEquals(REGISTERED.plus(K), due);
        keepalives.due(REGISTERED.plus(K).minusMillis(1));
        assertEquals(List.of(), sent);
        keepalives.due(due);
        assertEquals(1, sent.size());
    }

    @Test
    @DisplayName(
            "§4.4: where the home agent waits for a keepalive one leaves at once, and again until it is answered; then each K seconds")
    void opensTheTunnel() {
        keepalives.open(HOME_AGENT, K, REGISTERED);
        assertEquals(1, sent.size());
        assertEquals(
                new EchoPacket(Kind.REQUEST, HOME, HOME_AGENT, Keepalives.IDENTIFIER, 1, Octets.EMPTY), request(0));
        assertEquals(REGISTERED.plusSeconds(1), due);
        keepalives.due(due);
        assertEquals(2, sent.size());
        Instant answered = REGISTERED.plusMillis(1040);
        assertTrue(keepalives.received(request(1).reply(), answered));
        assertEquals(answered.plus(K), due);
        assertEquals(K, keepalives.interval());
    }

    @Test
    @DisplayName("§4.10: a registration doesn't show that what is silent is heard again")
    void isSilentUntilItIsAnswered() {
        keepalives.open(HOME_AGENT, K, REGISTERED);
        for (int i = 0; i < 4; i++) {
            keepalives.due(due);
        }
        assertEquals(List.of("silent"), told);
        Instant renewed = due;
        keepalives.open(HOME_AGENT, K, renewed);
        assertEquals(5, sent.size());
        assertEquals(renewed.plusSeconds(1), due);
        assertEquals(List.of("silent"), told);
        assertTrue(keepalives.received(request(4).reply(), renewed));
        assertEquals(List.of("silent", "answered"), told);
    }

    @Test
    @DisplayName("§3.1: F, R, and what a later version may have where this one has nothing")
    void requests() {
        assertTrue(new UdpTunnelRequest(0x80, 0).forces());
        assertFalse(new UdpTunnelRequest(0x7f, 0).forces());
        assertTrue(new UdpTunnelRequest(0x40, 0).isRegisteredThroughForeignAgent());
        assertFalse(new UdpTunnelRequest(0xbf, 0).isRegisteredThroughForeignAgent());
        assertTrue(new UdpTunnelRequest(0, 1, 0, 0, 0).isUnderstood(), "Reserved 1 is ignored");
        assertFalse(new UdpTunnelRequest(1, 0, 0, 0, 0).isUnderstood());
        assertFalse(new UdpTunnelRequest(0, 0, 0, 0, 1).isUnderstood());
    }

    @Test
    @DisplayName("what the other end puts into a keepalive comes back to it")
    void carriesData() {
        var echo = new EchoPacket(Kind.REQUEST, HOME, HOME_AGENT, 0xfff0, 0xffff, Octets.ofHex("fffefdfcfb"));
        // Computed by another program, of an odd length, and with sums that overflow 16 bits.
        var octets =
                Octets.ofHex("04040000" + "450000210000000040 0166d5 0a0100050a010001" + "0800ff11fff0fffffffefdfcfb");
        assertEquals(octets, echo.encode().encode());
        assertEquals(Optional.of(echo), TunnelData.decode(octets).flatMap(EchoPacket::decode));
    }

    @Test
    @DisplayName("it is an ICMP Echo Request of the home address to the home agent, encapsulated as tunnel data is")
    void isAnEchoRequestInTheTunnel() {
        keepalives.begin(HOME_AGENT, K, REGISTERED);
        keepalives.due(due);
        // Checked by hand: RFC 792, with the checksum of 08 00 00 00 01 b2 00 01.
        assertEquals(
                Octets.ofHex("04040000" + "4500001c00000000400166da0a0100050a010001" + "0800f64c01b20001"),
                sent.get(0));
        assertEquals(
                new EchoPacket(Kind.REQUEST, HOME, HOME_AGENT, Keepalives.IDENTIFIER, 1, Octets.EMPTY), request(0));
    }

    @Test
    @DisplayName("each answer is followed by the next keepalive K seconds later")
    void goesOnAfterAnAnswer() {
        keepalives.begin(HOME_AGENT, K, REGISTERED);
        keepalives.due(due);
        Instant answered = REGISTERED.plus(K).plusMillis(40);
        assertTrue(keepalives.received(request(0).reply(), answered));
        assertEquals(answered.plus(K), due);
        keepalives.due(due);
        assertEquals(2, request(1).sequence());
        assertEquals(List.of(), told);
    }

    @Test
    @DisplayName("a registration is as good as a keepalive: K begins anew")
    void beginsAnewWithARegistration() {
        keepalives.begin(HOME_AGENT, K, REGISTERED);
        Instant renewed = REGISTERED.plusSeconds(100);
        keepalives.begin(HOME_AGENT, K, renewed);
        keepalives.due(REGISTERED.plus(K));
        assertEquals(List.of(), sent);
        assertEquals(renewed.plus(K), due);
    }

    @Test
    @DisplayName("what isn't answered is sent again, three times, ever more slowly; then somebody is told, once")
    void noticesThatTheMappingIsLost() {
        keepalives.begin(HOME_AGENT, K, REGISTERED);
        List<Duration> gaps = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Instant now = due;
            keepalives.due(now);
            gaps.add(Duration.between(now, due));
        }
        assertEquals(4, sent.size());
        assertEquals(
                List.of(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4), Duration.ofSeconds(8)),
                gaps);
        assertEquals(List.of(), told);
        Instant over = due;
        keepalives.due(over);
        assertEquals(List.of("silent"), told);
        assertEquals(over.plus(K), due);
        for (int i = 0; i < 5; i++) {
            keepalives.due(due);
        }
        assertEquals(8, sent.size());
        assertEquals(List.of("silent"), told);
    }

    @Test
    @DisplayName("any of the retransmissions may be answered, also late")
    void acceptsALateAnswer() {
        keepalives.begin(HOME_AGENT, K, REGISTERED);
        for (int i = 0; i < 3; i++) {
            keepalives.due(due);
        }
        assertTrue(keepalives.received(request(0).reply(), due));
        assertFalse(keepalives.received(request(0).reply(), due), "an answer to what was answered before");
    }

    @Test
    @DisplayName("after the silence, the first answer is told, too")
    void noticesThatItIsThereAgain() {
        keepalives.begin(HOME_AGENT, K, REGISTERED);
        for (int i = 0; i < 6; i++) {
            keepalives.due(due);
        }
        assertTrue(keepalives.received(request(4).reply(), due));
        assertEquals(List.of("silent", "answered"), told);
    }

    @Test
    @DisplayName("the echo of anybody else is not an answer")
    void ignoresOtherEchoes() {
        keepalives.begin(HOME_AGENT, K, REGISTERED);
        keepalives.due(due);
        Instant patience = due;
        EchoPacket good = request(0).reply();
        EchoPacket[] others = {
            request(0),
            new EchoPacket(Kind.REPLY, Ipv4Address.of("192.0.2.1"), HOME, good.identifier(), 1, Octets.EMPTY),
            new EchoPacket(Kind.REPLY, HOME_AGENT, Ipv4Address.of("10.1.0.6"), good.identifier(), 1, Octets.EMPTY),
            new EchoPacket(Kind.REPLY, HOME_AGENT, HOME, 433, 1, Octets.EMPTY),
            new EchoPacket(Kind.REPLY, HOME_AGENT, HOME, good.identifier(), 2, Octets.EMPTY),
            new EchoPacket(Kind.REPLY, HOME_AGENT, HOME, good.identifier(), 0, Octets.EMPTY),
        };
        for (EchoPacket other : others) {
            assertFalse(keepalives.received(other, patience), () -> other.toString());
        }
        assertEquals(patience, due);
    }

    @Test
    @DisplayName("without a tunnel nothing is sent, whatever timer fires")
    void ends() {
        keepalives.begin(HOME_AGENT, K, REGISTERED);
        Instant then = due;
        keepalives.end();
        keepalives.due(then);
        assertEquals(List.of(), sent);
    }

    @ParameterizedTest
    @DisplayName("K is what the home agent says, unless less is configured, and never below 10 seconds")
    @CsvSource({"110,110,110", "60,110,60", "200,110,110", "0,110,110", "0,30,30", "3,110,10", "60,25,25"})
    void takesTheInterval(int said, int configured, int used) {
        assertEquals(
                Optional.of(new UdpTunnel(Duration.ofSeconds(used), false)),
                UdpTunnel.of(Optional.of(UdpTunnelReply.assenting(false, said)), Duration.ofSeconds(configured)));
    }

    @ParameterizedTest
    @DisplayName("§3.2.1, §4.4: reply codes from 64 on decline, and so does a reply without the extension")
    @CsvSource({"0,true", "63,true", "64,false", "255,false"})
    void readsTheReplyCode(int code, boolean assents) {
        var reply = new UdpTunnelReply(0, code, UdpTunnelReply.FORCED, 110);
        assertEquals(
                assents ? Optional.of(new UdpTunnel(K, true)) : Optional.empty(),
                UdpTunnel.of(Optional.of(reply), UdpTunnel.DEFAULT_KEEPALIVE));
        assertEquals(Optional.empty(), UdpTunnel.of(Optional.empty(), UdpTunnel.DEFAULT_KEEPALIVE));
    }

    @ParameterizedTest
    @DisplayName("what is cut, changed, of another protocol or in another encapsulation is no echo")
    @ValueSource(
            strings = {
                "04040000",
                "04040000 4500001c00000000400166da0a0100050a0100010800f64c01b200",
                "04040000 4500001b00000000400166da0a0100050a0100010800f64c01b20001",
                "04040000 4500001c00000000400166db0a0100050a0100010800f64c01b20001",
                "04040000 4500001c00000000400166da0a0100050a0100010800f64d01b20001",
                "04040000 4500001c00000000401166ca0a0100050a0100010800f64c01b20001",
                "04040000 4500001c00002000400146da0a0100050a0100010800f64c01b20001",
                "04040000 4500001c00000000400166da0a0100050a0100010a00f44c01b20001",
                "04040000 4500001c00000000400166da0a0100050a0100010801f64b01b20001",
                "04370000 4500001c00000000400166da0a0100050a0100010800f64c01b20001",
            })
    void readsNothingElse(String hex) {
        assertEquals(Optional.empty(), TunnelData.decode(Octets.ofHex(hex)).flatMap(EchoPacket::decode));
    }

    @Test
    @DisplayName("whatever is cut off or changed of one, it is read or it is not")
    void readsAnything() {
        Octets good = new EchoPacket(Kind.REQUEST, HOME, HOME_AGENT, 434, 1, Octets.ofHex("cafe01"))
                .encode()
                .packet();
        for (int length = 0; length < good.length(); length++) {
            assertEquals(Optional.empty(), EchoPacket.decode(new TunnelData(4, 0, good.slice(0, length))));
        }
        for (int bit = 0; bit < good.length() * Byte.SIZE; bit++) {
            byte[] changed = good.toByteArray();
            changed[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            assertEquals(Optional.empty(), EchoPacket.decode(new TunnelData(4, 0, Octets.of(changed))), "bit " + bit);
        }
    }

    private EchoPacket request(int index) {
        return TunnelData.decode(sent.get(index)).flatMap(EchoPacket::decode).orElseThrow();
    }

    private final class Network implements Keepalives.Out {
        @Override
        public void send(Ipv4Address homeAgent, Octets datagram) {
            assertEquals(HOME_AGENT, homeAgent);
            sent.add(datagram);
        }

        @Override
        public void arm(Instant at) {
            due = at;
        }

        @Override
        public void silent(Instant now) {
            told.add("silent");
        }

        @Override
        public void answered(Instant now) {
            told.add("answered");
        }
    }
}
