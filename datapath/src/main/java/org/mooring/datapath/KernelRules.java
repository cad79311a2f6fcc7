package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;
import org.mooring.linux.netlink.NftExpression;
import org.mooring.linux.netlink.NftTable;
import org.mooring.linux.netlink.NftTable.Chain;
import org.mooring.linux.netlink.NftTable.Element;
import org.mooring.linux.netlink.NftTable.Hook;
import org.mooring.linux.netlink.NftTable.Rule;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.Ipv4Packet;

/**
 * What an agent has the kernel check of tunnelled packets, in an nftables table of its own. The kernel's tunnel devices take packets from
 * everybody: so a packet's outer and inner addresses are looked at together before it comes to the device, at hook input, where the kernel
 * has put fragments together. A set has one element for each home address and tunnel, however many rules there are.
 */
final class KernelRules {
    /** The mark of a visitor's packet that shall leave by the tunnel with this number is this, and the number in the upper half. */
    static final int TUNNEL_MARK = 0x1b3;

    private static final String GUESTS = "guests";
    private static final String MARKS = "marks-";
    private static final NftTable.Set OUT = new NftTable.Set("out", 1, true);

    /** Of home addresses and the tunnels that their packets are routed to: where the second copy goes, where the third one goes. */
    private static final List<NftTable.Set> COPIES = IntStream.range(1, HomeForwarding.MOST_TUNNELS)
            .mapToObj(KernelRules::copy)
            .toList();

    /** Of the tunnels that are old paths. */
    static final String OLD_PATHS = "old-paths";

    /** Those of them by which mobile nodes' packets come back that may be on their way home. */
    static final String AWAITED = "awaited";

    /** Of home addresses whose packets wait, or whose markers are looked for. */
    static final String HELD = "held";

    /** Of home addresses and {@link Drop}s: only of those of which a packet was dropped. */
    private static final NftTable.Set DROPS = new NftTable.Set("drops", 2, true, 0, true);

    /** Those that are counted there. */
    private static final List<Drop> COUNTED = List.of(Drop.EXPIRED, Drop.CONGESTION, Drop.LOOP, Drop.FOREIGN_TUNNEL);

    private static final String INTO_TUNNELS = "into";

    private static final int PRIORITY = -150;

    /** Behind what changes addresses. */
    private static final int COPYING = 150;

    /** Before anybody else sees a copy. */
    private static final int COPIED = -450;

    private static final int ECN = 3;
    private static final int TOS = 1; // in an IPv4 header, as those below
    private static final int FRAGMENT = 6;
    private static final int TTL = 8;
    private static final int PROTOCOL = 9;
    private static final int SOURCE = 12;
    private static final int DESTINATION = 16;
    private static final int DONT_FRAGMENT = 0x40; // of the first octet there, as the next one
    private static final int RESERVED = 0x80;
    private static final int SOURCE_MAC = 6; // in an Ethernet header
    private static final int ECHO_REQUEST = 8;
    private static final int AGENTS_PORTS = 434 << Short.SIZE | 434;

    private final String name;
    private final Role role;
    private final Inet4Address address;
    private final Map<Encapsulation, Interface> devices;
    private final List<Interface> uplinks;
    private final List<Interface> visitorLinks;
    private final Clamping clamping;

    /** @param visitorLinks none at a home agent */
    KernelRules(
            String name,
            Role role,
            Inet4Address address,
            Map<Encapsulation, Interface> devices,
            List<Interface> uplinks,
            List<Interface> visitorLinks,
            Clamping clamping) {
        this.name = name;
        this.role = role;
        this.address = address;
        this.devices = Map.copyOf(devices);
        this.uplinks = List.copyOf(uplinks);
        this.visitorLinks = List.copyOf(visitorLinks);
        this.clamping = clamping;
    }

