package org.mooring.hook.daemon;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.mooring.datapath.Encapsulation;
import org.mooring.hook.Associations;
import org.mooring.hook.ForeignAgent;
import org.mooring.hook.Guest;
import org.mooring.hook.HomeGateway;
import org.mooring.hook.TunnelEnd;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.config.Ipv4Prefix;
import org.mooring.runtime.config.Section;

/**
 * The configuration, {@code guest-hook.toml}.
 *
 * @param guestsDirectory where the QMP sockets of this host's guests appear
 * @param libvirt the connection to libvirt, where that runs guests
 * @param network of the link that the guests are on
 * @param uplink the port of {@code bridge} behind which the routers are
 * @param router the way to home agents that aren't on the link
 * @param foreignAgent through which guests visit
 * @param foreignAgentMac its link-layer address, where that is all that is known of how to reach it
 * @param discovery or how it is found
 * @param coLocated or how they visit without one; if none of the three is there, none may visit
 * @param enterpriseNumber whose vendor extensions all our agents and hooks speak
 */
record HookConfig(
        Path controlSocket,
        Path guestsDirectory,
        Optional<String> libvirt,
        String bridge,
        String uplink,
        Ipv4Prefix network,
        Ipv4Address router,
        Optional<ForeignAgent> foreignAgent,
        Optional<MacAddress> foreignAgentMac,
        Optional<DiscoveryConfig> discovery,
        Optional<CoLocatedConfig> coLocated,
        int enterpriseNumber,
        List<Guest> guests) {
    static final String CONTROL_SOCKET = "/run/mooring/guest-hook.sock";
    private static final String GUESTS_DIRECTORY = "/run/mooring/guests";

    private static final String LIBVIRT_CONNECTION = "qemu:///system";

    private static final int DEFAULT_LIFETIME = 300;
    private static final int LONGEST_LIFETIME = 0xffff;

    /** A guest's name is part of file names. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

    /** A stand-in: where it is used there is a problem already, and nobody gets to see it. */
    private static final Ipv4Prefix ANY_NETWORK = Ipv4Prefix.of("0.0.0.0/0");

    static HookConfig read(Section root) {
        Path controlSocket = root.file("control-socket", CONTROL_SOCKET);
        Path guestsDirectory = root.file("guests-directory", GUESTS_DIRECTORY);
        Optional<Section> link = root.table("link");
        if (link.isEmpty()) {
            root.problem("link", "missing: expected a table, [link], with bridge, uplink, network and router");
        }
        Ipv4Prefix network = link.map(section -> section.prefix("network")).orElse(ANY_NETWORK);
        Optional<Section> foreign = root.table("foreign-agent");
        Optional<DiscoveryConfig> discovery =
                foreign.filter(section -> section.bool("discover", false)).map(DiscoveryConfig::read);
        Optional<ForeignAgent> foreignAgent =
                discovery.isPresent() ? Optional.empty() : foreign.map(section -> foreignAgent(section, network));
        Optional<MacAddress> foreignAgentMac = foreign.filter(section -> discovery.isEmpty() && section.has("mac"))
                .map(section -> mac(section, "mac"));
        String bridge = link.map(section -> section.interfaceName("bridge")).orElse("");
        Optional<CoLocatedConfig> coLocated =
                root.table("co-located").map(section -> CoLocatedConfig.read(section, bridge));
        if (foreign.isPresent() && discovery.isEmpty() && coLocated.isPresent()) {
            root.problem("co-located", "there is a [foreign-agent] as well: one of the two is the end of the tunnels");
        }
        List<Guest> guests = guests(root, network);
        if (coLocated.isPresent() && guests.stream().anyMatch(Guest::findsHomeAgent)) {
            root.problem("co-located", "there is a [[guest]] without home-agent, which is the other end of its tunnel");
        }
        return new HookConfig(
                controlSocket,
                guestsDirectory,
                root.table("libvirt").map(section -> section.string("connection", LIBVIRT_CONNECTION)),
                bridge,
                link.map(section -> section.interfaceName("uplink")).orElse(""),
                network,
                link.map(section -> within(section, "router", network)).orElse(Ipv4Address.UNSPECIFIED),
                foreignAgent,
                foreignAgentMac,
                discovery,
                coLocated,
                root.integer("enterprise-number", 1, Integer.MAX_VALUE, HandoverExtension.DEFAULT_ENTERPRISE_NUMBER),
                guests);
    }

    HookConfig withGuests(List<Guest> others) {
        return new HookConfig(
                controlSocket,
                guestsDirectory,
                libvirt,
                bridge,
                uplink,
                network,
                router,
                foreignAgent,
                foreignAgentMac,
                discovery,
                coLocated,
                enterpriseNumber,
                others);
    }

    /** Of visitors, absent where no guest may visit. */
    Optional<TunnelEnd> tunnelEnd() {
        return foreignAgent.<TunnelEnd>map(Function.identity()).or(() -> coLocated.map(CoLocatedConfig::tunnelEnd));
    }

    private static ForeignAgent foreignAgent(Section section, Ipv4Prefix network) {
        if (section.has("mac") && !section.has("address")) {
            return ForeignAgent.withoutAddress(section.address("care-of-address"));
        }
        if (section.has("mac")) {
            section.problem(
                    "mac",
                    "there is an address as well, and where that is known it is asked for the link-layer address");
        }
        return new ForeignAgent(within(section, "address", network), section.address("care-of-address"));
    }

    private static Ipv4Address within(Section section, String key, Ipv4Prefix network) {
        Ipv4Address address = section.address(key);
        if (!network.contains(address)) {
            section.problem(key, "expected an address in " + network + ", found " + address);
        }
        return address;
    }

    private static List<Guest> guests(Section root, Ipv4Prefix network) {
        List<Guest> guests = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Set<Object> addresses = new HashSet<>();
        for (Section section : root.tables("guest")) {
            Guest guest = guest(section, network);
            unique(section, "name", names.add(guest.name()));
            unique(section, "mac", addresses.add(guest.mac()));
            unique(section, "home-address", addresses.add(guest.homeAddress()));
            guests.add(guest);
        }
        return List.copyOf(guests);
    }

    private static Guest guest(Section section, Ipv4Prefix network) {
        Ipv4Prefix home = section.prefix("home-network");
        Ipv4Address homeAddress = within(section, "home-address", home);
        Ipv4Address gateway = within(section, "home-gateway", home);
        if (gateway.equals(homeAddress)) {
            section.problem("home-gateway", "this is the guest's own home-address");
        }
        Optional<Ipv4Address> homeAgent = section.optionalAddress("home-agent");
        List<SecurityAssociation> mobileHome = section.associations("association");
        if (mobileHome.isEmpty()) {
            section.problem("association", "missing: expected at least one, with its spi and key");
        }
        if (mobileHome.stream()
                        .map(SecurityAssociation::replayProtection)
                        .distinct()
                        .count()
                > 1) {
            section.problem(
                    "association", "expected the same replay-protection and timestamp-tolerance in each of them");
        }
        return new Guest(
                section.parsed("name", "letters, digits, '.', '_' and '-'", "", HookConfig::name),
                mac(section, "mac"),
                homeAddress,
                homeAgent.orElseGet(home::broadcast),
                homeAgent.isEmpty(),
                new HomeGateway(gateway, mac(section, "home-gateway-mac")),
                home.equals(network),
                section.bool("broadcasts", false) ? Optional.of(home.broadcast()) : Optional.empty(),
                section.integer("lifetime", 1, LONGEST_LIFETIME, DEFAULT_LIFETIME),
                Duration.ofSeconds(section.integer("longest-retransmission-interval", 1, LONGEST_LIFETIME, (int)
                        Guest.DEFAULT_LONGEST_RETRANSMISSION_INTERVAL.toSeconds())),
                section.choice(
                        "encapsulation",
                        List.of(Encapsulation.IPIP, Encapsulation.GRE, Encapsulation.MINIMAL),
                        Encapsulation.IPIP),
                new Associations(mobileHome, section.associations("foreign-association")),
                section.optionalAddress("dhcp-server").orElse(null));
    }

    private static String name(String text) {
        if (!NAME.matcher(text).matches()) {
            throw new IllegalArgumentException(text);
        }
        return text;
    }

    private static MacAddress mac(Section section, String key) {
        MacAddress mac = section.parsed(key, "a MAC address like 52:54:00:12:34:56", MacAddress.NONE, MacAddress::of);
        if (mac.isGroup()) {
            section.problem(key, "expected the address of one station, found " + mac);
        }
        return mac;
    }

    private static void unique(Section section, String key, boolean isNew) {
        if (!isNew) {
            section.problem(key, "another guest above has the same");
        }
    }
}
