package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.hook.Associations;
import org.mooring.hook.Guest;
import org.mooring.hook.HomeGateway;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.ArpPacket;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.Offload;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.HandoverMessage.End;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

@DisplayName("docs/handover.md, \"The way of the packets\": RESCUED and END")
class RescuerTest {
    private static final MacAddress GUEST_MAC = MacAddress.of("52:54:00:01:00:50");
    private static final MacAddress ROUTER = MacAddress.of("02:00:00:02:00:01");
    private static final Ipv4Address HOME_ADDRESS = Ipv4Address.of("10.1.0.50");
    private static final Ipv4Address CARE_OF_ADDRESS = Ipv4Address.of("198.51.100.2");
    private static final HandoverId ID = new HandoverId(42);
    private static final int ENTERPRISE_NUMBER = 65000;
    static final Guest GUEST = new Guest(
            "web",
            GUEST_MAC,
            HOME_ADDRESS,
            Ipv4Address.of("10.1.0.1"),
            false,
            new HomeGateway(Ipv4Address.of("10.1.0.1"), ROUTER),
            false,
            Optional.empty(),
            300,
            Associations.with(new SecurityAssociation(
                    256, new Key(Octets.of(new byte[16])), Algorithm.HMAC_MD5, SecurityAssociation.DEFAULT_TOLERANCE)),
            null);

    private final List<HandoverMessage> sent = new ArrayList<>();
    private boolean unreachable;
    private final AgentRescuer rescuer = new AgentRescuer(GUEST, ID, CARE_OF_ADDRESS, ENTERPRISE_NUMBER, this::send);

    @Test
    void eachPacketHasANumberAndEndCountsThem() {
        rescuer.rescue(frame(packet(1)));
        rescuer.rescue(frame(packet(2)));
        rescuer.end();
        assertEquals(
                List.of(
                        new Rescued(ID, 0, octets(packet(1).toOctets())),
                        new Rescued(ID, 1, octets(packet(2).toOctets())),
                        new End(ID, 2)),
                sent);
        assertEquals(new Rescuer.Tally(2, 0), rescuer.tally());
        assertFalse(rescuer.hasTally());
    }

    @Test
    void whatComesLateGetsTheNextNumbersAndTheEndStaysWhatItWas() {
        rescuer.rescue(frame(packet(1)));
        assertFalse(rescuer.hasEnded());
        rescuer.end();
        rescuer.tally();
        rescuer.rescue(frame(packet(2)));
        rescuer.end();
        assertTrue(rescuer.hasEnded());
        assertEquals(1, assertInstanceOf(Rescued.class, sent.get(2)).sequence());
        assertEquals(new End(ID, 1), sent.get(3));
        assertEquals(new Rescuer.Tally(1, 0), rescuer.tally());
    }

    @Test
    @DisplayName("segments that travelled as one to the tap, as to a guest that can take them so")
    void segmentsAreCut() {
        // 20 octets of TCP header, FIN and PSH set, and 25 of payload, ten for each segment.
        byte[] header =
                HexFormat.of().parseHex("0050" + "1388" + "00000064" + "00000001" + "5019" + "ffff0000" + "0000");
        ByteBuffer tcp = ByteBuffer.allocate(45).put(header).put(new byte[25]).flip();
        Ipv4Packet whole = Ipv4Packet.of(Ipv4.address("203.0.113.2"), HOME_ADDRESS.toInet(), Ipv4Packet.TCP, 60, tcp);
        ByteBuffer offload = ByteBuffer.allocate(10).order(ByteOrder.nativeOrder());
        offload.put((byte) 1)
                .put((byte) 1)
                .putShort((short) 54)
                .putShort((short) 10)
                .putShort((short) 34);
        rescuer.rescue(new ReceivedFrame(
                1,
                ReceivedFrame.Type.OUTGOING,
                Instant.EPOCH,
                false,
                new Offload(offload.putShort((short) 16).flip()),
                whole.toFrame(ROUTER, GUEST_MAC).toOctets()));
        assertEquals(3, sent.size());
        for (int i = 0; i < 3; i++) {
            Rescued segment = assertInstanceOf(Rescued.class, sent.get(i));
            assertEquals(i, segment.sequence());
            Ipv4Packet packet = Ipv4Packet.parse(
                            ByteBuffer.wrap(segment.packet().toByteArray()))
                    .orElseThrow();
            assertEquals(100 + 10 * i, packet.payload().getInt(4), "sequence number");
            assertEquals(i < 2 ? 0x10 : 0x19, packet.payload().get(13), "flags");
            assertEquals(i < 2 ? 30 : 25, packet.payload().remaining());
        }
        assertEquals(new Rescuer.Tally(3, 0), rescuer.tally());
    }

