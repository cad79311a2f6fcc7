package org.mooring.home.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.mooring.linux.JavaCommand;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage.Marker;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.Console;
import org.mooring.runtime.control.ControlClient;

/**
 * A home network, its router, where the home agent runs as a program, and a machine of two foreign agents on the router's uplink.
 *
 * <pre>
 *   neighbour 10.1.0.20 ─┐
 *                        ├─ lan (bridge) 10.1.0.1 [router] 192.0.2.2 wan ── 192.0.2.9, 192.0.2.10 [foreign agents]
 *   mobile node 10.1.0.50┘
 * </pre>
 */
final class HomeSite implements AutoCloseable {
    static final Ipv4Address HOME_AGENT = Ipv4Address.of("10.1.0.1");
    static final Ipv4Address HOME_ADDRESS = Ipv4Address.of("10.1.0.50");
    static final Ipv4Address CARE_OF_ADDRESS = Ipv4Address.of("192.0.2.9");
    static final Ipv4Address NEXT_CARE_OF_ADDRESS = Ipv4Address.of("192.0.2.10");
    static final Ipv4Address NEIGHBOUR = Ipv4Address.of("10.1.0.20");
    static final String MOBILE_NODE_MAC = "52:54:00:01:00:50";

    private static final SecurityAssociation MOBILE_HOME = association(256, "00112233445566778899aabbccddeeff");
    private static final SecurityAssociation FOREIGN_HOME = association(4097, "0f0e0d0c0b0a09080706050403020100");
    private static final Duration LONG = Duration.ofSeconds(60);

    private final Path directory;
    private final Opened opened = new Opened();
    private final NetworkNamespace router;
    private final NetworkNamespace neighbour;
    private final NetworkNamespace mobileNode;
    private final NetworkNamespace foreignAgent;

    /** The one that was started last. */
    private Optional<Process> program = Optional.empty();

    /** The words that begin its command line. */
    private List<String> java = JavaCommand.quick(HomeAgentProgram.NAME, HomeAgentProgram.class.getName());

    /** Raises the networks. The program's files are to be in {@code directory}. */
    HomeSite(Path directory) throws Exception {
        this.directory = directory;
        try {
            router = opened.keep(NetworkNamespace.create());
            neighbour = opened.keep(NetworkNamespace.create());
            mobileNode = opened.keep(NetworkNamespace.create());
            foreignAgent = opened.keep(NetworkNamespace.create());
            raise();
            configure();
        } catch (Exception | Error e) {
            close();
            throw e;
        }
    }

    private void raise() {
        router.exec("ip", "link", "add", "lan", "type", "bridge");
        router.exec("ip", "link", "set", "lan", "up");
        plug(neighbour, NEIGHBOUR + "/24");
        plug(mobileNode, HOME_ADDRESS + "/24");
        mobileNode.exec("ip", "link", "set", "eth", "down", "address", MOBILE_NODE_MAC);
        router.exec("ip", "address", "add", HOME_AGENT + "/24", "dev", "lan");
        router.connect("wan", foreignAgent, "eth");
        router.exec("ip", "address", "add", "192.0.2.2/24", "dev", "wan");
        foreignAgent.exec("ip", "address", "add", CARE_OF_ADDRESS + "/24", "dev", "eth");
        foreignAgent.exec("ip", "address", "add", NEXT_CARE_OF_ADDRESS + "/24", "dev", "eth");
        foreignAgent.exec("ip", "route", "add", "default", "via", "192.0.2.2");
        // As strict as a router may be.
        router.exec(
                "sysctl",
                "-qw",
                "net.ipv4.ip_forward=1",
                "net.ipv4.conf.all.rp_filter=1",
                "net.ipv4.conf.lan.rp_filter=1");
    }

    private void plug(NetworkNamespace host, String address) {
        String port = "port" + host.name().substring(host.name().length() - 8);
        router.connect(port, host, "eth");
        router.exec("ip", "link", "set", port, "master", "lan");
        host.exec("ip", "address", "add", address, "dev", "eth");
    }

    NetworkNamespace router() {
        return router;
    }

    NetworkNamespace neighbour() {
        return neighbour;
    }

    NetworkNamespace mobileNode() {
        return mobileNode;
    }

    NetworkNamespace foreignAgent() {
        return foreignAgent;
    }

    Path stateDirectory() {
        return directory.resolve("state");
    }

