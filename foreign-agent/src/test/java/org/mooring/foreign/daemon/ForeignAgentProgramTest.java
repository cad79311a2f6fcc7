package org.mooring.foreign.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.RawIpv4Socket;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.HandoverMessage.End;
import org.mooring.protocol.handover.HandoverMessage.Followed;
import org.mooring.protocol.handover.HandoverMessage.Marker;
import org.mooring.protocol.handover.HandoverMessage.Redirected;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.handover.RepeatedRequest;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.AgentDiscoveryCodec;
import org.mooring.protocol.wire.AgentSolicitation;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.EncapsulatingDelivery;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.RevocationSupport;
import org.mooring.protocol.wire.UdpTunnelRequest;

/**
 * The real program between a mobile node and a home agent that are frames and datagrams of this test.
 *
 * <pre>
 *   host (mobile node 10.1.0.50) -- lan -- router (10.2.0.2, care-of 198.51.100.2) -- wan -- home (home agent 10.1.0.1)
 * </pre>
 */
@Tag("netns")
@Timeout(180)
@DisplayName("The foreign agent as a program")
class ForeignAgentProgramTest {
    private static final Ipv4Address HOME_AGENT = Ipv4Address.of("10.1.0.1");
    private static final Ipv4Address CARE_OF = Ipv4Address.of("198.51.100.2");
    private static final Ipv4Address HOME_ADDRESS = Ipv4Address.of("10.1.0.50");
    private static final Inet4Address CORRESPONDENT = Ipv4.address("203.0.113.2");
    private static final int GUEST_PORT = 40_434;
    private static final Ipv4Address HOST = Ipv4Address.of("10.2.0.10");
    private static final MacAddress HOST_MAC = MacAddress.of("02:00:00:00:00:10");

    /** Two other foreign agents, beside the home agent. */
    private static final Ipv4Address PREVIOUS = Ipv4Address.of("198.51.100.3");

    private static final Ipv4Address NEXT = Ipv4Address.of("198.51.100.4");
    private static final HandoverId HANDOVER = new HandoverId(0x0123_4567_89ab_cdefL);

    private static final Seal MOBILE_HOME = seal(Kind.MOBILE_HOME, 256, "00112233445566778899aabbccddeeff");
    private static final Seal FOREIGN_HOME = seal(Kind.FOREIGN_HOME, 4097, "0f0e0d0c0b0a09080706050403020100");

    private static final String CONFIGURATION = """
            care-of-address = "198.51.100.2"
            uplinks = ["wan"]
            require-association = false
            state-directory = "state"
            control-socket = "socket"
            [[link]]
            interface = "lan"
            address = "10.2.0.2"
            [[home-agent]]
            address = "10.1.0.1"
            [[home-agent.association]]
            spi = 4097
            key = "0f0e0d0c0b0a09080706050403020100"
            [advertisement]
            interval = 4
            """;

    @TempDir
    private static Path directory;

    @AutoClose
    private static NetworkNamespace host;

    @AutoClose
    private static NetworkNamespace router;

    @AutoClose
    private static NetworkNamespace home;

    /** What the program's state is on. */
    @AutoClose
    private static AutoCloseable disk;

    private static MacAddress routerMac;

    private static int guests;

    /** Serves all tests, one after the other: a start takes more of the processor than most of them. */
    @AutoClose
    private static RunningProgram program;

    /** Another one in each test: nobody is denied twice within a second. */
    private final MacAddress guestMac = MacAddress.of("52:54:00:01:00:%02x".formatted(guests++));

    @AutoClose
    private PacketSocket guest;

    @AutoClose
    private DatagramSocket homeAgent;

    @AutoClose
    private RawIpv4Socket tunnel;

    @AutoClose
    private RawIpv4Socket previousTunnel;

    @AutoClose
    private RawIpv4Socket nextTunnel;

    /** What was counted before the test. */
    private JsonNode traffic;

    @BeforeAll
    static void raise() throws Exception {
        host = NetworkNamespace.create();
        router = NetworkNamespace.create();
        home = NetworkNamespace.create();
        host.connect("lan", router, "lan");
        router.connect("wan", home, "wan");
        router.sysctl("net.ipv4.ip_forward", 1);
        router.ip(
                "address add 10.2.0.1/24 dev lan",
                "address add 10.2.0.2/24 dev lan",
                "address add 198.51.100.2/24 dev wan",
                "route add 10.1.0.0/24 via 198.51.100.1",
                "route add 203.0.113.0/24 via 198.51.100.1");
        home.ip(
                "address add 198.51.100.1/24 dev wan",
                "address add 198.51.100.3/24 dev wan",
                "address add 198.51.100.4/24 dev wan",
                "address add 10.1.0.1/32 dev lo");
        routerMac = router.device("lan").mac();
        Files.createDirectory(directory.resolve("state"));
        command("mount", "-t", "tmpfs", "-o", "size=16m", "mooring-test", "" + directory.resolve("state"));
        disk = () -> command("umount", "-l", "" + directory.resolve("state"));
        Files.writeString(directory.resolve("foreign-agent.toml"), CONFIGURATION);
        program = startProgram();
    }

