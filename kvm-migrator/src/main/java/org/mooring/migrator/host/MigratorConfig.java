package org.mooring.migrator.host;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mooring.migrator.host.Guest.Accelerator;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.config.Section;

/**
 * {@code kvm-migrator.toml}: this host, the hosts that guests may move to, and the guests.
 *
 * @param hookSocket the guest hook's control socket, which {@code check} asks and {@code listen} tells of the guest that arrives
 * @param stateDirectory keeps a record of each migration
 */
record MigratorConfig(
        Path guestsDirectory,
        Path hookSocket,
        Path stateDirectory,
        String qemu,
        Network network,
        Streams migration,
        List<RemoteHost> hosts,
        List<Guest> guests) {

    /**
     * The bridge, and what is made to go with it.
     *
     * @param uplink what is enslaved to a bridge that isn't there yet, and so has to be made
     * @param tapQueue how many frames a guest's tap keeps for a guest that is paused
     */
    record Network(String bridge, Optional<String> uplink, int tapQueue) {
        /** A tenth of a second of a full Gbit/s. With the kernel's usual 1,000 a busy guest loses some in a migration. */
        static final int TAP_QUEUE = 10_000;

        static final int LONGEST_TAP_QUEUE = 1_000_000;
    }

    /**
     * How guests' memory travels.
     *
     * @param address this host's, where streams arrive; the address that ssh came to where absent
     * @param tls QEMU's directory of certificates
     * @param maxBandwidth in MiB/s
     */
    record Streams(
            Optional<Ipv4Address> address,
            PortRange ports,
            Optional<Path> tls,
            Duration downtimeLimit,
            OptionalInt maxBandwidth) {}

    /**
     * A host to which guests may move.
     *
     * @param ssh its ssh destination
     * @param program the migrator there
     * @param config its configuration there
     * @param tlsName what its certificate calls it
     */
    record RemoteHost(String name, String ssh, List<String> sshOptions, String program, String config, String tlsName) {
        static final String PROGRAM = "kvm-migrator";
        static final String CONFIG = "/etc/mooring/kvm-migrator.toml";

        /** A host that isn't configured. */
        private static RemoteHost of(String destination) {
            String host = destination.substring(destination.lastIndexOf('@') + 1);
            return new RemoteHost(destination, destination, List.of(), PROGRAM, CONFIG, host);
        }

        /** Whom the operator means: one of these by its name, or else an ssh destination. */
        static RemoteHost find(String name, List<RemoteHost> hosts) {
            return hosts.stream()
                    .filter(host -> host.name().equals(name))
                    .findFirst()
                    .orElseGet(() -> of(name));
        }
    }

    static MigratorConfig read(Section root) {
        return new MigratorConfig(
                root.file("guests-directory", "/run/mooring/guests"),
                root.file("hook-socket", "/run/mooring/guest-hook.sock"),
                root.file("state-directory", "/var/lib/mooring/kvm-migrator"),
                root.string("qemu", "qemu-system-x86_64"),
                network(root),
                streams(root.table("migration")),
                hosts(root.tables("host")),
                guests(root.tables("guest")));
    }

    private static Network network(Section root) {
        Optional<Section> network = root.table("network");
        if (network.isEmpty()) {
            root.problem("network", "missing: expected a table with the bridge that guests are connected to");
            return new Network("?", Optional.empty(), Network.TAP_QUEUE);
        }
        Section section = network.get();
        Optional<String> uplink =
                section.has("uplink") ? Optional.of(section.interfaceName("uplink")) : Optional.empty();
        return new Network(
                section.interfaceName("bridge"),
                uplink,
                section.integer("tap-queue", 1, Network.LONGEST_TAP_QUEUE, Network.TAP_QUEUE));
    }

    private static Streams streams(Optional<Section> table) {
        PortRange ports = new PortRange(49152, 49215);
        Duration downtimeLimit = Duration.ofMillis(300);
        if (table.isEmpty()) {
            return new Streams(Optional.empty(), ports, Optional.empty(), downtimeLimit, OptionalInt.empty());
        }
        Section section = table.get();
        int bandwidth = section.integer("max-bandwidth", 0, 1 << 20, 0);
        return new Streams(
                section.optionalAddress("address"),
                section.optionalParsed("ports", "a range of ports such as \"49152-49215\"", ports, PortRange::of)
                        .orElse(ports),
                section.optionalFile("tls"),
                Duration.ofMillis(section.integer("downtime-limit", 1, 2_000_000, (int) downtimeLimit.toMillis())),
                bandwidth == 0 ? OptionalInt.empty() : OptionalInt.of(bandwidth));
    }

    private static List<RemoteHost> hosts(List<Section> tables) {
        List<RemoteHost> hosts = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Section section : tables) {
            String name = section.string("name");
            if (!names.add(name)) {
                section.problem("name", "there is another host of this name above");
            }
            hosts.add(new RemoteHost(
                    name,
                    section.string("ssh", name),
                    section.strings("ssh-options"),
                    section.string("program", RemoteHost.PROGRAM),
                    section.string("config", RemoteHost.CONFIG),
                    section.string("tls-name", name)));
        }
        return List.copyOf(hosts);
    }

    private static List<Guest> guests(List<Section> tables) {
        List<Guest> guests = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Set<String> taps = new HashSet<>();
        for (Section section : tables) {
            Guest guest = guest(section);
            if (!names.add(guest.name())) {
                section.problem("name", "there is another guest of this name above");
            } else if (!taps.add(guest.tap())) {
                section.problem("tap", "its tap would be " + guest.tap() + ", as of another guest above: name another");
            }
            guests.add(guest);
        }
        return List.copyOf(guests);
    }

    private static Guest guest(Section section) {
        String name = section.parsed("name", "letters, digits, - and _, at most 48", "unnamed", text -> {
            if (!Guest.NAME.matcher(text).matches()) {
                throw new IllegalArgumentException(text);
            }
            return text;
        });
        return new Guest(
                name,
                section.integer("memory", 1, 1 << 24),
                section.integer("cpus", 1, 512, 1),
                section.mac("mac").toString(),
                section.choice("accel", Accelerator.KVM),
                section.string("machine", "pc"),
                orNull(section.optionalString("cpu")),
                orNull(section.optionalFile("kernel").map(Path::toString)),
                orNull(section.optionalFile("initrd").map(Path::toString)),
                orNull(section.optionalString("append")),
                section.tables("disks").stream().map(MigratorConfig::disk).toList(),
                section.strings("extra-args"),
                section.has("tap") ? section.interfaceName("tap") : Guest.tapOf(name));
    }

    private static Disk disk(Section section) {
        return new Disk(
                section.file("file").toString(),
                section.string("format", "raw"),
                section.bool("shared", false),
                section.bool("read-only", false));
    }

    private static @Nullable String orNull(Optional<String> value) {
        return value.isPresent() ? value.get() : null;
    }
}
