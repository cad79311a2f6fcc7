package org.mooring.home.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.home.daemon.HomeSite.*;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.linux.Ipv4;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.RawIpv4Socket;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.HandoverMessage.End;
import org.mooring.protocol.handover.HandoverMessage.Marker;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.handover.ArrivalsView;

/** The program as it is started, in network namespaces, when a mobile node comes home. */
@Tag("netns")
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
@DisplayName("docs/handover.md, \"In order\": the home agent as a program")
class HomecomingProgramTest {
    private static final Inet4Address CORRESPONDENT = Ipv4.address("192.0.2.77");
    private static final int HOLD_SECONDS = 60;

    private HomeSite site;
    private DatagramSocket oldHost;
    private RawIpv4Socket tunnel;

    @BeforeEach
    void raise(@TempDir Path directory) throws Exception {
        site = new HomeSite(directory);
        oldHost = site.foreignAgent()
                .run(() -> new DatagramSocket(new InetSocketAddress(NEXT_CARE_OF_ADDRESS.toInet(), 0)));
        tunnel = site.foreignAgent().run(() -> RawIpv4Socket.open(Ipv4Packet.IPIP, CARE_OF_ADDRESS.toInet()));
        site.start();
        site.comeHome();
    }

    @AfterEach
    void tearDown() {
        if (oldHost != null) {
            oldHost.close();
        }
        if (tunnel != null) {
            tunnel.close();
        }
        site.close();
    }

    @Test
    @DisplayName("what was rescued, also before COMMIT, what is sent home, what comes to the home network")
    void putsInOrder() throws Exception {
        try (var mobileNode = site.listen(site.mobileNode(), PacketFilter.etherType(EtherType.IPV4))) {
            JsonNode arrival;
            do {
                // Once more if this test was too slow, so that the program waited no longer.
                var id = new HandoverId(ThreadLocalRandom.current().nextLong());
                var words = Stream.of("rescued", "rescued late", "sent home", "on the new path")
                        .map(word -> word + " " + id)
                        .toList();
                prepare(id);
                rescue(new Rescued(id, 0, packet(words.get(0))));
                commit(id);
                sendToHomeNetwork(words.get(3));
                tunnel.send(
                        HOME_AGENT.toInet(),
                        ByteBuffer.wrap(packet(words.get(2)).toByteArray()));
                rescue(new Rescued(id, 1, packet(words.get(1))));
                rescue(new End(id, 2));
                mark(id);
                arrival = awaitArrival(id, 2);
                if (!isLate(arrival)) {
                    assertEquals(words, next(mobileNode, id, words.size()));
                }
            } while (isLate(arrival));
            assertEquals(2, arrival.get("rescued").asInt());
            assertEquals("end", arrival.get("old-path").asText());
            assertEquals("marker", arrival.get("new-path").asText());
            assertTrue(site.log().contains("handover room opened home=" + HOME_ADDRESS), site.log());
            assertTrue(site.table("arrivals").contains("marker"), site.table("arrivals"));
        }
        assertEquals(
                ACCEPTED, site.fromHome(signed(site.request(0, HOME_ADDRESS))).code());
        site.awaitDirect();
    }

    @Test
    @DisplayName("what waits goes to where the mobile node is when the source resumes")
    void goesBack() throws Exception {
        var id = new HandoverId(ThreadLocalRandom.current().nextLong());
        prepare(id);
        commit(id);
        try (var foreignAgent = site.listen(site.foreignAgent(), PacketFilter.etherType(EtherType.IPV4))) {
            sendToHomeNetwork("waits");
            var request = site.request(300, CARE_OF_ADDRESS, new Abort(id));
            assertEquals(ACCEPTED, site.fromForeignAgent(relayed(request)).code());

            awaitTunnelled(foreignAgent, "waits");
        }
        site.awaitTunnelled();
    }