    NftTable table() {
        List<NftTable.Set> sets = new ArrayList<>(List.of(new NftTable.Set(GUESTS, 1, false), OUT, DROPS));
        for (Encapsulation encapsulation : devices.keySet()) {
            sets.add(new NftTable.Set(pairs(encapsulation), 2, false));
            sets.add(in(encapsulation));
        }
        sets.add(new NftTable.Set(OLD_PATHS, 2, false));
        sets.add(new NftTable.Set(AWAITED, 2, false));
        sets.add(new NftTable.Set(HELD, 1, false));
        for (Path path : Path.values()) {
            sets.add(new NftTable.Set(waits(path), 1, false));
            sets.add(entered(path));
        }
        visitorLinks.forEach(link -> sets.add(new NftTable.Set(MARKS + link.name(), 3, false, 1)));
        List<Chain> chains = new ArrayList<>();
        devices.keySet().forEach(encapsulation -> chains.addAll(drops(encapsulation)));
        chains.add(drops(Drop.LOOP, INTO_TUNNELS, NftExpression.networkHeader(DESTINATION, Ipv4.LENGTH, 1)));
        chains.addAll(List.of(
                new Chain(
                        "input",
                        Hook.INPUT,
                        PRIORITY,
                        devices.keySet().stream().flatMap(this::outOfTunnel).toList()),
                new Chain(
                        "forward",
                        Hook.FORWARD,
                        PRIORITY,
                        devices.entrySet().stream().flatMap(this::loop).toList()),
                clamping.chain(),
                new Chain(
                        "postrouting",
                        Hook.POSTROUTING,
                        PRIORITY,
                        devices.values().stream().flatMap(this::intoTunnel).toList())));
        chains.add(new Chain(
                "wait",
                Hook.INPUT,
                PRIORITY + 1,
                devices.keySet().stream().flatMap(this::waitBehindTunnel).toList()));
        chains.add(new Chain(
                "prerouting",
                Hook.PREROUTING,
                PRIORITY,
                role == Role.HOME_AGENT
                        ? uplinks.stream().map(this::waitAtHome).toList()
                        : visitorLinks.stream().map(KernelRules::fromVisitor).toList()));
        if (role == Role.HOME_AGENT) {
            devices.keySet().forEach(encapsulation -> sets.add(new NftTable.Set(late(encapsulation), 2, false)));
            sets.addAll(COPIES);
            chains.add(new Chain("copy", Hook.POSTROUTING, COPYING, copying()));
            chains.add(new Chain(
                    "copied",
                    Hook.OUTPUT,
                    COPIED,
                    devices.values().stream().map(KernelRules::copied).toList()));
        }
        return new NftTable(name, sets, chains);
    }

    /** Has what not each kernel has that has nftables. */
    static NftTable scratch(String name) {
        return new NftTable(name, COPIES, List.of(new Chain("copy", Hook.POSTROUTING, COPYING, copying())));
    }

    private static NftTable.Set copy(int number) {
        return new NftTable.Set("copies-" + number, 2, false, 2);
    }

    String name() {
        return name;
    }

    /** The home address is one of ours. */
    List<Element> guest(Inet4Address home) {
        List<Element> elements = new ArrayList<>(List.of(new Element(GUESTS, home), new Element(OUT.name(), home)));
        devices.keySet()
                .forEach(encapsulation ->
                        elements.add(new Element(in(encapsulation).name(), home)));
        return elements;
    }

    /** Packets of the home address are taken from this tunnel. */
    static Element accepted(Tunnel tunnel, Inet4Address home) {
        return new Element(pairs(tunnel.encapsulation()), tunnel.remote(), home);
    }

    /** Packets for the home address are taken from this tunnel, at a home agent: its mobile node has come home. */
    static Element late(Tunnel tunnel, Inet4Address home) {
        return new Element(late(tunnel.encapsulation()), tunnel.remote(), home);
    }

    /** What this visitor sends leaves by the tunnel with this number. */
    static Element reverse(VisitorForwarding visitor, int tunnel) {
        byte[] mac = new byte[Long.BYTES];
        visitor.mac().write(ByteBuffer.wrap(mac));
        var words = ByteBuffer.wrap(mac);
        return new Element(
                MARKS + visitor.link(),
                List.of(Ipv4.address(words.getInt()), Ipv4.address(words.getInt()), visitor.homeAddress()),
                List.of(mark(tunnel)));
    }

    /** What is routed into the first of these tunnels goes into the others, too. */
    Set<Element> copies(HomeForwarding forwarding) {
        List<Tunnel> tunnels = forwarding.tunnels();
        Set<Element> copies = new HashSet<>();
        for (int number = 1; number < tunnels.size(); number++) {
            copies.add(new Element(
                    COPIES.get(number - 1).name(),
                    List.of(forwarding.homeAddress(), tunnels.get(0).remote()),
                    into(tunnels.get(number))));
        }
        return copies;
    }

