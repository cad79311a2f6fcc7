package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.linux.Ipv4;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;

/** RFC 2003 §4, table by table. */
class TunnelErrorTest {
    private static final Inet4Address AGENT = Ipv4.address("192.0.2.2");
    private static final Inet4Address EXIT = Ipv4.address("198.51.100.2");
    private static final Inet4Address HOME = Ipv4.address("10.1.0.50");
    private static final Inet4Address CORRESPONDENT = Ipv4.address("203.0.113.2");
    private static final Ipv4Packet INNER = new UdpPacket(
                    CORRESPONDENT, 1000, HOME, 2000, 17, StandardCharsets.US_ASCII.encode("what was said"))
            .toIpv4();

    @ParameterizedTest
    @CsvSource({"3, 0, 1, 0", "3, 1, 1, 1", "3, 2, 1, 0", "3, 4, 4, 4", "11, 0, 1, 1", "11, 1, 1, 1"})
    void isToldAsUnreachable(int type, int code, int toldAtHome, int toldAbroad) {
        TunnelError error = error(Encapsulation.IPIP, type, code, whole(Encapsulation.IPIP));
        assertEquals(3 << 8 | toldAtHome, error.forSender(true).orElseThrow().getShort(0));
        assertEquals(3 << 8 | toldAbroad, error.forSender(false).orElseThrow().getShort(0));
    }

    @ParameterizedTest
    @CsvSource({"3, 3", "3, 5", "3, 13", "4, 0", "5, 0", "5, 1", "12, 0"})
    void isNotTold(int type, int code) {
        TunnelError error = error(Encapsulation.IPIP, type, code, whole(Encapsulation.IPIP));
        assertEquals(Optional.empty(), error.forSender(true));
        assertEquals(Optional.empty(), error.forSender(false));
    }

    /** Eight octets behind the outer header are all that every router sends back (RFC 792). */
    @ParameterizedTest
    @EnumSource
    void isTheTunnelsAloneIfTooLittleCameBack(Encapsulation encapsulation) {
        int enough = Ipv4Packet.HEADER_LENGTH + 8 + encapsulation.overhead();
        assertTrue(error(encapsulation, 11, 0, enough).forSender(true).isPresent());
        for (int length = Ipv4Packet.HEADER_LENGTH + 8; length < enough; length++) {
            TunnelError error = error(encapsulation, 11, 0, length);
            assertEquals(Optional.empty(), error.forSender(true));
            assertTrue(error.isAbout(tunnel(encapsulation)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void knowsItsTunnel(Encapsulation encapsulation) {
        TunnelError error = error(encapsulation, 11, 0, whole(encapsulation));
        for (Encapsulation other : Encapsulation.values()) {
            boolean isAbout =
                    other == encapsulation || (encapsulation == Encapsulation.IPIP && other == Encapsulation.MINIMAL);
            assertEquals(isAbout, error.isAbout(tunnel(other)), other.toString());
        }
        assertFalse(error.isAbout(Tunnel.of(CORRESPONDENT, Encapsulation.IPIP)));
        assertFalse(error.isAbout(Tunnel.udp(EXIT, 4711)));
        assertEquals(Optional.of(CORRESPONDENT), error.sender());
        assertEquals(Optional.of(HOME), error.destination());
    }

    /** Nor is it told that anything smaller than every host accepts would not fit. */
    @ParameterizedTest
    @CsvSource({"1400, 1380", "576, 556", "575, 556", "21, 556", "0, 556"})
    void tellsWhatFits(int mtu, int told) {
        ByteBuffer icmp = message(3, 4, Encapsulated.in(Encapsulation.IPIP, AGENT, EXIT, INNER), 1000);
        TunnelError error =
                TunnelError.read(icmp.putShort(6, (short) mtu), AGENT).orElseThrow();
        assertEquals(told, error.forSender(true).orElseThrow().getShort(6));
    }

    /** RFC 1122 §3.2.2. */
    @Test
    void nobodyIsToldOfAnErrorsError() {
        byte[] unreachable = {3, 1, 0, 0, 0, 0, 0, 0};
        Ipv4Packet inner = Ipv4Packet.of(CORRESPONDENT, HOME, Ipv4Packet.ICMP, 17, ByteBuffer.wrap(unreachable));
        ByteBuffer icmp = message(11, 0, Encapsulated.in(Encapsulation.IPIP, AGENT, EXIT, inner), 1000);
        assertEquals(
                Optional.empty(), TunnelError.read(icmp, AGENT).orElseThrow().forSender(true));
    }

    @Test
    void isSomethingElseIfItIsAboutAnotherPacket() {
        ByteBuffer others = message(11, 0, Encapsulated.in(Encapsulation.IPIP, EXIT, AGENT, INNER), 1000);
        assertEquals(Optional.empty(), TunnelError.read(others, AGENT));
        assertEquals(Optional.empty(), TunnelError.read(message(11, 0, INNER, 1000), AGENT));
        ByteBuffer reply = message(0, 0, Encapsulated.in(Encapsulation.IPIP, AGENT, EXIT, INNER), 1000);
        assertEquals(Optional.empty(), TunnelError.read(reply, AGENT));
        for (int length = 0; length < 8 + Ipv4Packet.HEADER_LENGTH + 4; length++) {
            assertEquals(Optional.empty(), TunnelError.read(ByteBuffer.allocate(length), AGENT));
        }
    }

    private static int whole(Encapsulation encapsulation) {
        return INNER.toOctets().remaining() + encapsulation.overhead();
    }

    private static TunnelError error(Encapsulation encapsulation, int type, int code, int length) {
        ByteBuffer icmp = message(type, code, Encapsulated.in(encapsulation, AGENT, EXIT, INNER), length);
        return TunnelError.read(icmp, AGENT).orElseThrow();
    }

    private static ByteBuffer message(int type, int code, Ipv4Packet about, int length) {
        ByteBuffer octets = about.toOctets();
        return ByteBuffer.allocate(8 + Math.min(length, octets.remaining()))
                .put((byte) type)
                .put((byte) code)
                .putInt(0)
                .putShort((short) 1400)
                .put(octets.slice(0, Math.min(length, octets.remaining())))
                .flip();
    }

    private static Tunnel tunnel(Encapsulation encapsulation) {
        return encapsulation == Encapsulation.UDP ? Tunnel.udp(EXIT, 434) : Tunnel.of(EXIT, encapsulation);
    }
}
