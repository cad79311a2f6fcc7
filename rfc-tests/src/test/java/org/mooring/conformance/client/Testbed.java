package org.mooring.conformance.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.mooring.conformance.client.Association.Algorithm;
import org.mooring.conformance.client.Station.Answer;
import org.mooring.linux.NetworkNamespace;

/**
 * Two routers, each in a network namespace with one of the programs. All else is this client's frames, on three wires.
 *
 * <pre>
 *   home ── lan 10.1.0.1/16 [home router: home-agent] wan 192.0.2.1 ──┐
 *                                                                  ├── internet, whose router is 192.0.2.254
 *   visited ── lan 10.2.0.1, .2 [foreign router: foreign-agent] wan 192.0.2.2 ──┘
 * </pre>
 *
 * Behind the Internet's router there are the correspondents 203.0.113.0/24, other home agents among them, and other foreign agents and
 * co-located mobile nodes 198.51.100.0/23. The Internet is a hub: its wire shows also what the two routers send each other.
 *
 * <p>Or both are one router, whose home link is the visited link, too. It has the addresses of both.
 */
final class Testbed implements AutoCloseable {
    static final Address HOME_AGENT = Address.of("10.1.0.1");
    static final Address HOME_BROADCAST = Address.of("10.1.255.255");
    static final Address NEIGHBOUR = Address.of("10.1.0.20");
    static final Address FOREIGN_AGENT = Address.of("10.2.0.2");

    /** The foreign agent's router has it on the same link, but the foreign agent isn't told. */
    static final Address FOREIGN_ROUTER = Address.of("10.2.0.1");

    static final Address CARE_OF_ADDRESS = Address.of("192.0.2.2");
    static final Address CORRESPONDENT = Address.of("203.0.113.5");

    /** A home agent that shares an association with the foreign agent, and one that doesn't. */
    static final Address OTHER_HOME_AGENT = Address.of("203.0.113.20");

    static final Address STRANGE_HOME_AGENT = Address.of("203.0.113.21");

    /** What the home agent shares with all foreign agents that this client stands in for, and the foreign agent with its home agents. */
    static final Association FOREIGN_HOME =
            new Association(4097, Algorithm.HMAC_MD5, Octets.hex("0f0e0d0c0b0a0908070605040302010000ff80"));

    /** What the foreign agent shares with mobile nodes from {@link #acquainted}. */
    static final Association MOBILE_FOREIGN =
            new Association(0xfffffffeL, Algorithm.HMAC_MD5, Octets.hex("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"));

    private static final Mac INTERNET_ROUTER = Mac.of("02:00:00:00:00:fe");
    private static final Mac NEIGHBOUR_MAC = Mac.of("02:00:00:00:01:20");
    private static final int FIRST = 256;
    private static final int LAST = 699;
    private static final int FIRST_ACQUAINTED = 700;
    private static final int LAST_ACQUAINTED = 709;
    private static final int NONCES = 711;
    private static final int NAMED = 712;
    private static final int WITHOUT_MAC = 713;

    /** And on: one for each algorithm. */
    private static final int FIRST_OF_ALGORITHM = 720;

    private static final int STRANGER = 800;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final AtomicInteger nodes = new AtomicInteger(FIRST);
    private final AtomicInteger acquainted = new AtomicInteger(FIRST_ACQUAINTED);
    private final AtomicInteger foreignAgents = new AtomicInteger(1);
    private final AtomicInteger coLocated = new AtomicInteger(1);
    private final Path directory;
    private final MobileNode prober;
    private final Station proberAddress;

    final Wire home;
    final Wire visited;
    final Wire internet;

    /** The routers' link-layer addresses. */
    final Mac homeRouter;

    final Mac homeRouterOutside;
    final Mac foreignRouter;
    final Mac foreignRouterOutside;

    final AgentProcess homeAgent;
    final AgentProcess foreignAgent;