    /** Of these elements, those of copies of what is routed into other tunnels than to {@code remote}. */
    static Set<Element> copiesFromOthers(Set<Element> elements, Optional<Inet4Address> remote) {
        return elements.stream()
                .filter(KernelRules::isCopy)
                .filter(element -> !remote.equals(Optional.of(element.key().get(1))))
                .collect(Collectors.toSet());
    }

    /** Whether one of these elements is of copies that go into this tunnel. */
    boolean copiesInto(Tunnel tunnel, Set<Element> elements) {
        return elements.stream()
                .anyMatch(element -> isCopy(element) && element.value().equals(into(tunnel)));
    }

    private static boolean isCopy(Element element) {
        return COPIES.stream().anyMatch(copies -> copies.name().equals(element.set()));
    }

    private List<Integer> into(Tunnel tunnel) {
        ByteBuffer remote = ByteBuffer.wrap(tunnel.remote().getAddress()).order(ByteOrder.nativeOrder());
        Interface device = Objects.requireNonNull(devices.get(tunnel.encapsulation()));
        return List.of(remote.getInt(), device.index());
    }

    /** By which tunnel packets leave that this element is of; empty if it is of none. */
    static Optional<Integer> tunnel(Element element) {
        return element.set().startsWith(MARKS) ? Optional.of(element.value().get(0) >>> Short.SIZE) : Optional.empty();
    }

    static int mark(int tunnel) {
        return tunnel << Short.SIZE | TUNNEL_MARK;
    }

    /** What came out of tunnels of this encapsulation, with its outer headers. */
    static NftTable.Set in(Encapsulation encapsulation) {
        return new NftTable.Set("in-" + pairs(encapsulation), 1, true);
    }

    static NftTable.Set out() {
        return OUT;
    }

    /** Why a rule has dropped what it has counted. */
    static Drop reason(String comment) {
        return Drop.valueOf(comment.substring(0, comment.indexOf(' ')));
    }

    /** Those whose rules count what they drop. */
    List<Chain> dropping() {
        return table().chains().stream()
                .filter(chain -> chain.name().equals("input") || chain.name().equals("forward"))
                .toList();
    }

    static NftTable.Set drops() {
        return DROPS;
    }

    /** Why packets were dropped that this element of {@link #drops} has counted. */
    static Drop reason(Element element) {
        return COUNTED.get(TunnelEnd.number(element.key().get(1)));
    }

    /** All that there may be of the home address in {@link #drops}. */
    static List<Element> drops(Inet4Address home) {
        return COUNTED.stream()
                .map(reason -> new Element(DROPS.name(), home, number(reason)))
                .toList();
    }

    private static Inet4Address number(Drop reason) {
        return Ipv4.address(COUNTED.indexOf(reason));
    }

    /** Where packets go that came out of tunnels, and whose home address may be one of ours. */
    private List<Chain> drops(Encapsulation encapsulation) {
        int inner = encapsulation.overhead() - Ipv4Packet.HEADER_LENGTH;
        int home = role == Role.HOME_AGENT ? SOURCE : DESTINATION;
        return COUNTED.stream()
                .map(reason -> drops(
                        reason,
                        encapsulation.toString(),
                        // What the agent itself has sent is for a home address, and came back.
                        NftExpression.transportHeader(
                                inner + (reason == Drop.LOOP ? DESTINATION : home), Ipv4.LENGTH, 1)))
                .toList();
    }

    /** @param home loads the home address into register 1 */
    private static Chain drops(Drop reason, String which, NftExpression home) {
        return new Chain(
                chain(reason, which),
                List.of(
                        rule(
                                "ours",
                                List.of(
                                        home,
                                        NftExpression.lookup(GUESTS, 1),
                                        NftExpression.address(number(reason), 2),
                                        NftExpression.add(DROPS.name(), 1))),
                        rule("all", List.of(NftExpression.drop()))));
    }

    private static String chain(Drop reason, String which) {
        return (reason.name() + "-" + which).toLowerCase(Locale.ROOT);
    }

