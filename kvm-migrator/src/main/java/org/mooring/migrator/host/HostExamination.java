package org.mooring.migrator.host;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mooring.linux.Ipv4;
import org.mooring.linux.netlink.Link;
import org.mooring.linux.netlink.Netlink;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.Version;

/** Looks at this host as far as a guest's coming or going needs it. Changes nothing. */
final class HostExamination {
    private static final Pattern QEMU_VERSION = Pattern.compile("version ([0-9.]+)");
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable: *([0-9]+) kB");
    private static final Path BRIDGE_CALLS_IPTABLES = Path.of("/proc/sys/net/bridge/bridge-nf-call-iptables");
    private static final List<String> CERTIFICATES = List.of("ca-cert.pem");

    private final MigratorConfig config;
    private final Guest guest;
    private final Findings findings = new Findings();

    HostExamination(MigratorConfig config, Guest guest) {
        this.config = config;
        this.guest = guest;
    }

    /**
     * @param arriving the guest is to come here; else it is to leave
     * @param tls the stream is to be encrypted
     * @param address where it would arrive
     */
    Examination examine(boolean arriving, boolean tls, Optional<String> address) throws Failure {
        String qemu = qemu();
        int mtu = network();
        if (arriving) {
            arrival(address);
        }
        if (tls) {
            certificates(arriving ? "server" : "client");
        }
        HookExamination hook = new HookExamination(config.hookSocket());
        hook.examine(guest.name(), findings);
        // At home, the guest's packets don't come out of a tunnel; and the home agent awaits none from its own link.
        if (hook.visiting().orElse(false) && hook.homeAgent().isPresent()) {
            tunnel("home agent", hook.homeAgent().get(), mtu, findings);
        }
        return new Examination(
                findings.all(),
                Version.read(),
                qemu,
                mtu,
                hook.visiting().isPresent() ? hook.visiting().get() : null,
                hook.careOfAddress().isPresent() ? hook.careOfAddress().get() : null);
    }

    /** Whether tunnelled packets from here reach an agent, also such as fill the link. */
    static void tunnel(String agent, String address, int mtu, Findings findings) {
        String way = "protocol 4: tunnelled packets from here to " + agent + " " + address;
        try {
            TunnelPing ping = new TunnelPing(Ipv4.address(address));
            Optional<Duration> answer = ping.send(TunnelPing.shortest());
            if (answer.isEmpty()) {
                findings.fail(
                        way + " get no answer",
                        "let IP protocol 4 pass the firewalls on the way, and see that the agent runs and that the routers"
                                + " forward (net.ipv4.ip_forward=1)");
                return;
            }
            findings.ok(String.format(
                    Locale.ROOT, "%s are answered in %.1f ms", way, answer.get().toNanos() / 1e6));
            findings.ok("forwarding: the routers between here and " + agent + " " + address + " forward");
            if (mtu > TunnelPing.shortest()) {
                fullSize(ping, way, mtu, findings);
            }
        } catch (IOException e) {
            findings.fail(way + " can't be sent", String.valueOf(e.getMessage()));
        }
    }

    private static void fullSize(TunnelPing ping, String way, int mtu, Findings findings) throws IOException {
        boolean answered;
        try {
            answered = ping.send(mtu).isPresent();
        } catch (IOException tooLong) {
            // The first try taught the kernel a smaller path MTU.
            answered = false;
        }
        if (answered) {
            findings.ok("mtu: " + way.replaceFirst("^protocol 4: ", "") + " may have " + mtu + " octets");
        } else {
            findings.warn(
                    "mtu: " + way.replaceFirst("^protocol 4: ", "") + " don't pass with " + mtu + " octets",
                    "look for a link with a smaller MTU on the way, or set mtu = \"clamp-at-home\" at the agents");
        }
    }

