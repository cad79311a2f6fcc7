package org.mooring.home.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.home.daemon.HomeSite.CARE_OF_ADDRESS;
import static org.mooring.home.daemon.HomeSite.HOME_ADDRESS;
import static org.mooring.home.daemon.HomeSite.HOME_AGENT;
import static org.mooring.home.daemon.HomeSite.MOBILE_NODE_MAC;
import static org.mooring.home.daemon.HomeSite.NEXT_CARE_OF_ADDRESS;
import static org.mooring.home.daemon.HomeSite.await;
import static org.mooring.home.daemon.HomeSite.relayed;
import static org.mooring.home.daemon.HomeSite.signed;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED;
import static org.mooring.protocol.wire.ReplyCode.HA_FOREIGN_AGENT_FAILED_AUTHENTICATION;
import static org.mooring.protocol.wire.ReplyCode.HA_IDENTIFICATION_MISMATCH;
import static org.mooring.protocol.wire.ReplyCode.HA_INSUFFICIENT_RESOURCES;
import static org.mooring.protocol.wire.ReplyCode.HA_MOBILE_NODE_FAILED_AUTHENTICATION;
import static org.mooring.protocol.wire.ReplyCode.HA_UNKNOWN_HOME_AGENT_ADDRESS;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.ArpPacket;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.RawIpv4Socket;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.handover.HandoverExtension.Clock;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.AgentDiscoveryCodec;
import org.mooring.protocol.wire.AgentSolicitation;
import org.mooring.protocol.wire.Extension.Padding;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

/** The program as it is started, in network namespaces: its answers, what it does to the kernel, and what survives. */
@Tag("netns")
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
class HomeAgentProgramTest {
    private static final HandoverId HANDOVER = new HandoverId(0xfedc_ba98_7654_3210L);
    private static final Prepare PREPARE = new Prepare(HANDOVER, 60);

    /** One program serves all tests, one after the other: a start takes more of the processor than most of them. */
    private static HomeSite site;

    private static String configuration;

    @BeforeAll
    static void raise(@TempDir Path directory) throws Exception {
        site = new HomeSite(directory);
        site.changeConfiguration("uplinks = [\"wan\"]\n", "uplinks = [\"wan\"]\nadvertisement = { interval = 4 }\n");
        configuration = site.configuration();
        site.mountStateDirectory();
    }

    @AfterAll
    static void tearDown() {
        site.close();
    }

    @BeforeEach
    void reset() throws Exception {
        site.reset(configuration);
    }