    /** Whatever a test before has left: the program runs as configured, without a visitor, and nothing was logged. */
    @BeforeEach
    void reset() throws Exception {
        program.forgetLog();
        Path configuration = directory.resolve("foreign-agent.toml");
        boolean changed = !Files.readString(configuration).equals(CONFIGURATION);
        Files.writeString(configuration, CONFIGURATION);
        if (!program.isAlive()) {
            program = startProgram();
        } else if (changed) {
            program.reload();
        }
        program.await("/visitors", visitors -> visitors.path("visitors").isEmpty() || program.revoke(HOME_ADDRESS));
        program.await("/datapath", datapath -> datapath.path("tunnels").isEmpty());
        traffic = program.await("/traffic", any -> true);
        program.forgetLog();

        guest = host.run(
                () -> PacketSocket.open(link("lan"), PacketFilter.EVERYTHING, PacketSocket.Option.PROMISCUOUS));
        homeAgent = home.run(() -> new DatagramSocket(new InetSocketAddress(HOME_AGENT.toInet(), 434)));
        homeAgent.setSoTimeout(30_000);
        tunnel = home.run(() -> RawIpv4Socket.open(Ipv4Packet.IPIP, HOME_AGENT.toInet()));
        previousTunnel = home.run(() -> RawIpv4Socket.open(Ipv4Packet.IPIP, PREVIOUS.toInet()));
        nextTunnel = home.run(() -> RawIpv4Socket.open(Ipv4Packet.IPIP, NEXT.toInet()));
    }

    @Test
    @DisplayName("RFC 3344 §3.7: relays a registration, then forwards the visitor's packets both ways")
    void serves() throws Exception {
        register(300);

        assertForwards("after the registration");
        var visitor = program.await(
                        "/visitors", visitors -> visitors.path("visitors").size() == 1)
                .path("visitors")
                .get(0);
        assertEquals("10.1.0.50", visitor.path("home-address").asText());
        assertEquals(guestMac.toString(), visitor.path("mac").asText());
    }

    @Test
    @DisplayName(
            "RFC 3024 §A.4: two visitors with one home address, of two home agents, are told apart, also after a restart")
    void servesTwoOfOneHomeAddress() throws Exception {
        register(300);
        try (var other = home.run(() -> new DatagramSocket(new InetSocketAddress(NEXT.toInet(), 434)))) {
            other.setSoTimeout(30_000);
            var request = request(NEXT, 300);
            guest.send(requestTo(Ipv4Address.of("10.2.0.2"), sealed(request), 255)
                    .toIpv4()
                    .toFrame(HOST_MAC, routerMac));
            other.receive(new DatagramPacket(new byte[1500], 1500));
            var reply = Seal.encode(
                            new RegistrationReply(
                                    ReplyCode.ACCEPTED, 300, HOME_ADDRESS, NEXT, request.identification(), List.of()),
                            MOBILE_HOME)
                    .toByteArray();
            other.send(new DatagramPacket(reply, reply.length, new InetSocketAddress(CARE_OF.toInet(), 434)));
            assertEquals(ReplyCode.ACCEPTED, awaitReply(HOST_MAC, HOME_ADDRESS).code());
        }
        assertForwards("beside another");
        assertForwardsForTheOther("beside the first");

        program.kill();
        program = startProgram();

        assertEquals(
                List.of(HOME_AGENT.toString(), NEXT.toString()),
                program.await("/visitors", visitors -> visitors.path("visitors").size() == 2)
                        .path("visitors")
                        .findValuesAsText("home-agent"));
        assertForwards("after the restart, beside another");
        assertForwardsForTheOther("after the restart");
    }

    private void assertForwardsForTheOther(String when) throws Exception {
        var packet = udp(CORRESPONDENT, HOME_ADDRESS.toInet(), "to the other " + when);
        nextTunnel.send(CARE_OF.toInet(), packet.toIpv4().toOctets());
        awaitFrame(HOST_MAC, frame -> frame.udp().filter(udp -> udp.payload().equals(packet.payload())));
        var sent = udp(HOME_ADDRESS.toInet(), CORRESPONDENT, "from the other " + when);
        guest.send(sent.toIpv4().toFrame(HOST_MAC, routerMac));
        assertEquals(CARE_OF.toInet(), awaitInner(nextTunnel, sent).source());
    }

    @Test
    @DisplayName("RFC 3024 §5.2: encapsulating delivery is not told to the home agent, and outlives the program")
    void servesInEncapsulatingDelivery() throws Exception {
        var request = request(HOME_AGENT, 300);
        sendRequest(sealed(request).concat(RegistrationCodec.encode(List.of(new EncapsulatingDelivery()))), 255);
        relayed(request);
        replyWith(request);
        assertEquals(ReplyCode.ACCEPTED, awaitReply().code());
        assertTakesWhatIsEncapsulated("after the registration");

        program.kill();
        program = startProgram();

        var visitor = awaitVisitor("installed");
        assertEquals("10.2.0.2", visitor.path("encapsulates-to").asText());
        assertTakesWhatIsEncapsulated("after the restart");
    }