    /** Makes the state directory a small disk. */
    void mountStateDirectory() throws Exception {
        Files.createDirectory(stateDirectory());
        command(
                "mount",
                "-t",
                "tmpfs",
                "-o",
                "size=16m",
                "tmpfs",
                stateDirectory().toString());
        opened.keep(() -> command("umount", "-l", stateDirectory().toString()));
    }

    /** Writes to the state directory until its disk is full. */
    void fillStateDirectory() throws IOException {
        try (var file = Files.newOutputStream(stateDirectory().resolve("rubbish"))) {
            while (true) {
                file.write(new byte[4096]);
            }
        } catch (IOException full) {
            assertEquals("No space left on device", full.getMessage());
        }
    }

    void emptyStateDirectory() throws IOException {
        Files.delete(stateDirectory().resolve("rubbish"));
    }

    private static void command(String... words) throws Exception {
        assertEquals(0, new ProcessBuilder(words).inheritIO().start().waitFor());
    }

    /** The program runs as it does when it is installed. */
    void optionsAsInstalled() {
        java = JavaCommand.asInstalled(HomeAgentProgram.NAME, HomeAgentProgram.class.getName());
    }

    /**
     * Whatever a test before has left: the program runs, with this configuration, and knows of no binding; the mobile node answers no ARP, and
     * nothing was logged.
     */
    void reset(String configuration) throws Exception {
        mobileNode.exec("ip", "link", "set", "eth", "down");
        forgetLog();
        boolean changed = !configuration.equals(configuration());
        Files.writeString(configurationFile(), configuration);
        if (program.filter(Process::isAlive).isEmpty()) {
            start();
        } else if (changed) {
            reload();
        }
        assertEquals(
                ReplyCode.ACCEPTED,
                fromNeighbour(signed(request(0, HOME_ADDRESS))).code());
        forgetLog();
    }

    /** Starts the program and waits until it is ready. */
    Process start() throws Exception {
        var started = run();
        await("the program is ready", () -> {
            assertTrue(started.isAlive(), () -> "ended: " + log());
            return show("/status").isPresent();
        });
        return started;
    }

    /** Kills the program, which is started again. */
    void restart() throws Exception {
        kill();
        start();
    }

    /** kill -9. */
    void kill() throws InterruptedException {
        kill(program());
    }

    /** The program reads its configuration again. */
    void reload() throws Exception {
        new ProcessBuilder("kill", "-HUP", Long.toString(program().pid()))
                .start()
                .waitFor();
        await("the configuration was read again", () -> log().contains("configuration re-read"));
    }

    /** SIGTERM; returns the exit code. */
    int terminate() throws InterruptedException {
        program().destroy();
        return program().waitFor();
    }

    private Process program() {
        return program.orElseThrow();
    }