    /** Raises all of it, with some more lines for the programs' configurations. */
    Testbed(String homeAgentLines, String foreignAgentLines, boolean oneRouter) throws Exception {
        try {
            directory = Files.createTempDirectory("mooring-client");
            opened.push(this::deleteDirectory);
            var air = namespace();
            var homeSite = namespace();
            var foreignSite = oneRouter ? homeSite : namespace();
            raise(air, homeSite, foreignSite);
            home = open(new Wire(air, "home"));
            visited = oneRouter ? home : open(new Wire(air, "visited"));
            internet = open(new Wire(air, "internet"));
            homeRouter = mac(homeSite, "lan");
            homeRouterOutside = mac(homeSite, "wan");
            foreignRouter = mac(foreignSite, "lan");
            foreignRouterOutside = mac(foreignSite, "wan");
            internet.join(Address.of("192.0.2.254"), INTERNET_ROUTER);
            home.join(NEIGHBOUR, NEIGHBOUR_MAC);
            homeAgent = open(AgentProcess.start(
                    homeSite,
                    AgentProcess.Program.HOME_AGENT,
                    Files.createDirectory(directory.resolve("home-agent")),
                    homeAgentConfiguration(homeAgentLines)));
            foreignAgent = open(AgentProcess.start(
                    foreignSite,
                    AgentProcess.Program.FOREIGN_AGENT,
                    Files.createDirectory(directory.resolve("foreign-agent")),
                    foreignAgentConfiguration(foreignAgentLines, oneRouter)));
            prober = mobileNode();
            proberAddress = faraway();
            homeAgent.awaitHealth();
            foreignAgent.awaitHealth();
        } catch (Exception | Error e) {
            close();
            throw e;
        }
    }

    private NetworkNamespace namespace() throws Exception {
        return open(NetworkNamespace.create());
    }

    private <T extends AutoCloseable> T open(T resource) {
        opened.push(resource);
        return resource;
    }

    private static void raise(NetworkNamespace air, NetworkNamespace homeSite, NetworkNamespace foreignSite)
            throws Exception {
        air.exec("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1", "net.ipv6.conf.all.disable_ipv6=1");
        homeSite.exec("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1");
        // Learns no addresses, so all goes everywhere.
        air.exec("ip", "link", "add", "hub", "type", "bridge", "ageing_time", "0", "mcast_snooping", "0");
        air.exec("ip", "link", "set", "hub", "up");
        homeSite.connect("lan", air, "home");
        homeSite.connect("wan", air, "port1");
        var ports = new ArrayList<>(List.of("port1", "port3"));
        if (!foreignSite.equals(homeSite)) {
            foreignSite.exec("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1");
            foreignSite.connect("lan", air, "visited");
            foreignSite.connect("wan", air, "port2");
            ports.add("port2");
        }
        air.exec("ip", "link", "add", "internet", "type", "veth", "peer", "name", "port3");
        for (var port : ports) {
            air.exec("ip", "link", "set", port, "master", "hub", "up");
        }
        air.exec("ip", "link", "set", "internet", "up");
        homeSite.exec("ip", "address", "add", HOME_AGENT + "/16", "brd", "+", "dev", "lan");
        homeSite.exec("ip", "address", "add", "192.0.2.1/24", "dev", "wan");
        foreignSite.exec("ip", "address", "add", FOREIGN_ROUTER + "/24", "dev", "lan");
        foreignSite.exec("ip", "address", "add", FOREIGN_AGENT + "/24", "dev", "lan");
        foreignSite.exec("ip", "address", "add", CARE_OF_ADDRESS + "/24", "dev", "wan");
        if (!foreignSite.equals(homeSite)) {
            homeSite.exec("ip", "route", "add", "10.2.0.0/24", "via", CARE_OF_ADDRESS.toString());
            foreignSite.exec("ip", "route", "add", "10.1.0.0/16", "via", "192.0.2.1");
        }
        for (var router : new LinkedHashSet<>(List.of(homeSite, foreignSite))) {
            router.exec("ip", "route", "add", "default", "via", "192.0.2.254");
            router.exec(
                    "sysctl",
                    "-qw",
                    "net.ipv4.ip_forward=1",
                    "net.ipv4.conf.all.rp_filter=1",
                    "net.ipv4.conf.lan.rp_filter=1",
                    "net.ipv4.conf.wan.rp_filter=1");
            router.run(() -> {
                RawSocket.writeChecksums("lan");
                RawSocket.writeChecksums("wan");
            });
        }
    }

    private static Mac mac(NetworkNamespace namespace, String device) {
        return Mac.of(
                namespace.exec("cat", "/sys/class/net/" + device + "/address").strip());
    }