    private void assertTakesWhatIsEncapsulated(String when) throws Exception {
        var fromGuest = udp(HOME_ADDRESS.toInet(), CORRESPONDENT, "from the guest " + when);
        var encapsulated = Ipv4Packet.of(
                HOME_ADDRESS.toInet(),
                Ipv4.address("10.2.0.2"),
                Ipv4Packet.IPIP,
                64,
                fromGuest.toIpv4().toOctets());
        guest.send(encapsulated.toFrame(guestMac, routerMac));
        assertEquals(CARE_OF.toInet(), awaitInner(tunnel, fromGuest).source());
    }

    @Test
    @DisplayName("what is dropped is shown with the visitor that it is for")
    void showsWhoseTheDroppedPacketsAre() throws Exception {
        register(300);

        var forged = udp(CORRESPONDENT, HOME_ADDRESS.toInet(), "past the home agent");
        nextTunnel.send(CARE_OF.toInet(), forged.toIpv4().toOctets());

        program.await(
                "/datapath",
                datapath -> datapath.at("/tunnels/0/dropped/foreign-tunnel").asInt() == 1);
    }

    @Test
    @DisplayName("RFC 3344 §3.7.3.2: a deregistration ends the forwarding")
    void deregisters() throws Exception {
        register(300);

        register(0);

        program.await("/visitors", visitors -> visitors.path("visitors").isEmpty());
        program.await("/datapath", datapath -> datapath.path("tunnels").isEmpty());
    }

    @Test
    @DisplayName("RFC 3344 §3.7.1: a visitor that does not renew expires")
    void expires() throws Exception {
        register(2);

        program.await("/visitors", visitors -> visitors.path("visitors").isEmpty());
        program.await("/datapath", datapath -> datapath.path("tunnels").isEmpty());
    }

    @Test
    @DisplayName("Killed, the kernel goes on forwarding; started again, the visitors are still there")
    void survivesAKill() throws Exception {
        register(300);

        program.kill();
        assertForwards("without the program");
        program = startProgram();

        program.await("/visitors", visitors -> visitors.path("visitors").size() == 1);
        assertForwards("after the restart");
        register(0);
        program.await("/visitors", visitors -> visitors.path("visitors").isEmpty());
    }

    @Test
    @DisplayName("While its disk is full visitors are served, and it says what a restart would forget")
    void servesOnAFullDisk() throws Exception {
        Path state = directory.resolve("state");
        Path ballast = state.resolve("ballast");
        try {
            fill(ballast);
            register(300);

            assertForwards("on a full disk");
            String line =
                    "visitor not stored, a restart would forget it home=10.1.0.50 why=\"" + state.resolve("store.mv")
                            + " cannot be written: No space left on device: make room on its disk\"";
            assertEquals(
                    1,
                    program.lastLog()
                            .lines()
                            .filter(said -> said.endsWith(line))
                            .count(),
                    program::lastLog);
        } finally {
            Files.delete(ballast);
        }
        register(300);
        program.kill();
        program = startProgram();
        program.await("/visitors", visitors -> visitors.path("visitors").size() == 1);
    }

    private static void fill(Path file) throws IOException {
        try (var out = Files.newOutputStream(file)) {
            while (true) {
                out.write(new byte[4096]);
            }
        } catch (IOException full) {
            assertEquals("No space left on device", full.getMessage());
        }
    }

    private static void command(String... words) throws Exception {
        assertEquals(0, new ProcessBuilder(words).inheritIO().start().waitFor());
    }

    @Test
    @DisplayName("SIGTERM ends it with exit code 0, and the kernel goes on forwarding")
    void terminates() throws Exception {
        register(300);

        assertEquals(0, program.terminate(), program::lastLog);
        assertForwards("after SIGTERM");
    }

    @Test
    @DisplayName("RFC 3024 §4.2.1: the TTL of the frame counts")
    void tooDistant() throws Exception {
        sendRequest(sealed(request(HOME_AGENT, 300)), 254);

        assertEquals(ReplyCode.FA_MOBILE_NODE_TOO_DISTANT, awaitReply().code());
        program.await("/traffic", after -> count(after, "requests-denied", "code", "76") == 1);
    }

    @ParameterizedTest(name = "{0}: code {1}")
    @CsvSource({"198.51.100.1, 82", "198.51.100.77, 81", "192.0.2.1, 80"})
    @DisplayName("RFC 3344 §3.7.3: tells of a home agent that cannot be reached")
    void unreachable(String address, int code) throws Exception {
        sendRequest(sealed(request(Ipv4Address.of(address), 300)), 255);

        assertEquals(new ReplyCode(code), awaitReply().code());
    }