    private Stream<Rule> outOfTunnel(Encapsulation encapsulation) {
        List<Rule> rules = new ArrayList<>();
        int inner = encapsulation.overhead() - Ipv4Packet.HEADER_LENGTH;
        List<NftExpression> tunnelled = new ArrayList<>(List.of(
                NftExpression.networkHeader(PROTOCOL, 1, 0),
                NftExpression.equal(0, encapsulation.protocol()),
                NftExpression.networkHeader(DESTINATION, Ipv4.LENGTH, 0),
                NftExpression.equal(0, address)));
        List<NftExpression> plain = new ArrayList<>(tunnelled);
        if (encapsulation == Encapsulation.GRE) {
            // Neither checksum nor key nor sequence number.
            plain.add(NftExpression.transportHeader(0, Integer.BYTES, 0));
            plain.add(NftExpression.equal(0, Ipv4.address(EtherType.IPV4)));
        }
        NftExpression source = NftExpression.transportHeader(inner + SOURCE, Ipv4.LENGTH, 2);
        NftExpression destination = NftExpression.transportHeader(inner + DESTINATION, Ipv4.LENGTH, 2);
        List<NftExpression> fromTunnel = accepted(encapsulation, NftExpression.lookup(pairs(encapsulation), 1));
        List<NftExpression> late = accepted(encapsulation, NftExpression.lookup(late(encapsulation), 1));
        List<NftExpression> awaited = accepted(
                encapsulation, NftExpression.lookup(pairs(encapsulation), 1), NftExpression.lookup(AWAITED, 1));

        rules.add(dropped(Drop.EXPIRED, encapsulation, plain, octetIs(inner + TTL, 0)));
        rules.add(dropped(
                Drop.CONGESTION,
                encapsulation,
                plain,
                List.of(
                        NftExpression.networkHeader(TOS, 1, 0),
                        NftExpression.mask(0, ECN),
                        NftExpression.equal(0, ECN),
                        NftExpression.transportHeader(inner + TOS, 1, 0),
                        NftExpression.mask(0, ECN),
                        NftExpression.equal(0, 0))));
        // Whoever tests the way here may tunnel an ordinary ping.
        rules.add(rule(
                "ping",
                plain,
                addressIs(destination, address),
                octetIs(inner + PROTOCOL, Ipv4Packet.ICMP),
                octetIs(inner + Ipv4Packet.HEADER_LENGTH, ECHO_REQUEST),
                List.of(NftExpression.accept())));
        if (role == Role.HOME_AGENT) {
            // What agents send beside registration may come back to who sent it, but nothing else.
            for (List<NftExpression> sentHome : List.of(late, awaited)) {
                rules.add(rule(
                        "marker",
                        plain,
                        octetIs(inner + PROTOCOL, Ipv4Packet.UDP),
                        betweenAgents(inner + Ipv4Packet.HEADER_LENGTH),
                        List.of(destination),
                        sentHome));
            }
            rules.add(dropped(Drop.LOOP, encapsulation, plain, addressIs(source, address)));
            rules.add(rule("from", plain, List.of(source), fromTunnel));
            // A foreign agent sends home what comes late for a mobile node that has left for there; what isn't awaited
            // would go back to it.
            rules.add(rule("late", plain, List.of(destination), late));
            rules.add(rule("awaited", plain, List.of(destination), awaited));
        } else {
            rules.add(rule("to", plain, List.of(destination), fromTunnel));
        }
        rules.add(dropped(
                Drop.FOREIGN_TUNNEL,
                encapsulation,
                plain,
                List.of(role == Role.HOME_AGENT ? source : destination, NftExpression.lookup(GUESTS, 2))));
        rules.add(dropped(Drop.UNLISTED, encapsulation, plain));
        if (encapsulation == Encapsulation.GRE) {
            rules.add(dropped(Drop.MALFORMED, encapsulation, tunnelled));
        }
        return rules.stream();
    }

    /** @param from looks for the outer source and the home address, which are in registers 1 and 2 */
    private static List<NftExpression> accepted(Encapsulation encapsulation, NftExpression... from) {
        List<NftExpression> steps = new ArrayList<>();
        steps.add(NftExpression.networkHeader(SOURCE, Ipv4.LENGTH, 1));
        steps.addAll(List.of(from));
        steps.add(NftExpression.lookup(in(encapsulation).name(), 2));
        steps.add(NftExpression.accept());
        return steps;
    }

