package org.mooring.lab;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The configuration files of a site's programs, as an operator would write them for this topology. */
final class Configuration {
    private final RunDirectory run;
    private final Keys keys;
    private final List<Site> sites;
    private final Set<Site> coLocated;
    private final int maxLifetime;

    /**
     * @param coLocated where the KVM host is the end of its visitors' tunnels
     * @param maxLifetime that home agents grant, in seconds
     */
    Configuration(RunDirectory run, Keys keys, List<Site> sites, Set<Site> coLocated, int maxLifetime) {
        this.maxLifetime = maxLifetime;
        this.run = run;
        this.keys = keys;
        this.sites = List.copyOf(sites);
        this.coLocated = Set.copyOf(coLocated);
    }

    String homeAgent(Site site) {
        Path directory = run.resolve(site.router());
        var text = new StringBuilder("""
                address = "%s"
                home-link = "lan"
                home-network = "%s"
                uplinks = ["wan"]
                mtu = "%s"
                max-lifetime = %d
                state-directory = "%s"
                control-socket = "%s"
                """.formatted(
                        site.routerAddress(),
                        site.network(),
                        mtu(site),
                        maxLifetime,
                        directory.resolve("home-agent"),
                        directory.resolve("home-agent.sock")));
        for (Site other : others(site)) {
            text.append("""

                    [[foreign-agent]]
                    address = "%s"
                    [[foreign-agent.association]]
                    spi = 4097
                    key = "%s"
                    """.formatted(other.careOfAddress(), keys.foreignHome(other, site)));
        }
        for (Guest guest : Guest.ALL) {
            if (guest.home() == site) {
                text.append("""

                        [[mobile-node]]
                        home-address = "%s"
                        mac = "%s"
                        [[mobile-node.association]]
                        spi = 256
                        key = "%s"
                        """.formatted(guest.address(), guest.mac(), keys.mobileHome(guest)));
            }
        }
        return text.toString();
    }

    /** Sessions of the guest that is moved most have segments that fit into a tunnel from the beginning; those of others find the path MTU. */
    private static String mtu(Site site) {
        return site == Site.A ? "clamp-at-home" : "icmp";
    }

    String foreignAgent(Site site) {
        Path directory = run.resolve(site.router());
        var text = new StringBuilder("""
                care-of-address = "%s"
                uplinks = ["wan"]
                state-directory = "%s"
                control-socket = "%s"

                [[link]]
                interface = "lan"
                address = "%s"
                """.formatted(
                        site.careOfAddress(),
                        directory.resolve("foreign-agent"),
                        directory.resolve("foreign-agent.sock"),
                        site.foreignAgentAddress()));
        for (Site other : others(site)) {
            text.append("""

                    [[home-agent]]
                    address = "%s"
                    [[home-agent.association]]
                    spi = 4097
                    key = "%s"
                    """.formatted(other.routerAddress(), keys.foreignHome(site, other)));
        }
        return text.toString();
    }

    private List<Site> others(Site site) {
        return sites.stream().filter(other -> other != site).toList();
    }

    /** @param host of that site, by the name of its namespace */
    String guestHook(Site site, String host) {
        Path directory = run.resolve(host);
        var text = new StringBuilder("""
                control-socket = "%s"
                guests-directory = "%s"

                [link]
                bridge = "br0"
                uplink = "up0"
                network = "%s"
                router = "%s"

                """.formatted(
                        directory.resolve("guest-hook.sock"),
                        directory.resolve("guests"),
                        site.network(),
                        site.routerAddress()));
        text.append(tunnelEnd(site));
        for (Guest guest : Guest.ALL) {
            text.append("""

                    [[guest]]
                    name = "%s"
                    mac = "%s"
                    home-address = "%s"
                    home-network = "%s"
                    home-gateway = "%s"
                    home-gateway-mac = "%s"
                    home-agent = "%s"
                    [[guest.association]]
                    spi = 256
                    key = "%s"
                    """.formatted(
                            guest.name(),
                            guest.mac(),
                            guest.address(),
                            guest.home().network(),
                            guest.home().routerAddress(),
                            guest.home().routerMac(),
                            guest.home().routerAddress(),
                            keys.mobileHome(guest)));
        }
        return text.toString();
    }

    /** At site C the foreign agent is discovered. */
    private String tunnelEnd(Site site) {
        if (coLocated.contains(site)) {
            return """
                    [co-located]
                    care-of-address = "%s"
                    """.formatted(site.hostAddress());
        }
        return site == Site.C
                ? """
                [foreign-agent]
                discover = true
                care-of-addresses = ["%s/32"]
                """.formatted(site.careOfAddress())
                : """
                [foreign-agent]
                address = "%s"
                care-of-address = "%s"
                """.formatted(site.foreignAgentAddress(), site.careOfAddress());
    }

    String kvmMigrator(Site site, GuestImage image) {
        Path directory = run.resolve(site.host());
        var text = new StringBuilder("""
                guests-directory = "%s"
                state-directory = "%s"
                hook-socket = "%s"

                [network]
                bridge = "br0"
                uplink = "up0"

                [migration]
                address = "%s"

                [[host]]
                name = "%s"
                ssh = "root@%s"
                program = "%s"
                config = "%s"
                """.formatted(
                        directory.resolve("guests"),
                        directory.resolve("migrations"),
                        directory.resolve("guest-hook.sock"),
                        site.hostAddress(),
                        site.other().host(),
                        site.other().hostAddress(),
                        run.resolve("mooring/bin/kvm-migrator"),
                        run.resolve(site.other().host() + "/kvm-migrator.toml")));
        for (Guest guest : Guest.ALL) {
            text.append("""

                    [[guest]]
                    name = "%s"
                    memory = 112
                    cpus = 1
                    mac = "%s"
                    accel = "tcg"
                    kernel = "%s"
                    initrd = "%s"
                    append = "%s"
                    extra-args = [%s]
                    """.formatted(
                            guest.name(),
                            guest.mac(),
                            image.kernel(),
                            image.initrd(),
                            GuestImage.commandLine(guest),
                            quoted(Monitor.arguments(guest))));
        }
        return text.toString();
    }

    private static String quoted(List<String> words) {
        return words.stream().map(word -> '"' + word + '"').collect(Collectors.joining(", "));
    }
}