    @ParameterizedTest(name = "{0}: code {1}")
    @CsvSource({"198.51.100.1, 82", "192.0.2.1, 80"})
    @DisplayName("RFC 3344 §3.7.3: it is so if the request came in AGAIN")
    void unreachableAgain(String address, int code) throws Exception {
        var request = sealed(request(Ipv4Address.of(address), 300));
        sendRequest(RepeatedRequest.encode(request, HandoverExtension.DEFAULT_ENTERPRISE_NUMBER), 255);

        assertEquals(new ReplyCode(code), awaitReply().code());
    }

    @Test
    @DisplayName("RFC 3344 §2.1, §2.3: advertises to all on the link, and to who solicits, with TTL 1")
    void advertises() throws Exception {
        var toAll = awaitAdvertisement(MacAddress.of("01:00:5e:00:00:01"));
        assertEquals(Ipv4Address.ALL_SYSTEMS.toInet(), toAll.destination());

        var solicitation = ByteBuffer.wrap(
                AgentDiscoveryCodec.encode(new AgentSolicitation()).toByteArray());
        guest.send(
                Ipv4Packet.of(HOME_ADDRESS.toInet(), Ipv4Address.ALL_ROUTERS.toInet(), Ipv4Packet.ICMP, 1, solicitation)
                        .toFrame(guestMac, MacAddress.of("01:00:5e:00:00:02")));
        var answer = awaitAdvertisement(guestMac);

        assertEquals(HOME_ADDRESS.toInet(), answer.destination());
        for (var packet : List.of(toAll, answer)) {
            assertEquals(1, packet.ttl());
            assertEquals(Ipv4.address("10.2.0.2"), packet.source());
            var advertised = assertInstanceOf(
                    AgentAdvertisement.class,
                    AgentDiscoveryCodec.decode(octets(packet.payload())).orElseThrow());
            assertEquals(
                    List.of(CARE_OF), advertised.mobilityAgent().orElseThrow().careOfAddresses());
        }
    }

    private Ipv4Packet awaitAdvertisement(MacAddress destination) throws Exception {
        return awaitFrame(
                destination,
                frame -> frame.ethernet()
                        .flatMap(Ipv4Packet::parse)
                        .filter(packet -> packet.protocol() == Ipv4Packet.ICMP
                                && AgentDiscoveryCodec.decode(octets(packet.payload()))
                                        .filter(AgentAdvertisement.class::isInstance)
                                        .isPresent()));
    }

    @Test
    @DisplayName("SIGHUP reads the configuration again, and no visitor is lost")
    void reloads() throws Exception {
        register(300);
        Files.writeString(directory.resolve("foreign-agent.toml"), "max-lifetime = 60\n" + CONFIGURATION);

        program.reload();

        program.await("/status", status -> status.path("max-lifetime").asInt() == 60);
        program.await("/visitors", visitors -> visitors.path("visitors").size() == 1);
        sendRequest(sealed(request(HOME_AGENT, 61)), 255);
        assertEquals(ReplyCode.FA_LIFETIME_TOO_LONG, awaitReply().code());
    }

    @Test
    @DisplayName("docs/handover.md: a staged visitor gets what comes out of its tunnels, and nothing from this site")
    void stages() throws Exception {
        var prepare = prepare(30);
        sendFromHost(prepare);
        relayed(prepare);
        replyWith(prepare, new Previous(PREVIOUS));
        assertEquals(ReplyCode.ACCEPTED, awaitReply(HOST_MAC, HOST).code());

        var visitor = awaitVisitor("staged");
        assertEquals(guestMac.toString(), visitor.path("mac").asText());
        assertEquals(
                PREVIOUS.toString(), visitor.path("previous-care-of-address").asText());
        assertArrives(tunnel, "from the home agent");
        assertArrives(previousTunnel, "from the previous foreign agent");
        assertLeads("via 198.51.100.1 dev wan");

        register(300);

        awaitVisitor("installed");
        assertArrives(tunnel, "after CONFIRM");
        assertArrives(previousTunnel, "redirected late");
        assertLeads("dev lan");
        assertTrue(program.lastLog().contains("handover staged home=10.1.0.50"), program::lastLog);
        assertTrue(program.lastLog().contains("handover confirmed home=10.1.0.50"), program::lastLog);
    }

    @Test
    @DisplayName("docs/handover.md: a staged visitor that doesn't come ends with the hold time")
    void forgetsWhatIsStaged() throws Exception {
        var prepare = prepare(2);
        sendFromHost(prepare);
        relayed(prepare);
        replyWith(prepare, new Previous(PREVIOUS));
        awaitReply(HOST_MAC, HOST);

        program.await("/visitors", visitors -> visitors.path("visitors").isEmpty());
        program.await("/datapath", datapath -> datapath.path("tunnels").isEmpty());
    }