    @Test
    void whatIsNotForTheGuestStays() {
        rescuer.rescue(frame(packet(1).toFrame(ROUTER, MacAddress.BROADCAST)));
        rescuer.rescue(frame(packet(1).toFrame(ROUTER, MacAddress.of("52:54:00:01:00:51"))));
        rescuer.rescue(frame(packet("10.1.0.77", 1).toFrame(ROUTER, GUEST_MAC)));
        rescuer.rescue(frame(ArpPacket.request(ROUTER, Ipv4.address("10.1.0.1"), HOME_ADDRESS.toInet())
                .toFrame(GUEST_MAC)));
        rescuer.rescue(frame(new EthernetFrame(GUEST_MAC, ROUTER, EtherType.IPV4, ByteBuffer.allocate(19))));
        assertEquals(List.of(), sent);
        assertEquals(new Rescuer.Tally(0, 0), rescuer.tally());
    }

    @Test
    void whatCannotBeToldOrIsNoPacketIsLost() {
        rescuer.rescue(new ReceivedFrame(1, ReceivedFrame.Type.OTHER, Instant.EPOCH, true, ByteBuffer.allocate(0)));
        ByteBuffer cut = packet(1).toOctets().slice(0, 40);
        rescuer.rescue(frame(new EthernetFrame(GUEST_MAC, ROUTER, EtherType.IPV4, cut)));
        rescuer.lose(5);
        assertEquals(List.of(), sent);
        assertEquals(new Rescuer.Tally(0, 7), rescuer.tally());
    }

    @Test
    @DisplayName("what doesn't leave has no number, so that nobody waits for it")
    void whatDoesNotLeaveIsLost() {
        rescuer.rescue(frame(packet(1)));
        unreachable = true;
        rescuer.rescue(frame(packet(2)));
        unreachable = false;
        rescuer.rescue(frame(packet(3)));
        rescuer.end();
        assertEquals(new Rescued(ID, 1, octets(packet(3).toOctets())), sent.get(1));
        assertEquals(new End(ID, 2), sent.get(2));
        assertEquals(new Rescuer.Tally(2, 1), rescuer.tally());
    }

    private void send(Ipv4Address to, ByteBuffer payload) throws IOException {
        assertEquals(CARE_OF_ADDRESS, to);
        if (unreachable) {
            throw new IOException("Network is unreachable");
        }
        sent.add(HandoverMessage.decode(octets(payload), ENTERPRISE_NUMBER).orElseThrow());
    }

    private static ReceivedFrame frame(Ipv4Packet packet) {
        return frame(packet.toFrame(ROUTER, GUEST_MAC));
    }

    private static ReceivedFrame frame(EthernetFrame frame) {
        return new ReceivedFrame(1, ReceivedFrame.Type.OUTGOING, Instant.EPOCH, true, frame.toOctets());
    }

    private static Ipv4Packet packet(int number) {
        return packet(HOME_ADDRESS.toString(), number);
    }

    private static Ipv4Packet packet(String to, int number) {
        ByteBuffer payload = ByteBuffer.allocate(100).putInt(number).rewind();
        return new UdpPacket(Ipv4.address("203.0.113.2"), 4000, Ipv4.address(to), 5000, 60, payload).toIpv4();
    }

    private static Octets octets(ByteBuffer buffer) {
        return Octets.copyOf(Unpooled.wrappedBuffer(buffer));
    }
}