    @Test
    void registersAndDeregisters() throws Exception {
        // What reset() has the program announce, it announces again for a while; another program does not.
        site.restart();
        try (var arp = site.listen(site.neighbour(), PacketFilter.arp())) {
            var reply = site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)));
            assertEquals(ACCEPTED, reply.code());
            assertEquals(300, reply.lifetime());
            assertEquals(announcement(routerMac()), nextAnnouncement(arp));
            var binding = site.bindings().get(0);
            assertEquals(HOME_ADDRESS.toString(), binding.get("home-address").asText());
            assertEquals(
                    CARE_OF_ADDRESS.toString(), binding.get("care-of-address").asText());
            assertTrue(site.route().contains("dev mip-ha"), site.route());
            assertTrue(site.proxies().contains(HOME_ADDRESS.toString()), site.proxies());
            site.awaitTunnelled();

            site.comeHome();
            assertEquals(
                    ACCEPTED,
                    site.fromHome(signed(site.request(0, HOME_ADDRESS))).code());
            assertEquals(0, site.bindings().size());
            assertTrue(site.route().contains("dev lan"), site.route());
            assertEquals("", site.proxies());
            awaitAnnouncement(arp, MacAddress.of(MOBILE_NODE_MAC));
        }
        site.awaitDirect();
    }

    @Test
    @DisplayName("RFC 3344 §4.6, H46: without a configured MAC, the one that ARP finds at home is announced, and shown")
    void announcesTheMacThatIsFound() throws Exception {
        site.changeConfiguration("mac = \"" + MOBILE_NODE_MAC + "\"\n", "");
        site.reload();
        site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)));
        site.comeHome();
        try (var arp = site.listen(site.neighbour(), PacketFilter.arp())) {
            assertEquals(
                    ACCEPTED,
                    site.fromHome(signed(site.request(0, HOME_ADDRESS))).code());
            awaitAnnouncement(arp, MacAddress.of(MOBILE_NODE_MAC));
        }
        assertTrue(site.table("mobile-nodes").contains(MOBILE_NODE_MAC), () -> site.table("mobile-nodes"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.0.255", "255.255.255.255"})
    @DisplayName("RFC 3344 §3.8.2.1: who asks all home agents of the link is told this one's address, from there")
    void isDiscovered(String broadcast) throws Exception {
        var reply = site.byBroadcast(Ipv4Address.of(broadcast), signed(site.request(0, CARE_OF_ADDRESS)));

        assertEquals(HA_UNKNOWN_HOME_AGENT_ADDRESS, reply.code());
        assertEquals(HOME_AGENT, reply.homeAgent());
        assertEquals(0, site.bindings().size());
    }

    @Test
    @DisplayName("RFC 3344 §2.1, §2.3: advertises to all on the home link, and to who solicits, with TTL 1")
    void advertises() throws Exception {
        site.comeHome();
        try (var icmp = site.listen(site.mobileNode(), PacketFilter.icmp(9))) {
            // In this order: the bridge passes nothing on until it knows that the mobile node's port is up.
            for (var advertised : List.of(nextAdvertisement(icmp, Ipv4Address.ALL_SYSTEMS), solicited(icmp))) {
                assertEquals(1, advertised.ttl());
                assertEquals(HOME_AGENT.toInet(), advertised.source());
                var said = says(advertised);
                assertEquals(MobilityAgent.HOME_AGENT, said.flags());
                assertEquals(600, said.registrationLifetime());
                assertEquals(List.of(), said.careOfAddresses());
            }
        }
    }

    private Ipv4Packet solicited(PacketSocket icmp) throws Exception {
        var solicitation = ByteBuffer.wrap(
                AgentDiscoveryCodec.encode(new AgentSolicitation()).toByteArray());
        icmp.send(
                Ipv4Packet.of(HOME_ADDRESS.toInet(), Ipv4Address.ALL_ROUTERS.toInet(), Ipv4Packet.ICMP, 1, solicitation)
                        .toFrame(MacAddress.of(MOBILE_NODE_MAC), MacAddress.of("01:00:5e:00:00:02")));
        return nextAdvertisement(icmp, HOME_ADDRESS);
    }

    private static Ipv4Packet nextAdvertisement(PacketSocket icmp, Ipv4Address destination) throws Exception {
        for (var frame = icmp.receive(); ; frame = icmp.receive()) {
            var packet = frame.flatMap(ReceivedFrame::ethernet)
                    .flatMap(Ipv4Packet::parse)
                    .filter(came -> came.destination().equals(destination.toInet()));
            if (packet.isPresent()) {
                return packet.get();
            }
        }
    }

    private static MobilityAgent says(Ipv4Packet packet) {
        var message =
                AgentDiscoveryCodec.decode(Octets.copyOf(packet.payload())).orElseThrow();
        return assertInstanceOf(AgentAdvertisement.class, message)
                .mobilityAgent()
                .orElseThrow();
    }

    @Test
    @DisplayName("RFC 3344 §4.2.3, T51: once the lifetime is over nobody answers ARP for the home address")
    void answersNoArpAfterExpiry() throws Exception {
        var reply = site.fromForeignAgent(relayed(site.request(2, CARE_OF_ADDRESS)));
        assertEquals(ACCEPTED, reply.code());
        assertTrue(site.proxies().contains(HOME_ADDRESS.toString()), site.proxies());

        await("the binding ends", () -> site.bindings().size() == 0);

        assertEquals("", site.proxies());
    }

    @Test
    @DisplayName("RFC 2003 §3.1, T54: what has no time to live left is not tunnelled, and its sender is told")
    void tellsThatTheTimeToLiveIsOver() throws Exception {
        site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)));
        site.awaitTunnelled();
        site.neighbour().sysctl("net.ipv4.ip_default_ttl", 1);

        try (var timeExceeded = site.listen(site.neighbour(), PacketFilter.icmp(11));
                var sender = new DatagramSender(site.neighbour(), HomeSite.NEIGHBOUR, HOME_ADDRESS)) {
            sender.start();
            var told = timeExceeded.receive().flatMap(ReceivedFrame::ethernet).flatMap(Ipv4Packet::parse);
            assertEquals(HOME_AGENT.toInet(), told.orElseThrow().source());
        } finally {
            site.neighbour().sysctl("net.ipv4.ip_default_ttl", 64);
        }
    }

    @Test
    @DisplayName("RFC 3344 §4.3: no broadcast is tunnelled to who did not ask for it")
    void tunnelsNoBroadcasts() throws Exception {
        site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)));
        try (var broadcasts = new DatagramSender(site.neighbour(), HomeSite.NEIGHBOUR, Ipv4Address.of("10.1.0.255"))) {
            broadcasts.start();
            for (int i = 0; i < 3; i++) {
                assertEquals(HOME_ADDRESS.toInet(), site.awaitAnyTunnelled().destination());
            }
        }
    }

    @Test
    @DisplayName(
            "RFC 3344 §3.8.2.2, §4.2.3, T29, T31: with S both care-of addresses get each packet, until one is deregistered")
    void sendsToSimultaneousBindings() throws Exception {
        var s = Flags.REVERSE_TUNNELING.plus(Flags.SIMULTANEOUS_BINDINGS);
        site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)));
        assertEquals(
                ACCEPTED,
                site.fromNextForeignAgent(relayed(site.request(s, NEXT_CARE_OF_ADDRESS)))
                        .code());
        assertEquals(2, site.bindings().size());
        site.awaitCopies(5);

        site.restart();
        assertEquals(2, site.bindings().size());
        site.awaitCopies(5);

        site.fromForeignAgent(relayed(site.request(0, CARE_OF_ADDRESS)));
        assertEquals(1, site.bindings().size());
        site.awaitTunnelled(NEXT_CARE_OF_ADDRESS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.0.255", "255.255.255.255"})
    @DisplayName("RFC 3344 §4.3, T62: a broadcast is tunnelled to who asked for it and decapsulates itself")
    void tunnelsBroadcasts(String broadcast) throws Exception {
        var flags = Flags.BROADCAST_DATAGRAMS.plus(Flags.DECAPSULATION_BY_MOBILE_NODE);
        assertEquals(
                ACCEPTED,
                site.fromForeignAgent(relayed(site.request(flags, CARE_OF_ADDRESS)))
                        .code());
        var tunnelled = site.awaitAnyTunnelled(Ipv4Address.of(broadcast));
        assertIsFromTheNeighbour(tunnelled, broadcast);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.0.255", "255.255.255.255"})
    @DisplayName("RFC 3344 §4.3, T63: a broadcast is nested in a packet to the home address where a foreign agent is")
    void nestsBroadcasts(String broadcast) throws Exception {
        assertEquals(
                ACCEPTED,
                site.fromForeignAgent(relayed(site.request(Flags.BROADCAST_DATAGRAMS, CARE_OF_ADDRESS)))
                        .code());
        var unicast = site.awaitAnyTunnelled(Ipv4Address.of(broadcast));
        assertEquals(HOME_AGENT.toInet(), unicast.source());
        assertEquals(HOME_ADDRESS.toInet(), unicast.destination());
        assertEquals(Ipv4Packet.IPIP, unicast.protocol());
        assertIsFromTheNeighbour(Ipv4Packet.parse(unicast.payload()).orElseThrow(), broadcast);
    }

    /** With a checksum, which the neighbour has left to its device. */
    private static void assertIsFromTheNeighbour(Ipv4Packet packet, String broadcast) {
        assertEquals(HomeSite.NEIGHBOUR.toInet(), packet.source());
        assertEquals(Ipv4Address.of(broadcast).toInet(), packet.destination());
        assertEquals(Optional.of(DatagramSender.PORT), UdpPacket.parse(packet).map(UdpPacket::destinationPort));
    }

    @Test
    void handsOverFromOneForeignAgentToAnother() throws Exception {
        assertEquals(
                ACCEPTED,
                site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)))
                        .code());
        site.awaitTunnelled();

        var prepared = site.fromNextForeignAgent(relayed(site.request(60, NEXT_CARE_OF_ADDRESS, PREPARE)));
        assertEquals(List.of(new Previous(CARE_OF_ADDRESS)), all(Previous.class, prepared));
        var staged = site.show(Routing.BINDINGS).orElseThrow().get("staged").get(0);
        assertEquals(
                NEXT_CARE_OF_ADDRESS.toString(), staged.get("care-of-address").asText());
        assertEquals(HANDOVER.toString(), staged.get("handover").asText());
        assertTrue(site.table("bindings").contains(HANDOVER.toString()), site.table("bindings"));
        site.awaitTunnelled();

        var armed = site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS, new Arm())));
        var told = all(Staged.class, armed);
        assertEquals(2, told.size());
        for (var twice : told) {
            assertEquals(HANDOVER, twice.id());
            assertEquals(NEXT_CARE_OF_ADDRESS, twice.careOfAddress());
            assertTrue(twice.holdSeconds() > 0 && twice.holdSeconds() <= PREPARE.holdSeconds(), twice::toString);
        }
        assertEquals(1, all(Clock.class, armed).size());

        var commit = relayed(site.request(300, CARE_OF_ADDRESS, new Commit(HANDOVER)));
        site.awaitMarker(CARE_OF_ADDRESS, HANDOVER, () -> site.fromForeignAgent(commit));
        assertEquals(
                NEXT_CARE_OF_ADDRESS.toString(),
                site.bindings().get(0).get("care-of-address").asText());
        assertFalse(site.show(Routing.BINDINGS).orElseThrow().has("staged"));
        assertTrue(site.proxies().contains(HOME_ADDRESS.toString()), site.proxies());
        site.awaitTunnelled(NEXT_CARE_OF_ADDRESS);

        var confirmed = site.fromNextForeignAgent(relayed(site.request(300, NEXT_CARE_OF_ADDRESS)));
        assertEquals(ACCEPTED, confirmed.code());
        site.awaitTunnelled(NEXT_CARE_OF_ADDRESS);
    }

    @Test
    void handsOverFromHomeAndBack() throws Exception {
        site.comeHome();
        assertEquals(
                List.of(new Previous(HOME_ADDRESS)),
                all(Previous.class, site.fromForeignAgent(relayed(site.request(60, CARE_OF_ADDRESS, PREPARE)))));
        assertTrue(site.route().contains("dev lan"), site.route());
        assertEquals(
                List.of(CARE_OF_ADDRESS),
                all(Staged.class, site.fromHome(signed(site.request(0, HOME_ADDRESS, new Arm())))).stream()
                        .map(Staged::careOfAddress)
                        .toList());
        site.awaitDirect();
        assertEquals(
                ACCEPTED,
                site.fromHome(signed(site.request(0, HOME_ADDRESS, new Commit(HANDOVER))))
                        .code());
        assertTrue(site.route().contains("dev mip-ha"), site.route());
        assertTrue(site.proxies().contains(HOME_ADDRESS.toString()), site.proxies());
        assertEquals(600, site.bindings().get(0).get("lifetime").asInt());

        try (var arp = site.listen(site.neighbour(), PacketFilter.arp())) {
            assertEquals(
                    ACCEPTED,
                    site.fromNeighbour(signed(site.request(0, HOME_ADDRESS, PREPARE)))
                            .code());
            assertTrue(site.route().contains("dev mip-ha"), site.route());
            assertEquals(
                    ACCEPTED,
                    site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS, new Commit(HANDOVER))))
                            .code());
            assertEquals(0, site.bindings().size());
            assertTrue(site.route().contains("dev lan"), site.route());
            assertEquals("", site.proxies());
            assertTrue(site.neighbourEntry().contains("lladdr " + MOBILE_NODE_MAC), site.neighbourEntry());
            assertTrue(site.neighbourEntry().contains("PERMANENT"), site.neighbourEntry());
            awaitAnnouncement(arp, MacAddress.of(MOBILE_NODE_MAC));
        }
        assertEquals(
                ACCEPTED, site.fromHome(signed(site.request(0, HOME_ADDRESS))).code());
        assertFalse(site.neighbourEntry().contains("PERMANENT"), site.neighbourEntry());
        site.awaitDirect();
    }

    @Test
    void deniesWhatIsWrongAndCountsIt() throws Exception {
        var before = counts();
        var older = site.request(300, CARE_OF_ADDRESS);
        var request = site.request(300, CARE_OF_ADDRESS);
        var tampered = relayed(request).toByteArray();
        tampered[3] ^= 1;
        assertEquals(
                HA_MOBILE_NODE_FAILED_AUTHENTICATION,
                site.fromForeignAgent(Octets.of(tampered)).code());
        assertEquals(
                HA_FOREIGN_AGENT_FAILED_AUTHENTICATION,
                site.fromForeignAgent(signed(request)).code());
        assertEquals(ACCEPTED, site.fromForeignAgent(relayed(request)).code());
        // What the mobile node sent gets the same reply again, whatever the foreign agent appends; what is older is a
        // replay.
        assertEquals(ACCEPTED, site.fromForeignAgent(relayed(request)).code());
        var appended = relayed(request).concat(RegistrationCodec.encode(List.of(new Padding())));
        assertEquals(ACCEPTED, site.fromForeignAgent(appended).code());
        assertEquals(
                HA_IDENTIFICATION_MISMATCH,
                site.fromForeignAgent(relayed(older)).code());

        var counted = counts();
        before.forEach((what, count) -> counted.merge(what, -count, Integer::sum));
        counted.values().removeIf(count -> count == 0);
        assertEquals(Map.of("datagrams", 6, "repeated", 2, "0", 1, "131", 1, "132", 1, "133", 1), counted);
        var mobileNode = site.show(Routing.MOBILE_NODES)
                .orElseThrow()
                .get("mobile-nodes")
                .get(0);
        assertEquals(133, mobileNode.get("last-code").asInt());
        assertEquals("away", mobileNode.get("where").asText());
    }

    /** What was counted so far, replies by their code. */
    private static Map<String, Integer> counts() {
        var traffic = site.show(Routing.TRAFFIC).orElseThrow();
        var counts = new TreeMap<String, Integer>();
        for (var what : List.of("datagrams", "repeated")) {
            counts.put(what, traffic.get(what).asInt());
        }
        for (var reply : traffic.get("replies")) {
            counts.put(reply.get("code").asText(), reply.get("count").asInt());
        }
        return counts;
    }

    @Test
    void goesOnWhereItWasKilled() throws Exception {
        var registration = relayed(site.request(300, CARE_OF_ADDRESS));
        assertEquals(ACCEPTED, site.fromForeignAgent(registration).code());
        var before = site.bindings().get(0);
        site.kill();
        site.awaitTunnelled();

        // What an earlier life may have left, and what someone else took away.
        site.router().exec("ip", "neighbour", "add", "proxy", "10.1.0.99", "dev", "lan", "protocol", "143");
        site.router().exec("ip", "neighbour", "delete", "proxy", HOME_ADDRESS.toString(), "dev", "lan");
        try {
            site.start();
            for (var field : List.of("care-of-address", "granted", "generation", "identification")) {
                assertEquals(before.get(field), site.bindings().get(0).get(field));
            }
            await(
                    "only the bound address is proxied",
                    () -> site.proxies().contains(HOME_ADDRESS.toString())
                            && !site.proxies().contains("10.1.0.99"));
        } finally {
            site.router().exec("ip", "neighbour", "flush", "proxy", "10.1.0.99", "dev", "lan");
        }
        site.awaitTunnelled();
        assertEquals(
                HA_IDENTIFICATION_MISMATCH, site.fromForeignAgent(registration).code());
        assertEquals(
                ACCEPTED,
                site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)))
                        .code());
    }

    @Test
    void leavesTheKernelForwardingWhenItIsStopped() throws Exception {
        assertEquals(
                ACCEPTED,
                site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)))
                        .code());
        assertEquals(0, site.terminate());
        assertTrue(site.route().contains("dev mip-ha"), site.route());
        assertTrue(site.proxies().contains(HOME_ADDRESS.toString()), site.proxies());

        site.start();
        assertEquals(1, site.bindings().size());
        assertTrue(site.log().lines().noneMatch(line -> line.contains("WARN") || line.contains("ERROR")), site.log());
    }

    @Test
    void showsTables() throws Exception {
        assertEquals("no bindings\n", site.table("bindings"));
        assertEquals(
                ACCEPTED,
                site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)))
                        .code());
        assertTrue(
                Pattern.compile("HOME-ADDRESS +CARE-OF-ADDRESS +LIFETIME +.*\n10.1.0.50 +192.0.2.9 +300 +.*\n")
                        .matcher(site.table("bindings"))
                        .matches(),
                site.table("bindings"));
        for (var what : List.of("mobile-nodes", "traffic", "datapath", "status")) {
            assertTrue(site.table(what).lines().count() > 1, site.table(what));
        }
        assertTrue(site.table("datapath").contains("ebpf"), site.table("datapath"));
    }

    @Test
    void showsWhoseTheDroppedPacketsAre() throws Exception {
        assertEquals(
                ACCEPTED,
                site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)))
                        .code());
        assertEquals(0, tunnel().path("dropped").size());
        try (var elsewhere =
                site.foreignAgent().run(() -> RawIpv4Socket.open(Ipv4Packet.IPIP, NEXT_CARE_OF_ADDRESS.toInet()))) {
            var forged = new UdpPacket(
                    HOME_ADDRESS.toInet(), 1, NEXT_CARE_OF_ADDRESS.toInet(), 2, 64, ByteBuffer.allocate(0));
            elsewhere.send(HOME_AGENT.toInet(), forged.toIpv4().toOctets());
        }
        await("it is counted", () -> tunnel().path("dropped").size() == 1);
        assertEquals(1, tunnel().path("dropped").path("foreign-tunnel").asInt());
        assertTrue(site.table("datapath").contains("foreign-tunnel=1"), site.table("datapath"));
    }

    private JsonNode tunnel() {
        JsonNode tunnels = site.show(Routing.DATAPATH).orElseThrow().get("tunnels");
        assertEquals(1, tunnels.size());
        return tunnels.get(0);
    }

    @Test
    void endsBindingsThatExpiredWhileItWasDown() throws Exception {
        assertEquals(
                ACCEPTED,
                site.fromForeignAgent(relayed(site.request(1, CARE_OF_ADDRESS))).code());
        site.kill();
        var expiry = Instant.now().plusSeconds(1);
        await("the lifetime is over", () -> Instant.now().isAfter(expiry));
        site.start();
        await(
                "the forwarding is gone",
                () -> site.route().contains("dev lan") && site.proxies().isEmpty());
        assertEquals(0, site.bindings().size());
    }

    @Test
    void takesUpANewAssociationWithoutDroppingABinding() throws Exception {
        assertEquals(
                ACCEPTED,
                site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)))
                        .code());
        site.changeConfiguration("00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100");
        site.reload();
        assertEquals(1, site.bindings().size());
        site.send(relayed(site.request(300, CARE_OF_ADDRESS)));
        await("the old key is refused", () -> site.log().contains("denied code=131"));
    }

    @Test
    void deniesWithCode130OnAFullDisk() throws Exception {
        try {
            site.fillStateDirectory();
            var refused = site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)));
            assertEquals(HA_INSUFFICIENT_RESOURCES, refused.code());
            assertTrue(site.route().contains("dev lan"), site.route());
            assertEquals("", site.proxies());
            assertTrue(site.log().contains("No space left on device"), site.log());
        } finally {
            site.emptyStateDirectory();
        }
        assertEquals(
                ACCEPTED,
                site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)))
                        .code());
        assertTrue(site.route().contains("dev mip-ha"), site.route());
    }

    private static <E extends HandoverExtension> List<E> all(Class<E> kind, RegistrationReply reply) {
        return reply.extensions().stream()
                .flatMap(extension ->
                        HandoverExtension.of(extension, HandoverExtension.DEFAULT_ENTERPRISE_NUMBER).stream())
                .filter(kind::isInstance)
                .map(kind::cast)
                .toList();
    }

    /** Waits for one, whatever else was announced before. */
    private static void awaitAnnouncement(PacketSocket arp, MacAddress mac) throws Exception {
        var announced = announcement(mac);
        await(mac + " is announced", () -> nextAnnouncement(arp).equals(announced));
    }

    /** A gratuitous ARP that says who has the home address. Its source is the home agent's machine in any case. */
    private static EthernetFrame announcement(MacAddress mac) {
        var frame = ArpPacket.gratuitous(ArpPacket.REQUEST, mac, HOME_ADDRESS.toInet())
                .toFrame(MacAddress.BROADCAST);
        return new EthernetFrame(MacAddress.BROADCAST, routerMac(), frame.etherType(), frame.payload());
    }

    /** The next gratuitous ARP for the home address. */
    private static EthernetFrame nextAnnouncement(PacketSocket arp) throws Exception {
        while (true) {
            var frame = arp.receive().flatMap(ReceivedFrame::ethernet).orElseThrow();
            if (ArpPacket.parse(frame)
                    .filter(ArpPacket::isGratuitous)
                    .filter(packet -> packet.senderAddress().equals(HOME_ADDRESS.toInet()))
                    .isPresent()) {
                return frame;
            }
        }
    }

    private static MacAddress routerMac() {
        var shown = site.router().exec("cat", "/sys/class/net/lan/address");
        return MacAddress.of(shown.strip());
    }
}