    @Test
    @DisplayName("docs/handover.md: without PREVIOUS nothing is staged, and a PREPARE registers nobody")
    void stagesNothing() throws Exception {
        var prepare = prepare(30);
        sendFromHost(prepare);
        relayed(prepare);
        replyWith(prepare);

        assertEquals(ReplyCode.ACCEPTED, awaitReply(HOST_MAC, HOST).code());
        program.await("/visitors", visitors -> visitors.path("visitors").isEmpty());
    }

    @Test
    @DisplayName("docs/handover.md: COMMIT redirects, whatever becomes of it, until the visitor is registered again")
    void redirects() throws Exception {
        register(300);
        arm(NEXT);

        var commit = commit();
        sendRequest(sealed(commit), 255);

        var visitor = awaitVisitor("redirected");
        assertEquals(NEXT.toString(), visitor.path("redirected-to").asText());
        var told = awaitFrame(guestMac, frame -> frame.udp().filter(udp -> udp.destinationPort() == 434));
        assertEquals(payload(new Redirected(HANDOVER)), told.payload());
        assertEquals(HOME_ADDRESS.toInet(), told.destination());
        program.await("/datapath", datapath -> program.lastLog().contains("handover redirected home=10.1.0.50"));
        var late = udp(CORRESPONDENT, HOME_ADDRESS.toInet(), "late");
        tunnel.send(CARE_OF.toInet(), late.toIpv4().toOctets());
        assertEquals(CARE_OF.toInet(), awaitInner(nextTunnel, late).source());
        assertLeads("dev mip-fa");
        var followed = payload(new Followed(HANDOVER, 1));
        awaitFrame(guestMac, frame -> frame.udp().filter(udp -> udp.payload().equals(followed)));

        relayed(commit);
        register(300);

        awaitVisitor("installed");
        assertForwards("after the return");
    }

    @Test
    @DisplayName("docs/handover.md: what comes for a visitor that has gone home goes back through its tunnel")
    void sendsHome() throws Exception {
        register(300);
        arm(HOME_ADDRESS);
        sendRequest(sealed(commit()), 255);
        awaitVisitor("redirected");
        program.await("/datapath", datapath -> program.lastLog().contains("handover redirected home=10.1.0.50"));

        var late = udp(CORRESPONDENT, HOME_ADDRESS.toInet(), "late");
        tunnel.send(CARE_OF.toInet(), late.toIpv4().toOctets());

        assertEquals(CARE_OF.toInet(), awaitInner(tunnel, late).source());
        assertLeads("dev mip-fa");
    }

    @Test
    @DisplayName("docs/handover.md, \"In order\": what was rescued, what is redirected, what comes on the new path")
    void putsInOrder() throws Exception {
        JsonNode arrival;
        do {
            // Once more if this test was too slow, so that the program waited no longer.
            var id = new HandoverId(ThreadLocalRandom.current().nextLong());
            var old = udp(CORRESPONDENT, HOME_ADDRESS.toInet(), "redirected " + id);
            var last = udp(CORRESPONDENT, HOME_ADDRESS.toInet(), "on the new path " + id);
            var first = udp(CORRESPONDENT, HOME_ADDRESS.toInet(), "rescued " + id);
            stage(saying(request(HOME_AGENT, 30), new Prepare(id, 30)));
            tunnel.send(CARE_OF.toInet(), last.toIpv4().toOctets());
            previousTunnel.send(CARE_OF.toInet(), old.toIpv4().toOctets());
            sendFromOldHost(new Rescued(id, 0, Octets.copyOf(first.toIpv4().toOctets())));
            sendFromOldHost(new End(id, 1));
            var marker =
                    new UdpPacket(HOME_AGENT.toInet(), 434, HOME_ADDRESS.toInet(), 434, 64, payload(new Marker(id)));
            previousTunnel.send(CARE_OF.toInet(), marker.toIpv4().toOctets());
            arrival = program.await("/arrivals", arrivals -> isDone(arrivals.path("arrivals"), id))
                    .path("arrivals")
                    .path(0);
            if (!isLate(arrival)) {
                assertEquals(
                        List.of(first.payload(), old.payload(), last.payload()),
                        List.of(awaitForGuest(id), awaitForGuest(id), awaitForGuest(id)));
            }
        } while (isLate(arrival));
        assertEquals(1, arrival.path("rescued").asInt());
        assertEquals(1, arrival.path("of").asInt());
        assertEquals("end", arrival.path("old-path").asText());
        assertEquals("marker", arrival.path("new-path").asText());
        assertTrue(program.lastLog().contains("room=old why=end"), program::lastLog);
    }

    @Test
    @DisplayName("docs/handover.md, \"In order\": CONFIRM ends the wait where there was no COMMIT")
    void confirmEndsTheWait() throws Exception {
        stage(prepare(30));

        register(300);

        awaitVisitor("installed");
        program.await(
                "/arrivals",
                arrivals -> arrivals.path("arrivals")
                        .path(0)
                        .path("new-path")
                        .asText()
                        .equals("confirm"));
        assertForwards("after CONFIRM");
    }