    private String qemu() throws Failure {
        if (guest.accel() == Guest.Accelerator.KVM) {
            try {
                GuestOptions.requireAccelerator(guest);
                findings.ok("kvm: /dev/kvm can be opened");
            } catch (Failure e) {
                findings.fail("kvm: " + e.getMessage());
            }
        }
        try {
            Process process = new ProcessBuilder(config.qemu(), "-version")
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            Matcher version =
                    QEMU_VERSION.matcher(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
            if (process.waitFor() == 0 && version.find()) {
                findings.ok("qemu: " + config.qemu() + " is version " + version.group(1));
                return version.group(1);
            }
            findings.fail("qemu: " + config.qemu() + " does not tell its version", "is that QEMU?");
        } catch (IOException e) {
            findings.fail("qemu: " + e.getMessage(), "install QEMU, or name it by 'qemu' in the configuration");
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts this thread", e);
        }
        return "";
    }

    /** Returns the MTU that guests have here. */
    private int network() {
        String bridgeName = config.network().bridge();
        Optional<String> uplinkName = config.network().uplink();
        try (Netlink netlink = Netlink.open()) {
            Optional<Link> bridge = netlink.links().find(bridgeName);
            Optional<Link> uplink = uplinkName.isPresent() ? netlink.links().find(uplinkName.get()) : Optional.empty();
            bridgedThroughFilters();
            if (bridge.isEmpty()) {
                new HostNetwork(config.network(), config.guestsDirectory()).examine(findings);
                return uplink.map(link -> link.device().mtu()).orElse(0);
            }
            if (!bridge.get().up()) {
                findings.fail("bridge: " + bridgeName + " is down", "ip link set " + bridgeName + " up");
            } else if (uplinkName.isPresent()
                    && (uplink.isEmpty()
                            || uplink.get().master() != bridge.get().index())) {
                findings.warn(
                        "bridge: uplink " + uplinkName.get() + " is not a port of " + bridgeName,
                        "without it, guests reach nobody beyond this host");
            } else if (uplink.isPresent() && !uplink.get().running()) {
                findings.fail("bridge: uplink " + uplinkName.get() + " has no carrier", "see to its cable");
            } else {
                findings.ok("bridge: " + bridgeName + " is up"
                        + uplinkName
                                .map(name -> ", uplink " + name + " is its port")
                                .orElse(""));
            }
            return bridge.get().device().mtu();
        } catch (IOException e) {
            findings.fail("network: " + e.getMessage());
            return 0;
        }
    }

    /** Bridged frames then pass the host's own iptables rules, which were not written for guests. */
    private void bridgedThroughFilters() throws IOException {
        if (Files.exists(BRIDGE_CALLS_IPTABLES)
                && Files.readString(BRIDGE_CALLS_IPTABLES).strip().equals("1")) {
            findings.warn(
                    "bridge: frames between guests and the uplink pass this host's iptables rules",
                    "sysctl net.bridge.bridge-nf-call-iptables=0");
        }
    }

    private void arrival(Optional<String> address) {
        memory();
        if (address.isPresent()) {
            port(address.get());
        } else {
            findings.fail("port: where would the stream arrive?", "set 'address' under [migration]");
        }
        GuestFiles files = new GuestFiles(config.guestsDirectory(), guest.name());
        if (Files.exists(files.record())) {
            findings.fail(
                    "guest: " + guest.name() + " is here already (" + files.record() + ")",
                    "'kvm-migrator teardown " + guest.name() + "' removes it");
        } else if (Files.exists(Path.of("/proc/sys/net/ipv4/conf", guest.tap()))) {
            findings.fail("tap: device " + guest.tap() + " exists already", "'ip link delete " + guest.tap() + "'");
        } else {
            findings.ok("guest: nothing of " + guest.name() + " is here yet");
        }
        files();
    }

    private void files() {
        List<String> needed = new ArrayList<>();
        if (guest.kernel() != null) {
            needed.add(guest.kernel());
        }
        if (guest.initrd() != null) {
            needed.add(guest.initrd());
        }
        guest.disks().forEach(disk -> needed.add(disk.file()));
        List<String> missing =
                needed.stream().filter(file -> !Files.isReadable(Path.of(file))).toList();
        if (!missing.isEmpty()) {
            findings.fail(
                    "files: " + String.join(", ", missing) + " can't be read here",
                    "the guest needs them under the same path as at the source");
        } else if (!needed.isEmpty()) {
            findings.ok("files: " + String.join(", ", needed) + (needed.size() == 1 ? " is" : " are") + " there");
        }
    }

    private void memory() {
        try {
            Matcher available = AVAILABLE.matcher(Files.readString(Path.of("/proc/meminfo")));
            long mebibytes = available.find() ? Long.parseLong(available.group(1)) / 1024 : 0;
            String text = "memory: " + mebibytes + " MiB available, the guest has " + guest.memory();
            if (mebibytes < guest.memory()) {
                findings.fail(text, "make room first");
            } else {
                findings.ok(text);
            }
        } catch (IOException e) {
            findings.warn("memory: unknown", String.valueOf(e.getMessage()));
        }
    }

    private void port(String address) {
        PortRange ports = config.migration().ports();
        for (int port = ports.first(); port <= ports.last(); port++) {
            try (ServerSocket socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getByName(address), port));
                findings.ok("port: the stream would arrive at " + address + ":" + socket.getLocalPort());
                return;
            } catch (IOException taken) {
                // The next one, then.
            }
        }
        findings.fail(
                "port: none of " + ports + " can be bound at " + address,
                "widen 'ports' or correct 'address' under [migration]");
    }

    private void certificates(String endpoint) {
        if (config.migration().tls().isEmpty()) {
            findings.fail("tls: no directory of certificates", "set 'tls' under [migration]");
            return;
        }
        Path directory = config.migration().tls().get();
        List<String> needed = new ArrayList<>(CERTIFICATES);
        needed.add(endpoint + "-cert.pem");
        needed.add(endpoint + "-key.pem");
        List<String> missing = needed.stream()
                .filter(name -> !Files.isReadable(directory.resolve(name)))
                .toList();
        if (missing.isEmpty()) {
            findings.ok("tls: certificates are in " + directory);
        } else {
            findings.fail(
                    "tls: " + directory + " lacks " + String.join(", ", missing), "see QEMU's manual, 'TLS setup'");
        }
    }
}