    /**
     * RFC 2003 §3.2: what has come from a tunnel's other end doesn't go into it, unless it is a marker. Where packets for a home address go into
     * several tunnels, of whatever encapsulation, that is so with each one's end and all of them.
     */
    private Stream<Rule> loop(Map.Entry<Encapsulation, Interface> device) {
        List<NftExpression> into = leavesBy(device.getValue());
        List<NftExpression> udp =
                List.of(NftExpression.networkHeader(PROTOCOL, 1, 0), NftExpression.equal(0, Ipv4Packet.UDP));
        List<Rule> rules = new ArrayList<>();
        rules.add(rule("marker", into, udp, betweenAgents(0), List.of(NftExpression.accept())));
        for (Encapsulation from : devices.keySet()) {
            if (from == device.getKey() || role == Role.HOME_AGENT) {
                List<NftExpression> circling = List.of(
                        NftExpression.networkHeader(SOURCE, Ipv4.LENGTH, 1),
                        NftExpression.networkHeader(DESTINATION, Ipv4.LENGTH, 2),
                        NftExpression.lookup(pairs(from), 1));
                rules.add(counted(
                        Drop.LOOP,
                        from + " by " + device.getKey(),
                        NftExpression.goTo(chain(Drop.LOOP, INTO_TUNNELS)),
                        into,
                        circling));
            }
        }
        return rules.stream();
    }

    /** @param udp where the UDP header begins, behind the outer IP header */
    private static List<NftExpression> betweenAgents(int udp) {
        return List.of(
                NftExpression.transportHeader(udp, Integer.BYTES, 0),
                NftExpression.equal(0, Ipv4.address(AGENTS_PORTS)));
    }

    /** Counts. What goes to a visitor's new place counts for it, too. */
    private Stream<Rule> intoTunnel(Interface device) {
        return Stream.of(DESTINATION, SOURCE)
                .map(end -> rule(
                        "out",
                        leavesBy(device),
                        List.of(
                                NftExpression.networkHeader(end, Ipv4.LENGTH, 1),
                                NftExpression.lookup(OUT.name(), 1),
                                NftExpression.accept())));
    }

    /**
     * The kernel copies before it fragments, and has a copy say "don't fragment". A packet that doesn't say so has the reserved bit for as long
     * as it is copied.
     */
    private static List<Rule> copying() {
        List<Rule> rules = new ArrayList<>();
        List<NftExpression> isCopied = copiedAs(COPIES.get(0));
        rules.add(rule("may be fragmented", isCopied, flag(DONT_FRAGMENT, 0), changeFlags(~0, RESERVED)));
        COPIES.forEach(
                copies -> rules.add(rule(copies.name(), copiedAs(copies), List.of(NftExpression.duplicate(4, 5)))));
        rules.add(rule("is copied", isCopied, flag(RESERVED, RESERVED), changeFlags(~RESERVED, 0)));
        return rules;
    }

    private static Rule copied(Interface device) {
        return rule(
                device.name(), leavesBy(device), flag(RESERVED, RESERVED), changeFlags(~(RESERVED | DONT_FRAGMENT), 0));
    }

    /** Where to is in registers 4 and 5. */
    private static List<NftExpression> copiedAs(NftTable.Set copies) {
        return List.of(
                NftExpression.networkHeader(DESTINATION, Ipv4.LENGTH, 1),
                NftExpression.nextHop(2),
                NftExpression.lookup(copies.name(), 1, 4));
    }

    private static List<NftExpression> flag(int flag, int value) {
        return List.of(
                NftExpression.networkHeader(FRAGMENT, 1, 0),
                NftExpression.mask(0, flag),
                NftExpression.equal(0, value));
    }

    private static List<NftExpression> changeFlags(int mask, int turned) {
        return List.of(
                NftExpression.networkHeader(FRAGMENT, Short.BYTES, 0),
                NftExpression.turnFirst(0, mask, turned),
                NftExpression.setNetworkHeader(FRAGMENT, 0));
    }

    /** The mark stays with the packet when it is taken out of the tunnel. */
    private Stream<Rule> waitBehindTunnel(Encapsulation encapsulation) {
        int inner = encapsulation.overhead() - Ipv4Packet.HEADER_LENGTH;
        List<NftExpression> held = List.of(
                NftExpression.networkHeader(PROTOCOL, 1, 0),
                NftExpression.equal(0, encapsulation.protocol()),
                NftExpression.networkHeader(DESTINATION, Ipv4.LENGTH, 0),
                NftExpression.equal(0, address),
                NftExpression.networkHeader(SOURCE, Ipv4.LENGTH, 1),
                NftExpression.transportHeader(inner + DESTINATION, Ipv4.LENGTH, 2),
                NftExpression.lookup(HELD, 2));
        List<NftExpression> marker = Stream.of(
                        octetIs(inner + PROTOCOL, Ipv4Packet.UDP), betweenAgents(inner + Ipv4Packet.HEADER_LENGTH))
                .flatMap(List::stream)
                .toList();
        List<NftExpression> old = List.of(NftExpression.lookup(OLD_PATHS, 1));
        return Stream.of(
                rule("marker by old", held, old, marker, marked(Path.OLD)),
                rule("marker by new", held, marker, marked(Path.NEW)),
                rule("by old", held, old, waiting(Path.OLD), marked(Path.OLD)),
                rule("old passes", held, old, List.of(NftExpression.accept())),
                rule("by new", held, waiting(Path.NEW), marked(Path.NEW)));
    }