    @Test
    @DisplayName("RFC 3344 §2.3: takes what is sent to all mobility agents of the link")
    void takesWhatIsSentToAllAgents() throws Exception {
        guest.send(requestTo(Ipv4Address.ALL_MOBILITY_AGENTS, sealed(request(HOME_AGENT, 1801)), 1)
                .toIpv4()
                .toFrame(guestMac, MacAddress.of("01:00:5e:00:00:0b")));

        assertEquals(ReplyCode.FA_LIFETIME_TOO_LONG, awaitReply().code());
    }

    @Test
    @DisplayName("A reply that is replayed, or forged, or meant for others, makes nobody a visitor")
    void replaysAndForgeries() throws Exception {
        var request = request(HOME_AGENT, 300);
        exchange(request);
        var deregistration = request(HOME_AGENT, 0);
        exchange(deregistration);
        program.await("/visitors", visitors -> visitors.path("visitors").isEmpty());

        replyWith(request);
        awaitDiscard("no pending request", 1);

        var next = request(HOME_AGENT, 300);
        sendRequest(sealed(next), 255);
        relayed(next);
        replyWith(request);
        awaitDiscard("reply does not match", 1);
        var forged = Seal.encode(
                new RegistrationReply(
                        ReplyCode.ACCEPTED, 300, HOME_ADDRESS, HOME_AGENT, next.identification(), List.of()),
                MOBILE_HOME,
                seal(Kind.FOREIGN_HOME, 4097, "ffffffffffffffffffffffffffffffff"));
        sendFromHomeAgent(forged);

        assertEquals(ReplyCode.FA_HOME_AGENT_FAILED_AUTHENTICATION, awaitReply().code());
        program.await("/visitors", visitors -> visitors.path("visitors").isEmpty());
        program.await("/datapath", datapath -> datapath.path("tunnels").isEmpty());
    }

    @Test
    @DisplayName("What it has sent itself is dropped when it comes back, from wherever")
    void reflections() throws Exception {
        var request = request(HOME_AGENT, 300);
        exchange(request);

        sendFromHomeAgent(FOREIGN_HOME.appendTo(sealed(request)));
        sendRequest(Seal.encode(accepted(request), MOBILE_HOME), 255);

        awaitDiscard("unexpected message", 2);
        program.await("/visitors", visitors -> visitors.path("visitors").size() == 1);
        program.await(
                "/traffic",
                after -> after.path("requests-relayed").asInt()
                        == traffic.path("requests-relayed").asInt() + 1);
    }

    private void awaitDiscard(String reason, int count) throws Exception {
        program.await("/traffic", after -> count(after, "discarded", "reason", reason) == count);
    }

    /** Of {@code what} was counted, in this test, the one whose {@code key} is {@code value}. */
    private int count(JsonNode after, String what, String key, String value) {
        int count = 0;
        for (var counted : List.of(traffic, after)) {
            count = -count;
            for (var row : counted.path(what)) {
                count +=
                        row.path(key).asText().equals(value) ? row.path("count").asInt() : 0;
            }
        }
        return count;
    }

    /** Nothing waits any more; of what came late, not all has. */
    private static boolean isDone(JsonNode arrivals, HandoverId id) {
        var arrival = arrivals.path(0);
        return arrival.path("handover").asText().equals(id.toString())
                && !arrival.path("new-path").asText().equals("held")
                && (arrival.path("held").asInt() == 2 || isLate(arrival));
    }

    private static boolean isLate(JsonNode arrival) {
        return Stream.of("old-path", "new-path")
                .anyMatch(path -> arrival.path(path).asText().equals("deadline"));
    }

    private void stage(RegistrationRequest prepare) throws Exception {
        sendFromHost(prepare);
        relayed(prepare);
        replyWith(prepare, new Previous(PREVIOUS));
        assertEquals(ReplyCode.ACCEPTED, awaitReply(HOST_MAC, HOST).code());
    }

    private void sendFromOldHost(HandoverMessage message) throws Exception {
        var datagram = payload(message).array();
        homeAgent.send(new DatagramPacket(datagram, datagram.length, new InetSocketAddress(CARE_OF.toInet(), 434)));
    }

    private static ByteBuffer payload(HandoverMessage message) {
        return ByteBuffer.wrap(
                message.encode(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER).toByteArray());
    }

    /** The payload of the next datagram to the guest that is of this handover, and not the agent's own. */
    private ByteBuffer awaitForGuest(HandoverId id) throws Exception {
        return awaitFrame(
                        guestMac,
                        frame -> frame.udp()
                                .filter(udp -> udp.destinationPort() != 434)
                                .filter(udp -> StandardCharsets.UTF_8
                                        .decode(udp.payload().duplicate())
                                        .toString()
                                        .endsWith(id.toString())))
                .payload();
    }

    private static RunningProgram startProgram() throws Exception {
        return RunningProgram.start(router, directory.resolve("foreign-agent.toml"));
    }

