package org.mooring.conformance.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.mooring.conformance.client.Association.Algorithm;
import org.mooring.conformance.client.Octets.Fields;
import org.mooring.linux.NetworkNamespace;

/**
 * A KVM host in a network namespace, with the program that registers its guests. The guests, and all agents, are this client's frames.
 *
 * <pre>
 *   guests ── tap-g10 and on ── [KVM host: br0 10.2.0.10/24] up0 ── link: foreign agent 10.2.0.2, home agent 10.2.0.3
 * </pre>
 *
 * The visitors' home is 10.1.0.0/24, with the home agent 10.1.0.1, for which the foreign agent is the router, too. Some guests have their home
 * here.
 */
final class HookTestbed implements AutoCloseable {
    static final Address HOST = Address.of("10.2.0.10");
    static final Address FOREIGN_AGENT = Address.of("10.2.0.2");
    static final Address CARE_OF_ADDRESS = Address.of("198.51.100.2");
    static final Address HOME_AGENT = Address.of("10.1.0.1");
    static final Address HOME_BROADCAST = Address.of("10.1.0.255");
    static final Address HOME_AGENT_ON_LINK = Address.of("10.2.0.3");

    static final Mac AGENT = Mac.of("02:00:00:02:00:01");
    static final Mac HOME_GATEWAY = Mac.of("02:00:00:01:00:01");

    /** The longest registration that the foreign agent advertises, in seconds. */
    static final int LONGEST_LIFETIME = 1800;

    /** What most guests ask for, in seconds. */
    static final int LIFETIME = 300;

    /** Shared by the foreign agent and a guest. */
    static final Association MOBILE_FOREIGN =
            new Association(0xfffffffeL, Algorithm.HMAC_MD5, Octets.hex("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"));

    private static final Address ALL_SYSTEMS = Address.of("224.0.0.1");
    private static final Mac ALL_SYSTEMS_MAC = new Mac(0x01005e000001L);
    private static final int FIRST = 10;
    private static final int LAST = 39;
    private static final int FIRST_OF_ALGORITHM = 40;
    private static final int NONCES = 50;
    private static final int SEARCHING = 51;
    private static final int ACQUAINTED = 52;
    private static final int BRIEF = 53;
    private static final int LASTING = 54;
    private static final int FIRST_AT_HOME = 60;
    private static final int LAST_AT_HOME = 62;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final AtomicInteger guests = new AtomicInteger(FIRST);
    private final AtomicInteger atHome = new AtomicInteger(FIRST_AT_HOME);
    private final NetworkNamespace air;
    private final NetworkNamespace host;
    private final AgentProcess hook;

    final Wire link;

    /** The link-layer address of the host's bridge. */
    final Mac hostMac;

    /** Raises all of it; {@code serves} are the lines that say who serves visitors. */
    HookTestbed(String serves) throws Exception {
        try {
            var directory = Files.createTempDirectory("mooring-client");
            opened.push(() -> delete(directory));
            air = open(NetworkNamespace.create());
            host = open(NetworkNamespace.create());
            air.exec("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1", "net.ipv6.conf.all.disable_ipv6=1");
            host.exec("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1", "net.ipv6.conf.all.disable_ipv6=1");
            host.exec("sysctl", "-qw", "net.ipv4.ip_forward=1");
            host.exec("ip", "link", "add", "br0", "type", "bridge", "mcast_snooping", "0");
            host.exec("ip", "address", "add", HOST + "/24", "dev", "br0");
            host.connect("up0", air, "visited");
            host.exec("ip", "link", "set", "up0", "master", "br0");
            host.exec("ip", "link", "set", "br0", "up");
            host.exec("ip", "route", "add", "default", "via", FOREIGN_AGENT.toString());
            host.run(() -> {
                RawSocket.writeChecksums("br0");
                RawSocket.writeChecksums("up0");
            });
            hostMac = Mac.of(host.exec("cat", "/sys/class/net/br0/address").strip());
            link = open(new Wire(air, "visited"));
            link.join(FOREIGN_AGENT, AGENT);
            link.join(HOME_AGENT_ON_LINK, AGENT);
            Files.createDirectory(directory.resolve("guests"));
            hook = open(AgentProcess.start(host, AgentProcess.Program.GUEST_HOOK, directory, configuration(serves)));
            hook.awaitHealth();
        } catch (Exception | Error e) {
            close();
            throw e;
        }
    }

    private <T extends AutoCloseable> T open(T resource) {
        opened.push(resource);
        return resource;
    }

    private static String configuration(String serves) {
        return """
                guests-directory = "guests"
                [link]
                bridge = "br0"
                uplink = "up0"
                network = "10.2.0.0/24"
                router = "10.2.0.2"
                """
                + serves
                + IntStream.rangeClosed(FIRST, LAST)
                        .mapToObj(number -> visitor(number, ""))
                        .collect(Collectors.joining())
                + Arrays.stream(Algorithm.values())
                        .map(algorithm ->
                                visitor(numberFor(algorithm), "algorithm = \"" + algorithm.configured + "\"\n"))
                        .collect(Collectors.joining())
                + visitor(NONCES, "replay-protection = \"nonces\"\n")
                + (serves.contains("co-located")
                        ? ""
                        : visitor(SEARCHING, "").replaceFirst("(?m)^home-agent = .*\\n", ""))
                + visitor(
                        ACQUAINTED,
                        "[[guest.foreign-association]]\nspi = %d\nkey = \"%s\"\n"
                                .formatted(MOBILE_FOREIGN.spi(), MOBILE_FOREIGN.key()))
                + visitor(BRIEF, "").replace("lifetime = 300", "lifetime = 4")
                + visitor(LASTING, "").replace("lifetime = 300", "lifetime = 7200")
                + IntStream.rangeClosed(FIRST_AT_HOME, LAST_AT_HOME)
                        .mapToObj(number -> guest(number, Address.of("10.2.0.0"), HOME_AGENT_ON_LINK, ""))
                        .collect(Collectors.joining());
    }