    private static String homeAgentConfiguration(String lines) {
        var mobileNodes = IntStream.rangeClosed(FIRST, LAST_ACQUAINTED)
                .mapToObj(number -> mobileNode(number, ""))
                .collect(Collectors.joining());
        var foreignAgents = IntStream.range(1, 250)
                .mapToObj(number -> foreignAgent("198.51.100." + number))
                .collect(Collectors.joining());
        return """
                state-directory = "state"
                address = "10.1.0.1"
                home-link = "lan"
                home-network = "10.1.0.0/16"
                uplinks = ["wan"]
                """
                + lines
                + mobileNodes
                + Arrays.stream(Algorithm.values())
                        .map(algorithm ->
                                mobileNode(numberFor(algorithm), "algorithm = \"" + algorithm.configured + "\"\n"))
                        .collect(Collectors.joining())
                + mobileNode(NONCES, "replay-protection = \"nonces\"\n")
                + mobileNode(NAMED, "").replace("mac =", "nai = \"named@example.com\"\nmac =")
                + mobileNode(WITHOUT_MAC, "").replaceFirst("mac = .*\n", "")
                + foreignAgents
                + foreignAgent(CARE_OF_ADDRESS.toString());
    }

    private static String mobileNode(int number, String associationLines) {
        var node = node(number, Algorithm.HMAC_MD5);
        return """
                [[mobile-node]]
                home-address = "%s"
                mac = "%s"
                [[mobile-node.association]]
                spi = %d
                key = "%s"
                %s""".formatted(
                        node.homeAddress(),
                        node.mac(),
                        node.association().spi(),
                        node.association().key(),
                        associationLines);
    }

    private static String foreignAgent(String address) {
        return """
                [[foreign-agent]]
                address = "%s"
                [[foreign-agent.association]]
                spi = %d
                key = "%s"
                """.formatted(address, FOREIGN_HOME.spi(), FOREIGN_HOME.key());
    }

    private static String foreignAgentConfiguration(String lines, boolean oneRouter) {
        // With its own router's home agent it serves nobody.
        var acquaintances = oneRouter ? List.of(OTHER_HOME_AGENT) : List.of(HOME_AGENT, OTHER_HOME_AGENT);
        var homeAgents = acquaintances.stream()
                .map(address -> foreignAgent(address.toString()).replace("foreign-agent", "home-agent"))
                .collect(Collectors.joining());
        var mobileNodes = IntStream.rangeClosed(FIRST_ACQUAINTED, LAST_ACQUAINTED)
                .mapToObj(number -> """
                        [[mobile-node]]
                        home-address = "%s"
                        [[mobile-node.association]]
                        spi = %d
                        key = "%s"
                        """.formatted(homeAddress(number), MOBILE_FOREIGN.spi(), MOBILE_FOREIGN.key()))
                .collect(Collectors.joining());
        return """
                state-directory = "state"
                care-of-address = "192.0.2.2"
                uplinks = ["wan"]
                """ + lines + """
                [[link]]
                interface = "lan"
                address = "10.2.0.2"
                """ + homeAgents + mobileNodes;
    }

    /** 10.1.1.0 and on. */
    private static Address homeAddress(int number) {
        return Address.of("10.1." + number / 256 + "." + number % 256);
    }

    /** The mobile node of that number, with which its key ends; before that the key has any values. */
    private static MobileNode node(int number, Algorithm algorithm) {
        return new MobileNode(
                homeAddress(number),
                new Mac(0x5254_0000_0000L | number),
                new Association(
                        0x01020304L + number,
                        algorithm,
                        Octets.hex("00ff80017f2233445566778899aa%04x".formatted(number))));
    }

    /** A mobile node of the home agent that is at home, and that no other test has. */
    MobileNode mobileNode() {
        int number = nodes.getAndIncrement();
        if (number > LAST) {
            throw new AssertionError("no mobile node is left");
        }
        return node(number, Algorithm.HMAC_MD5);
    }

    /** One that shares {@link #MOBILE_FOREIGN} with the foreign agent, too. */
    MobileNode acquainted() {
        int number = acquainted.getAndIncrement();
        if (number > LAST_ACQUAINTED) {
            throw new AssertionError("no mobile node is left");
        }
        return node(number, Algorithm.HMAC_MD5);
    }

    private static int numberFor(Algorithm algorithm) {
        return FIRST_OF_ALGORITHM + Arrays.asList(Algorithm.values()).indexOf(algorithm);
    }

    /** The one whose association is by {@code algorithm}. */
    static MobileNode authenticatedBy(Algorithm algorithm) {
        return node(numberFor(algorithm), algorithm);
    }

    /** The one with nonces. */
    static MobileNode nonces() {
        return node(NONCES, Algorithm.HMAC_MD5);
    }

    /** The one with the NAI {@code named@example.com}. */
    static MobileNode named() {
        return node(NAMED, Algorithm.HMAC_MD5);
    }

    /** The one whose link-layer address nobody has told the home agent. */
    static MobileNode withoutMac() {
        return node(WITHOUT_MAC, Algorithm.HMAC_MD5);
    }