    /** A whole registration, with the home agent's part played here. */
    private void register(int lifetime) throws Exception {
        exchange(request(HOME_AGENT, lifetime));
    }

    /** A renewal whose reply tells where the guest may go. */
    private void arm(Ipv4Address careOfAddress) throws Exception {
        exchange(saying(request(HOME_AGENT, 300), new Arm()), new Staged(HANDOVER, careOfAddress, 60));
    }

    private void exchange(RegistrationRequest request, HandoverExtension... word) throws Exception {
        sendRequest(sealed(request), 255);
        relayed(request);
        replyWith(request, word);
        var answered = awaitReply();
        assertEquals(ReplyCode.ACCEPTED, answered.code());
        assertEquals(request.identification(), answered.identification());
    }

    private void relayed(RegistrationRequest request) throws Exception {
        var received = new DatagramPacket(new byte[1500], 1500);
        homeAgent.receive(received);
        assertEquals(new InetSocketAddress(CARE_OF.toInet(), 434), received.getSocketAddress());
        var octets = Octets.of(received.getData()).slice(0, received.getLength());
        if (request.isDeregistration()) {
            assertEquals(sealed(request), octets);
            return;
        }
        var own = new ArrayList<Extension>(List.of(new UdpTunnelRequest(0, 0)));
        boolean prepares = request.extensions().stream().anyMatch(CriticalVendorSpecific.class::isInstance);
        if (!prepares) {
            own.add(support(octets));
        }
        assertEquals(FOREIGN_HOME.appendTo(sealed(request).concat(RegistrationCodec.encode(own))), octets);
    }

    /** What a request offers of revocation: its time is the agent's to tell. */
    private static RevocationSupport support(Octets request) {
        var message = assertInstanceOf(Decoded.Message.class, RegistrationCodec.decode(request));
        var support = message.message().extension(RevocationSupport.class).orElseThrow();
        assertTrue(support.informs());
        return support;
    }

    /** Accepts, with {@code word} for the foreign agent. */
    private void replyWith(RegistrationRequest request, HandoverExtension... word) throws Exception {
        var extensions = Stream.of(word)
                .map(extension -> extension.toExtension(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER))
                .toList();
        var reply = FOREIGN_HOME.appendTo(
                Seal.encode(accepted(request), MOBILE_HOME).concat(RegistrationCodec.encode(extensions)));
        sendFromHomeAgent(reply);
    }

    private static RegistrationReply accepted(RegistrationRequest request) {
        return new RegistrationReply(
                ReplyCode.ACCEPTED, request.lifetime(), HOME_ADDRESS, HOME_AGENT, request.identification(), List.of());
    }

    private void sendFromHomeAgent(Octets message) throws Exception {
        homeAgent.send(new DatagramPacket(
                message.toByteArray(), message.length(), new InetSocketAddress(CARE_OF.toInet(), 434)));
    }

    private RegistrationRequest prepare(int holdSeconds) {
        return saying(request(HOME_AGENT, holdSeconds), new Prepare(HANDOVER, holdSeconds));
    }

    private RegistrationRequest commit() {
        return saying(request(HOME_AGENT, 300), new Commit(HANDOVER));
    }

    private RegistrationRequest saying(RegistrationRequest request, HandoverExtension extension) {
        return new RegistrationRequest(
                request.flags(),
                request.lifetime(),
                request.homeAddress(),
                request.homeAgent(),
                request.careOfAddress(),
                request.identification(),
                List.of(
                        DeviceId.ethernet(Octets.ofHex(guestMac.toString().replace(":", ""))),
                        extension.toExtension(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER)));
    }

    /** As the guest's new host asks, which has another address than the guest. */
    private void sendFromHost(RegistrationRequest request) throws Exception {
        var datagram = new UdpPacket(
                HOST.toInet(),
                GUEST_PORT,
                Ipv4.address("10.2.0.2"),
                434,
                255,
                ByteBuffer.wrap(sealed(request).toByteArray()));
        guest.send(datagram.toIpv4().toFrame(HOST_MAC, routerMac));
    }

    private JsonNode awaitVisitor(String state) throws Exception {
        return program.await("/visitors", visitors -> {
                    var rows = visitors.path("visitors");
                    return rows.size() == 1
                            && rows.get(0).path("state").asText().equals(state);
                })
                .path("visitors")
                .get(0);
    }

    private void assertArrives(RawIpv4Socket from, String text) throws Exception {
        var packet = udp(CORRESPONDENT, HOME_ADDRESS.toInet(), text);
        from.send(CARE_OF.toInet(), packet.toIpv4().toOctets());
        awaitFrame(guestMac, frame -> frame.udp().filter(udp -> udp.payload().equals(packet.payload())));
    }

    /** Where packets of this site to the guest go. */
    private static void assertLeads(String way) {
        var found = router.exec("ip", "route", "get", "10.1.0.50", "from", "10.2.0.77", "iif", "lan");
        assertTrue(found.contains(way), found);
    }

