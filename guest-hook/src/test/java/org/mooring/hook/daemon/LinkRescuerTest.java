package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.protocol.wire.Ipv4Address;

@DisplayName("docs/handover.md, \"Within one site\"")
class LinkRescuerTest {
    private static final MacAddress HOST = MacAddress.of("02:00:00:02:00:10");
    private static final MacAddress ROUTER = MacAddress.of("02:00:00:02:00:01");

    private static final Ipv4Address CORRESPONDENT = Ipv4Address.of("203.0.113.2");

    private final List<EthernetFrame> sent = new ArrayList<>();

    @Test
    void sendsNothingBeforeTheGuestIsHeardAndThenAllInOrder() {
        var rescuer = new LinkRescuer(RescuerTest.GUEST, HOST, sent::add, 10);
        rescuer.rescue(frame(1));
        rescuer.rescue(frame(2));
        assertEquals(List.of(), sent);
        assertFalse(rescuer.hasEnded());
        rescuer.end();
        assertTrue(rescuer.hasEnded());
        rescuer.rescue(frame(3));
        rescuer.end();
        assertEquals(
                List.of(1, 2, 3), sent.stream().map(LinkRescuerTest::number).toList());
        assertEquals(new Rescuer.Tally(3, 0), rescuer.tally());
    }

    @Test
    @DisplayName("bridges must not learn that the router is behind this host")
    void theFramesAreThisHosts() {
        var rescuer = new LinkRescuer(RescuerTest.GUEST, HOST, sent::add, 10);
        rescuer.rescue(frame(1));
        rescuer.end();
        assertEquals(HOST, sent.get(0).source());
        assertEquals(RescuerTest.GUEST.mac(), sent.get(0).destination());
    }

    @Test
    void whatIsMoreThanMayWaitIsLost() {
        var rescuer = new LinkRescuer(RescuerTest.GUEST, HOST, sent::add, 2);
        for (int i = 1; i <= 3; i++) {
            rescuer.rescue(frame(i));
        }
        rescuer.end();
        assertEquals(2, sent.size());
        assertEquals(new Rescuer.Tally(2, 1), rescuer.tally());
    }

    private static int number(EthernetFrame frame) {
        return Ipv4Packet.parse(frame).orElseThrow().payload().getInt();
    }

    private static ReceivedFrame frame(int number) {
        var packet = Ipv4Packet.of(
                CORRESPONDENT.toInet(),
                RescuerTest.GUEST.homeAddress().toInet(),
                Ipv4Packet.UDP,
                64,
                ByteBuffer.allocate(Integer.BYTES).putInt(number).flip());
        ByteBuffer octets = packet.toFrame(ROUTER, RescuerTest.GUEST.mac()).toOctets();
        return new ReceivedFrame(1, ReceivedFrame.Type.OUTGOING, Instant.EPOCH, true, octets);
    }
}