    private static String visitor(int number, String associationLines) {
        return guest(number, Address.of("10.1.0.0"), HOME_AGENT, associationLines);
    }

    private static String guest(int number, Address network, Address homeAgent, String associationLines) {
        var node = node(number, network, Algorithm.HMAC_MD5);
        return """
                [[guest]]
                name = "g%d"
                mac = "%s"
                lifetime = 300
                home-address = "%s"
                home-network = "%s/24"
                home-gateway = "%s"
                home-gateway-mac = "%s"
                home-agent = "%s"
                [[guest.association]]
                spi = %d
                key = "%s"
                %s""".formatted(
                        number,
                        node.mac(),
                        node.homeAddress(),
                        network,
                        new Address(network.bits() + 1),
                        HOME_GATEWAY,
                        homeAgent,
                        node.association().spi(),
                        node.association().key(),
                        associationLines);
    }

    /** The guest of that number, with which its key ends. */
    private static MobileNode node(int number, Address network, Algorithm algorithm) {
        return new MobileNode(
                new Address(network.bits() + number),
                new Mac(0x5254_0001_0000L | number),
                new Association(
                        0x01020304L + number,
                        algorithm,
                        Octets.hex("00ff80017f2233445566778899aa%04x".formatted(number))));
    }

    private static int numberFor(Algorithm algorithm) {
        return FIRST_OF_ALGORITHM + Arrays.asList(Algorithm.values()).indexOf(algorithm);
    }

    private Guest guest(int number, Algorithm algorithm) {
        boolean here = number >= FIRST_AT_HOME;
        return new Guest(this, "g" + number, node(number, Address.of(here ? "10.2.0.0" : "10.1.0.0"), algorithm));
    }

    private static int next(AtomicInteger numbers, int last) {
        int number = numbers.getAndIncrement();
        if (number > last) {
            throw new AssertionError("no guest is left");
        }
        return number;
    }

    /** A visitor that no other test has. */
    Guest visitor() {
        return guest(next(guests, LAST), Algorithm.HMAC_MD5);
    }

    Guest authenticatedBy(Algorithm algorithm) {
        return guest(numberFor(algorithm), algorithm);
    }

    /** The one with nonces. */
    Guest nonces() {
        return guest(NONCES, Algorithm.HMAC_MD5);
    }

    /** The one that isn't told who its home agent is. */
    Guest searching() {
        return guest(SEARCHING, Algorithm.HMAC_MD5);
    }

    /** The one that shares {@link #MOBILE_FOREIGN} with the foreign agent. */
    Guest acquainted() {
        return guest(ACQUAINTED, Algorithm.HMAC_MD5);
    }

    /** The one that asks for 4 seconds. */
    Guest brief() {
        return guest(BRIEF, Algorithm.HMAC_MD5);
    }

    /** The one that would ask for 7200 seconds. */
    Guest lasting() {
        return guest(LASTING, Algorithm.HMAC_MD5);
    }

    /** One that has its home on this link, and that no other test has. */
    Guest atHome() {
        return guest(next(atHome, LAST_AT_HOME), Algorithm.HMAC_MD5);
    }

    /** A wire to the guest's network card, behind the port of this host's that is called {@code tap}. */
    Wire plug(String tap, String guestsEnd) throws Exception {
        host.connect(tap, air, guestsEnd);
        host.exec("ip", "link", "set", tap, "master", "br0");
        return open(new Wire(air, guestsEnd));
    }

    /** The hook is told what became of a guest. */
    void tell(String guest, String phase, String tap) throws IOException {
        hook.tell(guest, phase, tap);
    }

    void tellTime(String guest, Instant time) throws IOException {
        hook.tellTime(guest, time);
    }

    String show(String guest) throws IOException {
        return hook.show(guest);
    }

    String log() throws IOException {
        return hook.log();
    }

    /** An Agent Solicitation (§2.2). */
    static Optional<Frame> solicitation(Frame frame) {
        return frame.packet()
                .flatMap(Packet::icmp)
                .filter(icmp -> icmp.type() == Icmp.ROUTER_SOLICITATION)
                .map(icmp -> frame);
    }

    /** The foreign agent advertises itself to all on the link (RFC 5944 §2.1, RFC 1256 §3). */
    void advertise(int sequenceNumber) {
        int reverseTunnels = 0x0100;
        int foreignAgent = 0x1000;
        var rest = new Fields()
                .u8(1)
                .u8(2)
                .u16(9000)
                .address(FOREIGN_AGENT)
                .u32(0)
                .u8(16)
                .u8(6 + 4)
                .u16(sequenceNumber)
                .u16(LONGEST_LIFETIME)
                .u16(foreignAgent | reverseTunnels)
                .address(CARE_OF_ADDRESS)
                .done();
        link.send(new Frame(
                ALL_SYSTEMS_MAC,
                AGENT,
                new Icmp(Icmp.ROUTER_ADVERTISEMENT, 0, rest).packet(FOREIGN_AGENT, ALL_SYSTEMS, 1)));
    }

    private static void delete(Path directory) throws IOException {
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