    /** One that the home agent doesn't know. */
    static MobileNode stranger() {
        return node(STRANGER, Algorithm.HMAC_MD5);
    }

    /** A foreign agent far away that shares {@link #FOREIGN_HOME} with the home agent. */
    Station foreignAgent() {
        return outside(Address.of("198.51.100." + foreignAgents.getAndIncrement()));
    }

    /** A host far away that shares nothing with the home agent; its address can be a co-located care-of address. */
    Station faraway() {
        return outside(Address.of("198.51.101." + coLocated.getAndIncrement()));
    }

    /** A host behind the Internet's router, as the home router sees it. */
    Station outside(Address address) {
        return new Station(internet, INTERNET_ROUTER, address, homeRouterOutside);
    }

    /** A host behind the Internet's router, as the foreign router sees it. */
    Station outsideOfForeignSite(Address address) {
        return new Station(internet, INTERNET_ROUTER, address, foreignRouterOutside);
    }

    /** A host on the home link. */
    Station neighbour() {
        return new Station(home, NEIGHBOUR_MAC, NEIGHBOUR, homeRouter);
    }

    Station atHome(MobileNode node) {
        return new Station(home, node.mac(), node.homeAddress(), homeRouter);
    }

    Station visiting(MobileNode node) {
        return new Station(visited, node.mac(), node.homeAddress(), foreignRouter);
    }

    /** {@code request} as a foreign agent that shares {@link #FOREIGN_HOME} relays it (RFC 5944 §3.7.2.2). */
    static Octets relayed(MobileNode node, Request request) {
        return FOREIGN_HOME.seal(Extension.FOREIGN_HOME, node.signed(request));
    }

    /** Registers {@code node} by way of {@code foreignAgent}. */
    static Answer register(MobileNode node, Station foreignAgent, int lifetime) throws InterruptedException {
        var request = node.request(HOME_AGENT, foreignAgent.address(), lifetime).with(Request.REVERSE_TUNNEL);
        return accepted(foreignAgent.ask(HOME_AGENT, relayed(node, request)));
    }

    /** Registers {@code node}, which has {@code at}'s address as its own care-of address. */
    static Answer registerCoLocated(MobileNode node, Station at, int lifetime) throws InterruptedException {
        var request =
                node.request(HOME_AGENT, at.address(), lifetime).with(Request.DECAPSULATION | Request.REVERSE_TUNNEL);
        return accepted(at.ask(HOME_AGENT, node.signed(request)));
    }

    private static Answer accepted(Answer answer) {
        if (answer.code() > 1) {
            throw new AssertionError("denied: " + answer);
        }
        return answer;
    }

    /** Deregisters all of {@code node} at home. */
    Answer deregisterAtHome(MobileNode node) throws InterruptedException {
        home.join(node.homeAddress(), node.mac());
        return accepted(atHome(node).ask(HOME_AGENT, node.signed(node.request(HOME_AGENT, node.homeAddress(), 0))));
    }

    /** A packet of a correspondent for {@code node}, which can be told from others. */
    static Packet toMobileNode(MobileNode node) {
        int port = Station.port();
        return new Datagram(port, 4000, Octets.hex("c0ffee")).packet(CORRESPONDENT, node.homeAddress(), 64);
    }

    /** Sends {@code packet} from the Internet to the home router. */
    void arriveAtHome(Packet packet) {
        outside(packet.source()).send(packet);
    }

    /** The first copy that the home agent tunnels of a packet for {@code node}. */
    Packet tunnelled(MobileNode node) throws InterruptedException {
        var packet = toMobileNode(node);
        int mark = internet.mark();
        arriveAtHome(packet);
        return internet.await(mark, frame -> tunnelled(frame, packet));
    }

    /** The tunnel's packet in {@code frame}, if {@code packet} is in it. */
    static Optional<Packet> tunnelled(Frame frame, Packet packet) {
        return frame.packet().filter(outer -> outer.inner().map(Packet::payload).equals(Optional.of(packet.payload())));
    }

    /** Comes back when the home agent has answered whatever it answers to all before. */
    void homeAgentHasAnswered() throws InterruptedException {
        registerCoLocated(prober, proberAddress, 60);
    }

    /** Comes back when the foreign agent has answered, or relayed, whatever it does of all that came from the visited link before. */
    void foreignAgentHasAnswered() throws InterruptedException {
        var visit = new Visit(this, prober, OTHER_HOME_AGENT);
        visit.relay(prober.signed(visit.request(60)));
    }

    private void deleteDirectory() throws IOException {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }
}