    /** In no tunnel. */
    private Rule waitAtHome(Interface uplink) {
        return rule(
                uplink.name(),
                List.of(
                        NftExpression.inputInterface(0),
                        NftExpression.equal(0, uplink),
                        NftExpression.networkHeader(DESTINATION, Ipv4.LENGTH, 2)),
                waiting(Path.NEW),
                marked(Path.NEW));
    }

    /** The home address is in register 2. */
    private static List<NftExpression> waiting(Path path) {
        return List.of(
                NftExpression.lookup(waits(path), 2),
                NftExpression.lookup(entered(path).name(), 2));
    }

    private List<NftExpression> marked(Path path) {
        return List.of(NftExpression.number(mark(role, path), 3), NftExpression.setMark(3), NftExpression.accept());
    }

    /** Of what waits. */
    static int mark(Role role, Path path) {
        return TUNNEL_MARK + 1 + number(role, path);
    }

    /** From zero on, for all that is there once for each role and path. */
    static int number(Role role, Path path) {
        return (role == Role.HOME_AGENT ? 0 : 2) + (path == Path.OLD ? 0 : 1);
    }

    static String waits(Path path) {
        return "wait-" + path.name().toLowerCase(Locale.ROOT);
    }

    static NftTable.Set entered(Path path) {
        return new NftTable.Set("entered-" + path.name().toLowerCase(Locale.ROOT), 1, true);
    }

    private static Rule fromVisitor(Interface link) {
        return new Rule(
                link.name(),
                List.of(
                        NftExpression.inputInterface(0),
                        NftExpression.equal(0, link),
                        NftExpression.linkHeader(SOURCE_MAC, 6, 1),
                        NftExpression.networkHeader(SOURCE, Ipv4.LENGTH, 3),
                        NftExpression.lookup(MARKS + link.name(), 1, 4),
                        NftExpression.setMark(4)));
    }

    private static List<NftExpression> leavesBy(Interface device) {
        return List.of(NftExpression.outputInterface(0), NftExpression.equal(0, device));
    }

    private static List<NftExpression> octetIs(int offset, int octet) {
        return List.of(NftExpression.transportHeader(offset, 1, 0), NftExpression.equal(0, octet));
    }

    /** @param load into register 2 */
    private static List<NftExpression> addressIs(NftExpression load, Inet4Address address) {
        return List.of(load, NftExpression.equal(2, address));
    }

    @SafeVarargs
    private static Rule dropped(Drop reason, Encapsulation encapsulation, List<NftExpression>... steps) {
        String which = encapsulation.toString();
        NftExpression verdict =
                COUNTED.contains(reason) ? NftExpression.goTo(chain(reason, which)) : NftExpression.drop();
        return counted(reason, which, verdict, steps);
    }

    /** @param which tells the rule from others with this reason */
    @SafeVarargs
    private static Rule counted(Drop reason, String which, NftExpression verdict, List<NftExpression>... steps) {
        List<NftExpression> all = new ArrayList<>();
        for (List<NftExpression> step : steps) {
            all.addAll(step);
        }
        all.add(NftExpression.counter());
        all.add(verdict);
        return new Rule(reason.name() + " " + which, all);
    }

    @SafeVarargs
    private static Rule rule(String comment, List<NftExpression>... steps) {
        List<NftExpression> all = new ArrayList<>();
        for (List<NftExpression> step : steps) {
            all.addAll(step);
        }
        return new Rule(comment, all);
    }

    private static String late(Encapsulation encapsulation) {
        return "late-" + pairs(encapsulation);
    }

    private static String pairs(Encapsulation encapsulation) {
        return encapsulation.name().toLowerCase(Locale.ROOT);
    }
}
