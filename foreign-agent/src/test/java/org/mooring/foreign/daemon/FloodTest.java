package org.mooring.foreign.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.linux.Flood;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;

/**
 * Forged requests, which no foreign agent can tell from others, come without end from a visitor link, while mobile nodes that come for the
 * first time register through the same one. {@code -Dflood.rate} and {@code -Dflood.registrations} are as for the home agent.
 */
@Tag("netns")
@Tag("alone")
@DisplayName("A flood of forged requests from a link keeps no mobile node there from registering")
@Timeout(value = 30, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
class FloodTest {
    /** Such a flood any machine can make. */
    private static final int DEFAULT_RATE = 10_000;

    private static final int RATE = Integer.getInteger("flood.rate", DEFAULT_RATE);
    private static final int REGISTRATIONS = Integer.getInteger("flood.registrations", 30);
    private static final int TRIES = 3;

    /** How often a mobile node may have to begin anew while the agent is being compiled, on a slow machine. */
    private static final int MOST_ROUNDS = 60;

    private static final long RETRANSMISSION_MS = 1000;
    private static final int FORGED = 2000;
    private static final long MOST_MEMORY_KIB = 512 << 10;

    private static final Ipv4Address HOME_AGENT = Ipv4Address.of("10.1.0.1");

    /** There is nobody, so that what is relayed there waits as long as it may. */
    private static final Ipv4Address SILENT_HOME_AGENT = Ipv4Address.of("10.1.0.9");

    private static final Ipv4Address CARE_OF = Ipv4Address.of("198.51.100.2");
    private static final Ipv4Address FOREIGN_AGENT = Ipv4Address.of("10.2.0.2");
    private static final int PORT = 40_434;

    private static final Seal MOBILE_HOME = new Seal(
            Kind.MOBILE_HOME,
            new SecurityAssociation(
                    256,
                    new Key(Octets.ofHex("00112233445566778899aabbccddeeff")),
                    Algorithm.HMAC_MD5,
                    SecurityAssociation.DEFAULT_TOLERANCE));

    private static final String CONFIGURATION = """
        care-of-address = "198.51.100.2"
        uplinks = ["wan"]
        require-association = false
        max-visitors = 100000
        state-directory = "state"
        control-socket = "socket"
        [[link]]
        interface = "lan"
        address = "10.2.0.2"
        """;

    /** A mobile node, by its number. */
    private record MobileNode(int number) {
        MacAddress mac() {
            return new MacAddress(0x5254_0001_0000L + number);
        }

        Ipv4Address homeAddress() {
            return new Ipv4Address(Ipv4Address.of("10.1.1.0").bits() + number);
        }

        EthernetFrame frame(MacAddress mac, Ipv4Address homeAgent, Identification identification, MacAddress router) {
            var request = new RegistrationRequest(
                    Flags.REVERSE_TUNNELING, 300, homeAddress(), homeAgent, CARE_OF, identification, List.of());
            return new UdpPacket(
                            homeAddress().toInet(),
                            PORT,
                            FOREIGN_AGENT.toInet(),
                            434,
                            255,
                            ByteBuffer.wrap(Seal.encode(request, MOBILE_HOME).toByteArray()))
                    .toIpv4()
                    .toFrame(mac, router);
        }
    }

    /** What the forgeries look like. */
    enum Forgery {
        /** Of mobile nodes that nobody knows, from one MAC address. */
        FROM_ONE_STATION,
        /** Of mobile nodes that nobody knows, each from another MAC address. */
        FROM_MANY_STATIONS,
        /** Of the very mobile nodes that register, from another MAC address. */
        IN_THEIR_NAMES;

        private EthernetFrame frame(int number, MacAddress router) {
            var station = this == FROM_MANY_STATIONS ? MacAddress.NONE : new MacAddress(0x0200_0000_0000L);
            var claimed = new MobileNode(this == IN_THEIR_NAMES ? 1 + number % REGISTRATIONS : 1_000_000 + number);
            return claimed.frame(
                    station,
                    this == IN_THEIR_NAMES ? HOME_AGENT : SILENT_HOME_AGENT,
                    Identification.of(Instant.now()),
                    router);
        }
    }

    @TempDir
    private Path directory;

    private final BlockingQueue<Identification> accepted = new LinkedBlockingQueue<>();
    private NetworkNamespace host;
    private NetworkNamespace router;
    private NetworkNamespace home;
    private MacAddress routerMac;
    private PacketSocket stations;
    private DatagramSocket homeAgent;
    private RunningProgram program;

    @BeforeEach
    void raise() throws Exception {
        host = NetworkNamespace.create();
        router = NetworkNamespace.create();
        home = NetworkNamespace.create();
        host.connect("lan", router, "lan");
        router.connect("wan", home, "wan");
        router.exec("sysctl", "-qw", "net.ipv4.ip_forward=1");
        router.exec("ip", "address", "add", FOREIGN_AGENT + "/24", "dev", "lan");
        router.exec("ip", "address", "add", CARE_OF + "/24", "dev", "wan");
        router.exec("ip", "route", "add", "10.1.0.0/16", "via", "198.51.100.1");
        home.exec("ip", "address", "add", "198.51.100.1/24", "dev", "wan");
        home.exec("ip", "address", "add", HOME_AGENT + "/32", "dev", "lo");
        home.exec("ip", "route", "add", "blackhole", SILENT_HOME_AGENT + "/32");
        routerMac = router.run(() -> lan()).mac();
        stations = host.run(() -> PacketSocket.open(
                lan(), PacketFilter.udpFrom(434), PacketSocket.Option.PROMISCUOUS, PacketSocket.Option.DEEP_BUFFER));
        homeAgent = home.run(() -> new DatagramSocket(new InetSocketAddress(HOME_AGENT.toInet(), 434)));
        homeAgent.setReceiveBufferSize(8 << 20);
        inBackground(this::answer);
        inBackground(this::listen);
        Files.writeString(directory.resolve("foreign-agent.toml"), CONFIGURATION);
        program = RunningProgram.startAsInstalled(router, directory.resolve("foreign-agent.toml"));
    }

    @AfterEach
    void tearDown() throws Exception {
        program.close();
        stations.close();
        homeAgent.close();
        home.close();
        router.close();
        host.close();
    }

    @ParameterizedTest
    @EnumSource
    void registers(Forgery forgery) throws Exception {
        var first = List.of(new MobileNode(0));
        assertEquals(1, register(first)[0], program::lastLog);
        var frames = IntStream.range(0, FORGED)
                .mapToObj(number -> forgery.frame(number, routerMac))
                .toList();

        int[] tries;
        long rate;
        try (var flood = Flood.start(host, "lan", RATE, frames, directory)) {
            // The agent's first seconds go into being compiled, where others use the processors too.
            int rounds = 0;
            do {
                assertTrue(program.isAlive() && rounds++ < MOST_ROUNDS, program::lastLog);
            } while (register(first)[0] > TRIES);
            tries = register(IntStream.rangeClosed(1, REGISTRATIONS)
                    .mapToObj(MobileNode::new)
                    .toList());
            assertTrue(flood.stop() > 0, "nothing was forged");
            rate = flood.rate();
        }
        long succeeded = Arrays.stream(tries).filter(count -> count <= TRIES).count();
        System.out.printf(
                "%s: %,d forged requests a second, %d of %d registered, %d at once, with %d MiB%n",
                forgery,
                rate,
                succeeded,
                REGISTRATIONS,
                Arrays.stream(tries).filter(count -> count == 1).count(),
                program.memoryKib() / 1024);

        assertTrue(RATE != DEFAULT_RATE || 5 * rate >= RATE, "only " + rate + " forged requests a second");
        assertTrue(100 * succeeded >= 99L * REGISTRATIONS, () -> "tries: " + Arrays.toString(tries));
        assertTrue(program.isAlive(), program::lastLog);
        assertTrue(program.memoryKib() < MOST_MEMORY_KIB, program.memoryKib() + " KiB");
        // One of those that got no answer in time may have been registered all the same.
        program.await("/visitors", visitors -> visitors.path("visitors").size() > succeeded);
        assertTrue(program.await("/visitors", any -> true).path("visitors").size() <= REGISTRATIONS + 1);
    }

    /** How many requests each of them took, which they send at the same times; one more than is permitted if they were in vain. */
    private int[] register(List<MobileNode> mobileNodes) {
        var tries = new int[mobileNodes.size()];
        Arrays.fill(tries, TRIES + 1);
        var waiting = IntStream.range(0, tries.length).boxed().collect(Collectors.toCollection(ArrayList::new));
        try {
            for (int sent = 1; sent <= TRIES && !waiting.isEmpty(); sent++) {
                var asked = new HashMap<Identification, Integer>();
                var now = Instant.now();
                for (int i : waiting) {
                    var mobileNode = mobileNodes.get(i);
                    var identification = Identification.of(now.plusNanos(1000L * i));
                    asked.put(identification, i);
                    stations.send(mobileNode.frame(mobileNode.mac(), HOME_AGENT, identification, routerMac));
                }
                var until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RETRANSMISSION_MS);
                for (var one = next(until); one != null; one = waiting.isEmpty() ? null : next(until)) {
                    Integer answered = asked.get(one);
                    if (answered != null && waiting.remove(answered)) {
                        tries[answered] = sent;
                    }
                }
            }
            return tries;
        } catch (KernelException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Identification next(long until) throws InterruptedException {
        return accepted.poll(until - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    /** The stations' part: what they are told. */
    private void listen() throws Exception {
        for (var frame = stations.receive(); frame.isPresent(); frame = stations.receive()) {
            frame.flatMap(ReceivedFrame::udp)
                    .map(datagram -> RegistrationCodec.decode(Octets.copyOf(datagram.payload())))
                    .filter(Decoded.Message.class::isInstance)
                    .map(decoded -> ((Decoded.Message) decoded).message())
                    .filter(RegistrationReply.class::isInstance)
                    .map(RegistrationReply.class::cast)
                    .filter(reply -> reply.code().isAccepted())
                    .ifPresent(reply -> accepted.add(reply.identification()));
        }
    }

    /** The home agent's part: to accept what is authentic, and to say nothing to anything else. */
    private void answer() throws Exception {
        var packet = new DatagramPacket(new byte[1500], 1500);
        while (!homeAgent.isClosed()) {
            packet.setLength(1500);
            try {
                homeAgent.receive(packet);
            } catch (SocketException closed) {
                return;
            }
            var decoded = RegistrationCodec.decode(Octets.of(Arrays.copyOf(packet.getData(), packet.getLength())));
            if (decoded instanceof Decoded.Message message
                    && message.message() instanceof RegistrationRequest request
                    && Verifier.verify(message, Kind.MOBILE_HOME, List.of(MOBILE_HOME.association()))
                            instanceof Verified.By) {
                var reply = new RegistrationReply(
                        ReplyCode.ACCEPTED,
                        request.lifetime(),
                        request.homeAddress(),
                        HOME_AGENT,
                        request.identification(),
                        List.of());
                var octets = Seal.encode(reply, MOBILE_HOME).toByteArray();
                homeAgent.send(new DatagramPacket(octets, octets.length, packet.getSocketAddress()));
            }
        }
    }

    private interface Part {
        void play() throws Exception;
    }

    private static void inBackground(Part part) {
        var thread = new Thread(() -> {
            try {
                part.play();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private static Interface lan() throws IOException {
        try (var netlink = Netlink.open()) {
            return netlink.links().get("lan").device();
        }
    }
}