    /** Away, and staged at home. */
    private void prepare(HandoverId id) throws Exception {
        assertEquals(
                ACCEPTED,
                site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)))
                        .code());
        assertEquals(
                ACCEPTED,
                site.fromNeighbour(signed(site.request(0, HOME_ADDRESS, new Prepare(id, HOLD_SECONDS))))
                        .code());
    }

    private void commit(HandoverId id) throws Exception {
        assertEquals(
                ACCEPTED,
                site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS, new Commit(id))))
                        .code());
    }

    private void rescue(HandoverMessage message) throws IOException {
        var datagram = encoded(message);
        oldHost.send(new DatagramPacket(datagram, datagram.length, HOME_AGENT.toInet(), 434));
    }

    private void sendToHomeNetwork(String words) throws IOException {
        var datagram = words.getBytes(StandardCharsets.UTF_8);
        oldHost.send(new DatagramPacket(datagram, datagram.length, HOME_ADDRESS.toInet(), DatagramSender.PORT));
    }

    /** The home agent's own, as the old foreign agent sends it home. */
    private void mark(HandoverId id) throws IOException {
        var marker = new UdpPacket(
                HOME_AGENT.toInet(), 434, HOME_ADDRESS.toInet(), 434, 64, ByteBuffer.wrap(encoded(new Marker(id))));
        tunnel.send(HOME_AGENT.toInet(), marker.toIpv4().toOctets());
    }

    private static byte[] encoded(HandoverMessage message) {
        return message.encode(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER).toByteArray();
    }

    private static Octets packet(String words) {
        var datagram = new UdpPacket(
                CORRESPONDENT,
                1000,
                HOME_ADDRESS.toInet(),
                DatagramSender.PORT,
                64,
                ByteBuffer.wrap(words.getBytes(StandardCharsets.UTF_8)));
        return Octets.copyOf(datagram.toIpv4().toOctets());
    }

    /** How the packets were put in order, when all wait no longer; of those that came late, not all have waited. */
    private JsonNode awaitArrival(HandoverId id, int held) throws Exception {
        var found = new ArrayList<JsonNode>();
        await("nothing waits", () -> {
            found.clear();
            site.show(ArrivalsView.PATH).orElseThrow().get("arrivals").forEach(found::add);
            return found.size() == 1
                    && found.get(0).get("handover").asText().equals(id.toString())
                    && !found.get(0).get("new-path").asText().equals("held")
                    && (found.get(0).get("held").asInt() == held || isLate(found.get(0)));
        });
        return found.get(0);
    }

    private static boolean isLate(JsonNode arrival) {
        return Stream.of("old-path", "new-path")
                .anyMatch(path -> arrival.get(path).asText().equals("deadline"));
    }

    /** What the next datagrams to the mobile node say that are of this handover, also its marker, which must not come. */
    private static List<String> next(PacketSocket mobileNode, HandoverId id, int count) throws IOException {
        var marker = ByteBuffer.wrap(encoded(new Marker(id)));
        var words = new ArrayList<String>();
        while (words.size() < count) {
            mobileNode
                    .receive()
                    .orElseThrow()
                    .udp()
                    .filter(datagram -> datagram.destination().equals(HOME_ADDRESS.toInet()))
                    .map(UdpPacket::payload)
                    .map(payload -> payload.equals(marker)
                            ? "marker"
                            : StandardCharsets.UTF_8.decode(payload).toString())
                    .filter(said -> said.equals("marker") || said.endsWith(" " + id))
                    .ifPresent(words::add);
        }
        return words;
    }

    private static void awaitTunnelled(PacketSocket foreignAgent, String words) throws IOException {
        boolean arrived = false;
        while (!arrived) {
            arrived = foreignAgent
                    .receive()
                    .orElseThrow()
                    .ethernet()
                    .flatMap(Ipv4Packet::parse)
                    .filter(outer -> outer.destination().equals(CARE_OF_ADDRESS.toInet()))
                    .flatMap(outer -> Ipv4Packet.parse(outer.payload()))
                    .flatMap(UdpPacket::parse)
                    .filter(datagram -> StandardCharsets.UTF_8
                            .decode(datagram.payload())
                            .toString()
                            .equals(words))
                    .isPresent();
        }
    }
}