    private static RegistrationRequest request(Ipv4Address homeAgent, int lifetime) {
        return new RegistrationRequest(
                Flags.REVERSE_TUNNELING,
                lifetime,
                HOME_ADDRESS,
                homeAgent,
                CARE_OF,
                Identification.of(Instant.now()),
                List.of());
    }

    private void sendRequest(Octets message, int ttl) throws Exception {
        guest.send(requestTo(Ipv4Address.of("10.2.0.2"), message, ttl).toIpv4().toFrame(guestMac, routerMac));
    }

    private static UdpPacket requestTo(Ipv4Address destination, Octets message, int ttl) {
        return new UdpPacket(
                HOME_ADDRESS.toInet(),
                GUEST_PORT,
                destination.toInet(),
                434,
                ttl,
                ByteBuffer.wrap(message.toByteArray()));
    }

    /** The next reply to the mobile node: a frame to its MAC address, from port 434, whatever the home agent's seal. */
    private RegistrationReply awaitReply() throws Exception {
        return awaitReply(guestMac, HOME_ADDRESS);
    }

    private RegistrationReply awaitReply(MacAddress mac, Ipv4Address address) throws Exception {
        var datagram = awaitFrame(
                mac,
                frame -> frame.udp().filter(udp -> udp.sourcePort() == 434 && udp.destinationPort() == GUEST_PORT));
        assertEquals(address.toInet(), datagram.destination());
        assertEquals(Ipv4.address("10.2.0.2"), datagram.source());
        var message = assertInstanceOf(Decoded.Message.class, RegistrationCodec.decode(octets(datagram.payload())));
        var reply = assertInstanceOf(RegistrationReply.class, message.message());
        if (reply.code().isAccepted()) {
            assertInstanceOf(
                    Verified.By.class, Verifier.verify(message, Kind.MOBILE_HOME, List.of(MOBILE_HOME.association())));
        }
        return reply;
    }

    /** Sends a packet through the tunnel each way. */
    private void assertForwards(String when) throws Exception {
        assertArrives(tunnel, "to the guest " + when);

        var fromGuest = udp(HOME_ADDRESS.toInet(), CORRESPONDENT, "from the guest " + when);
        guest.send(fromGuest.toIpv4().toFrame(guestMac, routerMac));
        assertEquals(CARE_OF.toInet(), awaitInner(tunnel, fromGuest).source());
    }

    /** The outer packet around {@code wanted}. */
    private Ipv4Packet awaitInner(RawIpv4Socket exit, UdpPacket wanted) throws Exception {
        return await(() -> {
            for (var packet = exit.receive(); packet.isPresent(); packet = exit.receive()) {
                if (inner(packet.get()).map(UdpPacket::payload).equals(Optional.of(wanted.payload()))) {
                    return packet.get();
                }
            }
            throw new AssertionError("the tunnel was closed");
        });
    }

    private static Optional<UdpPacket> inner(Ipv4Packet outer) {
        return Ipv4Packet.parse(outer.payload()).flatMap(UdpPacket::parse);
    }

    private static UdpPacket udp(Inet4Address source, Inet4Address destination, String text) {
        return new UdpPacket(
                source, 1000, destination, 2000, 64, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** The first frame to {@code mac} in which {@code part} is found. */
    private <T> T awaitFrame(MacAddress mac, Function<ReceivedFrame, Optional<T>> part) throws Exception {
        return await(() -> {
            for (var frame = guest.receive(); frame.isPresent(); frame = guest.receive()) {
                var found = frame.filter(received -> received.ethernet()
                                .map(EthernetFrame::destination)
                                .equals(Optional.of(mac)))
                        .flatMap(part);
                if (found.isPresent()) {
                    return found.get();
                }
            }
            throw new AssertionError("the guest's socket was closed");
        });
    }

    /** What {@code blocking} returns, unless it takes too long. */
    private <T> T await(Callable<T> blocking) throws Exception {
        return CompletableFuture.supplyAsync(() -> {
                    try {
                        return blocking.call();
                    } catch (Exception e) {
                        throw new CompletionException(e);
                    }
                })
                .orTimeout(30, TimeUnit.SECONDS)
                .exceptionally(failure -> {
                    throw new AssertionError("the program's log:\n" + program.lastLog(), failure);
                })
                .get();
    }

    private static Octets sealed(RegistrationRequest request) {
        return Seal.encode(request, MOBILE_HOME);
    }

    private static Octets octets(ByteBuffer buffer) {
        var bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return Octets.of(bytes);
    }

    private static Seal seal(Kind kind, int spi, String key) {
        return new Seal(
                kind,
                new SecurityAssociation(spi, new Key(Octets.ofHex(key)), Algorithm.HMAC_MD5, Duration.ofSeconds(7)));
    }

    /** For a thread inside the namespace. */
    private static Interface link(String name) throws Exception {
        try (var netlink = Netlink.open()) {
            return netlink.links().get(name).device();
        }
    }
}
