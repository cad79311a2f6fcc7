package org.mooring.linux.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;

class PacketValuesTest {
    private static final MacAddress GUEST_MAC = MacAddress.of("52:54:00:01:00:50");
    private static final MacAddress ROUTER_MAC = MacAddress.of("02:00:00:02:00:01");
    private static final Inet4Address GUEST = Ipv4.address("10.1.0.50");
    private static final Inet4Address AGENT = Ipv4.address("10.2.0.2");

    /** Made by another implementation, in Python. */
    private static final String UDP_FRAME = "020000020001" + "525400010050" + "0800"
            + "4500002100000000ff11a7950a0100320a020002"
            + "c00001b2000de61868656c6c6f";

    private static final String ARP_FRAME = "ffffffffffff" + "525400010050" + "0806" + "0001080006040001"
            + "525400010050" + "0a010032" + "000000000000" + "0a010001";

    @Test
    void buildsAUdpFrame() {
        assertEquals(
                hex(UDP_FRAME), hello().toIpv4().toFrame(GUEST_MAC, ROUTER_MAC).toOctets());
    }

    @Test
    void takesAUdpFrameApart() {
        ReceivedFrame frame = received(hex(UDP_FRAME), true);
        assertEquals(Optional.of(hello()), frame.udp());
        assertEquals(ROUTER_MAC, frame.ethernet().orElseThrow().destination());
        assertEquals(GUEST_MAC, frame.ethernet().orElseThrow().source());
        assertEquals(Optional.empty(), frame.arp());
    }

    @Test
    void ignoresThePaddingOfAShortFrame() {
        assertEquals(
                Optional.of(hello()),
                received(hex(UDP_FRAME + "0000000000000000000000"), true).udp());
    }

    @Test
    void readsNothingBeyondTheUdpLength() {
        ByteBuffer longer = ByteBuffer.allocate(13 + 4)
                .put(hello().toIpv4().payload())
                .put(hex("84027878")) // what would be an extension of a message
                .flip();
        Ipv4Packet packet = Ipv4Packet.of(GUEST, AGENT, Ipv4Packet.UDP, 255, longer);
        assertEquals(Optional.of(packet), Ipv4Packet.parse(packet.toOctets()), "IP takes them for its own");
        assertEquals(Optional.of(hello()), UdpPacket.parse(packet));
    }

    @Test
    void skipsIpOptions() {
        ByteBuffer packet = ByteBuffer.allocate(24 + 13)
                .put(hex("4600002500000000ff1100000a0100320a020002"))
                .put(hex("94040000")) // router alert
                .put(hex("c00001b2000de61868656c6c6f"));
        packet.putShort(10, (short) Checksum.of(packet.slice(0, 24)));
        assertEquals(Optional.of(hello()), Ipv4Packet.parse(packet.flip()).flatMap(UdpPacket::parse));
    }

    @Test
    void verifiesAUdpChecksumUnlessItIsMissing() {
        ByteBuffer wrong = hex(UDP_FRAME).putShort(40, (short) 0x1234);
        assertEquals(Optional.empty(), received(wrong, true).udp());
        assertEquals(Optional.of(hello()), received(wrong, false).udp(), "the device was to fill it in");
        ByteBuffer none = hex(UDP_FRAME).putShort(40, (short) 0);
        assertEquals(Optional.of(hello()), received(none, true).udp());
    }

    @Test
    void sendsAChecksumOfZeroAsOnes() {
        for (int filler = 0; filler <= 0xffff; filler++) {
            ByteBuffer payload = ByteBuffer.allocate(2).putShort(0, (short) filler);
            Ipv4Packet packet = new UdpPacket(GUEST, 1, AGENT, 2, 64, payload).toIpv4();
            if (packet.payload().getShort(6) == (short) 0xffff) {
                assertTrue(UdpPacket.parse(packet).isPresent());
                return;
            }
        }
        throw new AssertionError("no payload has the checksum zero");
    }