    /** Starts the program, by way of the words in {@code wrapper}. */
    Process run(String... wrapper) throws Exception {
        var command = new ArrayList<>(List.of("ip", "netns", "exec", router.name()));
        command.addAll(List.of(wrapper));
        command.addAll(java);
        command.addAll(List.of("run", "--config", configurationFile().toString()));
        var started = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()))
                .start();
        opened.keep(() -> kill(started));
        program = Optional.of(started);
        return started;
    }

    private void configure() throws IOException {
        // It holds keys: the program warns where others can read it.
        Files.createFile(
                configurationFile(),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(configurationFile(), """
            address = "10.1.0.1"
            home-link = "lan"
            home-network = "10.1.0.0/24"
            uplinks = ["wan"]
            state-directory = "state"
            control-socket = "control.sock"

            [[mobile-node]]
            home-address = "10.1.0.50"
            mac = "%s"
            [[mobile-node.association]]
            spi = 256
            key = "00112233445566778899aabbccddeeff"

            [[foreign-agent]]
            address = "192.0.2.9"
            [[foreign-agent.association]]
            spi = 4097
            key = "0f0e0d0c0b0a09080706050403020100"

            [[foreign-agent]]
            address = "192.0.2.10"
            [[foreign-agent.association]]
            spi = 4097
            key = "0f0e0d0c0b0a09080706050403020100"
            """.formatted(MOBILE_NODE_MAC));
    }

    private Path configurationFile() {
        return directory.resolve("home-agent.toml");
    }

    String configuration() throws IOException {
        return Files.readString(configurationFile());
    }

    /** Writes {@code after} in the place of {@code before}. */
    void changeConfiguration(String before, String after) throws IOException {
        var text = configuration();
        assertTrue(text.contains(before), text);
        Files.writeString(configurationFile(), text.replace(before, after));
    }

    private Path logFile() {
        return directory.resolve("log");
    }

    /** All that the program has printed since {@link #forgetLog}. */
    String log() {
        try {
            return Files.readString(logFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void forgetLog() throws IOException {
        Files.writeString(logFile(), "");
    }

    private static void kill(Process program) throws InterruptedException {
        program.destroyForcibly().waitFor();
    }

    /** What the control socket says at {@code path}; empty if nobody is there. */
    Optional<JsonNode> show(String path) {
        try {
            return Optional.of(
                    new ControlClient(HomeAgentProgram.NAME, directory.resolve("control.sock"), LONG).get(path));
        } catch (Failure nobodyThere) {
            return Optional.empty();
        }
    }

    JsonNode bindings() {
        return show(Routing.BINDINGS).orElseThrow().get("bindings");
    }

    /** What {@code show} prints. */
    String table(String what) {
        var out = new ByteArrayOutputStream();
        var console = new Console(new PrintStream(out, true, StandardCharsets.UTF_8), System.err);
        var socket = directory.resolve("control.sock").toString();
        assertEquals(0, HomeAgentProgram.program().run(console, "show", what, "--socket", socket));
        return out.toString(StandardCharsets.UTF_8);
    }

    RegistrationRequest request(int lifetime, Ipv4Address careOfAddress, Instant at) {
        return request(lifetime, careOfAddress, at, List.of());
    }

    /** One with other flags than those for a reverse tunnel alone. */
    RegistrationRequest request(Flags flags, Ipv4Address careOfAddress) {
        return new RegistrationRequest(
                flags, 300, HOME_ADDRESS, HOME_AGENT, careOfAddress, Identification.of(Instant.now()), List.of());
    }

    RegistrationRequest request(int lifetime, Ipv4Address careOfAddress, HandoverExtension... handover) {
        var extensions = Stream.of(handover)
                .map(extension -> extension.toExtension(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER))
                .toList();
        return request(lifetime, careOfAddress, Instant.now(), extensions);
    }

    private static RegistrationRequest request(
            int lifetime, Ipv4Address careOfAddress, Instant at, List<Extension> extensions) {
        return new RegistrationRequest(
                lifetime == 0 ? Flags.NONE : Flags.REVERSE_TUNNELING,
                lifetime,
                HOME_ADDRESS,
                HOME_AGENT,
                careOfAddress,
                Identification.of(at),
                extensions);
    }

    static Octets relayed(RegistrationRequest request) {
        return Seal.encode(request, new Seal(Kind.MOBILE_HOME, MOBILE_HOME), new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME));
    }

    static Octets signed(RegistrationRequest request) {
        return Seal.encode(request, new Seal(Kind.MOBILE_HOME, MOBILE_HOME));
    }

    /** Sends a request from the foreign agent's machine and returns what comes back. */
    RegistrationReply fromForeignAgent(Octets request) throws Exception {
        return exchange(foreignAgent, CARE_OF_ADDRESS, request);
    }

    /** Sends a request from the address of the other foreign agent and returns what comes back. */
    RegistrationReply fromNextForeignAgent(Octets request) throws Exception {
        return exchange(foreignAgent, NEXT_CARE_OF_ADDRESS, request);
    }

    /** Sends a request from the mobile node's neighbour at home and returns what comes back. */
    RegistrationReply fromNeighbour(Octets request) throws Exception {
        return exchange(neighbour, NEIGHBOUR, request);
    }

    /** Until then the mobile node is away, and answers no ARP. */
    void comeHome() {
        mobileNode.exec("ip", "link", "set", "eth", "up");
    }

    /** Sends a request from the mobile node at home and returns what comes back to it there. */
    RegistrationReply fromHome(Octets request) throws Exception {
        return exchange(mobileNode, HOME_ADDRESS, request);
    }

    /** Sends a request from the mobile node's neighbour at home to a broadcast address and returns what comes back. */
    RegistrationReply byBroadcast(Ipv4Address broadcast, Octets request) throws Exception {
        return exchange(neighbour, NEIGHBOUR, broadcast, request);
    }

    /** Sends a request from the foreign agent's machine, whatever comes back. */
    void send(Octets request) throws Exception {
        foreignAgent.run(() -> {
            try (var socket = new DatagramSocket(new InetSocketAddress(CARE_OF_ADDRESS.toInet(), 434))) {
                socket.send(datagram(request, HOME_AGENT));
            }
        });
    }

    private static DatagramPacket datagram(Octets request, Ipv4Address destination) {
        return new DatagramPacket(request.toByteArray(), request.length(), destination.toInet(), 434);
    }

    private static RegistrationReply exchange(NetworkNamespace namespace, Ipv4Address source, Octets request)
            throws Exception {
        return exchange(namespace, source, HOME_AGENT, request);
    }

    private static RegistrationReply exchange(
            NetworkNamespace namespace, Ipv4Address source, Ipv4Address destination, Octets request) throws Exception {
        return namespace.run(() -> {
            try (var socket = new DatagramSocket(new InetSocketAddress(source.toInet(), 434))) {
                socket.setSoTimeout((int) LONG.toMillis());
                socket.send(datagram(request, destination));
                var packet = new DatagramPacket(new byte[1500], 1500);
                socket.receive(packet);
                assertEquals(new InetSocketAddress(HOME_AGENT.toInet(), 434), packet.getSocketAddress());
                return reply(Octets.of(Arrays.copyOf(packet.getData(), packet.getLength())));
            }
        });
    }

    private static RegistrationReply reply(Octets datagram) {
        var message = assertInstanceOf(Decoded.Message.class, RegistrationCodec.decode(datagram));
        assertEquals(new Verified.By(MOBILE_HOME), Verifier.verify(message, Kind.MOBILE_HOME, List.of(MOBILE_HOME)));
        return assertInstanceOf(RegistrationReply.class, message.message());
    }

    /** Listens to the frames that pass {@code filter} on the interface of one of the hosts. */
    PacketSocket listen(NetworkNamespace host, PacketFilter filter) throws Exception {
        return opened.keep(host.run(() -> {
            try (var netlink = Netlink.open()) {
                return PacketSocket.open(netlink.links().get("eth").device(), filter);
            }
        }));
    }

    /** Sends to the home address from its neighbour at home until one of the datagrams arrives, tunnelled, at the foreign agent's machine. */
    void awaitTunnelled() throws Exception {
        awaitTunnelled(CARE_OF_ADDRESS);
    }

    void awaitTunnelled(Ipv4Address careOfAddress) throws Exception {
        try (var socket = listen(foreignAgent, PacketFilter.etherType(EtherType.IPV4));
                var sender = new DatagramSender(neighbour, NEIGHBOUR, HOME_ADDRESS)) {
            sender.start();
            for (var frame = socket.receive(); ; frame = socket.receive()) {
                if (frame.flatMap(ReceivedFrame::ethernet)
                        .filter(ethernet -> isTunnelled(ethernet, careOfAddress))
                        .isPresent()) {
                    return;
                }
            }
        }
    }

    /** Sends to the home address from its neighbour at home until anything arrives, tunnelled, at the foreign agent's machine, and returns it. */
    Ipv4Packet awaitAnyTunnelled() throws Exception {
        return awaitAnyTunnelled(HOME_ADDRESS);
    }

    /** As {@link #awaitAnyTunnelled()}, but the neighbour sends to {@code destination}. */
    Ipv4Packet awaitAnyTunnelled(Ipv4Address destination) throws Exception {
        try (var socket = listen(foreignAgent, PacketFilter.etherType(EtherType.IPV4));
                var sender = new DatagramSender(neighbour, NEIGHBOUR, destination)) {
            sender.start();
            for (var frame = socket.receive(); ; frame = socket.receive()) {
                var inner = frame.flatMap(ReceivedFrame::ethernet)
                        .flatMap(Ipv4Packet::parse)
                        .filter(outer -> outer.protocol() == Ipv4Packet.IPIP)
                        .flatMap(outer -> Ipv4Packet.parse(outer.payload()));
                if (inner.isPresent()) {
                    return inner.get();
                }
            }
        }
    }

    /**
     * Sends to the home address from its neighbour at home until {@code count} datagrams have arrived at both foreign agents, and fails if one of
     * them has gone out to one of the two alone when the next one comes.
     */
    void awaitCopies(int count) throws Exception {
        try (var socket = listen(foreignAgent, PacketFilter.etherType(EtherType.IPV4));
                var sender = new DatagramSender(neighbour, NEIGHBOUR, HOME_ADDRESS)) {
            sender.start();
            Set<Ipv4Address> arrivedAt = new HashSet<>();
            ByteBuffer datagram = ByteBuffer.allocate(0);
            for (int copied = 0; copied < count; ) {
                var frame = socket.receive().flatMap(ReceivedFrame::ethernet);
                for (var careOfAddress : List.of(CARE_OF_ADDRESS, NEXT_CARE_OF_ADDRESS)) {
                    var inner = frame.flatMap(ethernet -> tunnelled(ethernet, careOfAddress));
                    if (inner.isPresent()) {
                        if (!inner.get().payload().equals(datagram)) {
                            assertTrue(arrivedAt.size() != 1, () -> "only at " + arrivedAt);
                            arrivedAt.clear();
                            datagram = inner.get().payload();
                        }
                        arrivedAt.add(careOfAddress);
                        copied += arrivedAt.size() == 2 ? 1 : 0;
                    }
                }
            }
        }
    }

    private static boolean isTunnelled(EthernetFrame frame, Ipv4Address careOfAddress) {
        return tunnelled(frame, careOfAddress).isPresent();
    }

    private static Optional<Ipv4Packet> tunnelled(EthernetFrame frame, Ipv4Address careOfAddress) {
        return Ipv4Packet.parse(frame)
                .filter(outer -> outer.protocol() == Ipv4Packet.IPIP
                        && outer.source().equals(HOME_AGENT.toInet())
                        && outer.destination().equals(careOfAddress.toInet()))
                .flatMap(outer -> Ipv4Packet.parse(outer.payload()))
                .filter(inner -> inner.protocol() == Ipv4Packet.UDP
                        && inner.destination().equals(HOME_ADDRESS.toInet()));
    }

    /** Has {@code change} done, and waits until the MARKER of {@code id} arrives, tunnelled, at the foreign agent's machine. */
    void awaitMarker(Ipv4Address careOfAddress, HandoverId id, Callable<?> change) throws Exception {
        var marker = new Marker(id).encode(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER);
        try (var socket = listen(foreignAgent, PacketFilter.etherType(EtherType.IPV4))) {
            change.call();
            for (var frame = socket.receive(); ; frame = socket.receive()) {
                if (frame.flatMap(ReceivedFrame::ethernet)
                        .filter(ethernet -> isTunnelled(ethernet, careOfAddress))
                        .flatMap(Ipv4Packet::parse)
                        .flatMap(outer -> Ipv4Packet.parse(outer.payload()))
                        .flatMap(UdpPacket::parse)
                        .filter(datagram -> datagram.sourcePort() == 434 && datagram.destinationPort() == 434)
                        .filter(datagram -> Octets.copyOf(datagram.payload()).equals(marker))
                        .isPresent()) {
                    return;
                }
            }
        }
    }

    /** Sends to the home address from its neighbour at home until one of the datagrams arrives there. */
    void awaitDirect() throws Exception {
        try (var socket = mobileNode.run(() -> new DatagramSocket(DatagramSender.PORT, HOME_ADDRESS.toInet()));
                var sender = new DatagramSender(neighbour, NEIGHBOUR, HOME_ADDRESS)) {
            socket.setSoTimeout((int) LONG.toMillis());
            sender.start();
            socket.receive(new DatagramPacket(new byte[1], 1));
        }
    }

    /** The proxied addresses on the home link, as iproute2 prints them. */
    String proxies() {
        return router.exec("ip", "neighbour", "show", "proxy", "dev", "lan").strip();
    }

    /** What the router knows of the mobile node's MAC, as iproute2 prints it. */
    String neighbourEntry() {
        return router.exec("ip", "neighbour", "show", HOME_ADDRESS.toString(), "dev", "lan")
                .strip();
    }

    /** Where the router sends packets for the home address. */
    String route() {
        return router.exec("ip", "route", "get", HOME_ADDRESS.toString()).strip();
    }

    static void await(String what, Callable<Boolean> condition) throws Exception {
        var deadline = Instant.now().plus(LONG);
        while (!condition.call()) {
            assertTrue(Instant.now().isBefore(deadline), () -> "waited in vain until " + what);
            Thread.sleep(20);
        }
    }

    @Override
    public void close() {
        opened.close();
    }

    private static SecurityAssociation association(int spi, String key) {
        return new SecurityAssociation(
                spi, new Key(Octets.ofHex(key)), Algorithm.HMAC_MD5, SecurityAssociation.DEFAULT_TOLERANCE);
    }
}