    @Test
    void aFragmentIsNoDatagram() {
        for (int fragment : new int[] {0x2000, 0x0001, 0x2001}) {
            Ipv4Packet packet = hello().toIpv4();
            Ipv4Packet part =
                    new Ipv4Packet(0, 7, fragment, packet.ttl(), packet.protocol(), GUEST, AGENT, packet.payload());
            assertTrue(part.isFragment());
            assertEquals(Optional.of(part), Ipv4Packet.parse(part.toOctets()));
            assertEquals(Optional.empty(), UdpPacket.parse(part));
        }
        assertFalse(new Ipv4Packet(0, 7, Ipv4Packet.DONT_FRAGMENT, 64, 17, GUEST, AGENT, ByteBuffer.allocate(0))
                .isFragment());
    }

    @ParameterizedTest
    @CsvSource({
        "14, 35, version 3",
        "14, 44, header of 16 octets",
        "14, 4f, header longer than the packet",
        "16, 01, total length beyond the frame",
        "17, 13, total length below the header's",
        "24, 00, header checksum",
        "39, 0e, UDP length beyond the packet",
        "39, 07, UDP length below its header's",
        "12, 86, another EtherType",
        "23, 06, TCP"
    })
    void whatDoesNotFitIsNoUdp(int offset, String octet, String why) {
        ByteBuffer frame = hex(UDP_FRAME).put(offset, (byte) Integer.parseInt(octet, 16));
        if (offset >= 14 && offset < 24) {
            // The checksum must not be what saves us.
            int headerLength = Math.min((frame.get(14) & 0xf) * 4, frame.limit() - 14);
            frame.putShort(24, (short) 0);
            frame.putShort(24, (short) Checksum.of(frame.slice(14, headerLength)));
        }
        assertEquals(Optional.empty(), received(frame, false).udp(), why);
    }

    @Test
    void survivesHostileFrames() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            ByteBuffer frame = hex(random.nextBoolean() ? UDP_FRAME : ARP_FRAME);
            for (int flips = random.nextInt(4); flips >= 0; flips--) {
                frame.put(random.nextInt(frame.capacity()), (byte) random.nextInt());
            }
            frame.limit(random.nextInt(frame.capacity() + 1));
            ReceivedFrame received = received(frame, random.nextBoolean());
            try {
                received.udp().ifPresent(udp -> assertEquals(Optional.of(udp), UdpPacket.parse(udp.toIpv4())));
                received.arp()
                        .ifPresent(arp -> assertEquals(Optional.of(arp), ArpPacket.parse(arp.toFrame(GUEST_MAC))));
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", round " + round, e);
            }
        }
    }

    @Test
    void buildsAndTakesApartArp() {
        ArpPacket request = ArpPacket.request(GUEST_MAC, GUEST, Ipv4.address("10.1.0.1"));
        assertEquals(hex(ARP_FRAME), request.toFrame(MacAddress.BROADCAST).toOctets());
        assertEquals(Optional.of(request), received(hex(ARP_FRAME), true).arp());

        ArpPacket reply = ArpPacket.reply(request, ROUTER_MAC);
        assertEquals(new ArpPacket(2, ROUTER_MAC, Ipv4.address("10.1.0.1"), GUEST_MAC, GUEST), reply);
        assertFalse(reply.isGratuitous());
        assertTrue(ArpPacket.gratuitous(ArpPacket.REQUEST, ROUTER_MAC, GUEST).isGratuitous());
        assertTrue(ArpPacket.request(GUEST_MAC, Ipv4.address("0.0.0.0"), GUEST).isProbe());
    }

    @Test
    void frameAndPayloadAreValues() {
        ByteBuffer payload = hex("68656c6c6f");
        UdpPacket packet = new UdpPacket(GUEST, 49152, AGENT, 434, 255, payload);
        payload.put(0, (byte) 0);
        packet.payload().get();
        assertEquals(hello(), packet);
        assertEquals(hello().hashCode(), packet.hashCode());
        assertThrows(
                java.nio.ReadOnlyBufferException.class, () -> packet.payload().put(0, (byte) 0));
    }

    private static UdpPacket hello() {
        return new UdpPacket(
                GUEST, 49152, AGENT, 434, 255, ByteBuffer.wrap("hello".getBytes(StandardCharsets.US_ASCII)));
    }

    private static ReceivedFrame received(ByteBuffer octets, boolean checksummed) {
        return new ReceivedFrame(1, ReceivedFrame.Type.TO_US, Instant.EPOCH, checksummed, octets);
    }

    private static ByteBuffer hex(String digits) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(digits));
    }
}
