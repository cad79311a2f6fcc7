package org.mooring.migrator.host;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.mooring.linux.Interface;
import org.mooring.linux.MacAddress;
import org.mooring.linux.Sysctl;
import org.mooring.linux.netlink.InterfaceAddress;
import org.mooring.linux.netlink.Link;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.tun.Tun;
import org.mooring.runtime.Failure;
import org.mooring.runtime.preflight.DiskFull;
import org.mooring.runtime.preflight.FileRefusal;

/** The bridge that guests are connected to, and a tap for each guest. */
final class HostNetwork {

    private static final String TAP_KIND = "tun";

    private final MigratorConfig.Network config;
    private final Path directory;

    /** @param directory where it is noted which bridge is of our making */
    HostNetwork(MigratorConfig.Network config, Path directory) {
        this.config = config;
        this.directory = directory;
    }

    void refuseIfTaken(String tap) throws Failure {
        change(netlink -> {
            if (netlink.links().find(tap).isPresent()) {
                throw new Failure(
                        "device " + tap + " exists already: another guest's, or a remainder that 'ip link delete " + tap
                                + "' removes; or choose another name by 'tap' under [[guest]]");
            }
        });
    }

    /** Makes the guest's tap a port of the bridge, and before that the bridge, if there is none. */
    void connect(Guest guest) throws Failure {
        change(netlink -> {
            Link bridge = bridge(netlink);
            try (Tun tap = Tun.open(guest.tap(), Tun.Layer.ETHERNET)) {
                tap.setPersistent(true);
            }
            Interface tap = netlink.links().get(guest.tap()).device();
            // The guest's own address with a high first octet: never the lowest, which a bridge takes as its own.
            netlink.links()
                    .setMac(tap, new MacAddress(MacAddress.of(guest.mac()).bits() | 0xfe00_0000_0000L));
            // The frames that reach a guest's tap while the guest is paused wait there, in order.
            netlink.links().setTxQueueLength(tap, config.tapQueue());
            silence(tap);
            netlink.links().setMaster(tap, bridge.device());
            netlink.links().setUp(tap);
        });
    }

    /** Removes a guest's tap. Idempotent. */
    void disconnect(String tap) throws Failure {
        change(netlink -> {
            Optional<Link> link = netlink.links().find(tap);
            if (link.isPresent() && link.get().kind().equals(TAP_KIND)) {
                netlink.links().remove(tap);
            }
        });
    }

    /** Removes the bridge if we made it, no guest is on it any more, and nobody has given it an address. */
    void removeUnusedBridge() throws Failure {
        if (!Files.isDirectory(directory)) {
            return;
        }
        change(netlink -> {
            if (!Files.exists(ours())) {
                return;
            }
            Optional<Link> bridge = netlink.links().find(config.bridge());
            if (bridge.isPresent()) {
                int index = bridge.get().index();
                boolean used = netlink.links().dump().stream()
                        .anyMatch(link ->
                                link.master() == index && !config.uplink().equals(Optional.of(link.name())));
                boolean addressed =
                        netlink.addresses().dump().stream().anyMatch(address -> address.interfaceIndex() == index);
                if (used || addressed) {
                    return;
                }
                netlink.links().remove(config.bridge());
            }
            Files.delete(ours());
        });
    }

    /** Says what would come of making the bridge. */
    void examine(Findings findings) {
        try (Netlink netlink = Netlink.open()) {
            if (config.uplink().isEmpty()) {
                findings.warn(
                        "bridge: there is no " + config.bridge() + "; it would be made without an uplink",
                        "guests would reach nobody beyond this host: set 'uplink' under [network]");
            } else {
                freeUplink(netlink, config.uplink().get());
                findings.ok("bridge: " + config.bridge() + " would be made with uplink "
                        + config.uplink().get());
            }
        } catch (Failure | IOException e) {
            findings.fail("bridge: " + e.getMessage());
        }
    }

    private Link bridge(Netlink netlink) throws IOException, Failure {
        Optional<Link> present = netlink.links().find(config.bridge());
        if (present.isPresent()) {
            return present.get();
        }
        Optional<Interface> uplink = Optional.empty();
        if (config.uplink().isPresent()) {
            uplink = Optional.of(freeUplink(netlink, config.uplink().get()));
        }
        // Noted first: a bridge that nobody knew to be ours would stay for ever.
        Files.write(ours(), new byte[0]);
        Link bridge = netlink.links().ensureBridge(config.bridge());
        if (uplink.isPresent()) {
            netlink.links().setMac(bridge.device(), uplink.get().mac());
            netlink.links().setMaster(uplink.get(), bridge.device());
            netlink.links().setUp(uplink.get());
        }
        netlink.links().setUp(bridge.device());
        return bridge;
    }

    /** The uplink, if it can become a port: a port's own addresses are dead. */
    private Interface freeUplink(Netlink netlink, String name) throws IOException, Failure {
        Optional<Link> link = netlink.links().find(name);
        if (link.isEmpty()) {
            throw new Failure("there is no bridge " + config.bridge() + ", and no uplink " + name
                    + " to make one with: correct 'bridge' or 'uplink' under [network]");
        }
        for (InterfaceAddress address : netlink.addresses().dump()) {
            if (address.interfaceIndex() == link.get().index()) {
                throw wouldCutOff(name, address.address().getHostAddress());
            }
        }
        Optional<String> ipv6 = globalIpv6Address(name);
        if (ipv6.isPresent()) {
            throw wouldCutOff(name, ipv6.get());
        }
        return link.get().device();
    }

    private Failure wouldCutOff(String uplink, String address) {
        return new Failure("there is no bridge " + config.bridge() + ", and to make one with uplink " + uplink
                + " would cut this host off, because " + uplink + " carries its address " + address
                + ": make the bridge in the host's own network configuration, with the address on it");
    }

    /** Each line of if_inet6 is: address, index, prefix length, scope, flags, name; scope 00 is global. */
    private static Optional<String> globalIpv6Address(String device) throws IOException {
        Path addresses = Path.of("/proc/thread-self/net/if_inet6");
        if (!Files.exists(addresses)) {
            return Optional.empty();
        }
        return Files.readAllLines(addresses).stream()
                .map(line -> line.trim().split("\\s+", -1))
                .filter(fields -> fields.length == 6 && fields[5].equals(device) && fields[3].equals("00"))
                .map(fields -> fields[0])
                .findFirst();
    }

    /** The host's own IPv6 says nothing on a guest's link. */
    private static void silence(Interface tap) throws IOException {
        Path disable = Path.of("/proc/sys/net/ipv6/conf", tap.name(), "disable_ipv6");
        if (Files.exists(disable)) {
            new Sysctl(disable).ensure("1");
        }
    }

    private Path ours() {
        return directory.resolve(config.bridge() + ".bridge");
    }

    private interface Change {
        void make(Netlink netlink) throws IOException, Failure;
    }

    /** Two guests that come and go at the same time share the bridge: one change at a time. */
    private void change(Change change) throws Failure {
        try (FileChannel file = FileChannel.open(
                        directory.resolve(".network"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = file.lock();
                Netlink netlink = Netlink.open()) {
            if (lock.isValid()) {
                change.make(netlink);
            }
        } catch (IOException e) {
            // What the kernel refuses is said with what to do; a file's refusal isn't.
            String reason = String.valueOf(e.getMessage());
            throw new Failure(
                    "network of this host: "
                            + (e instanceof FileSystemException || DiskFull.is(reason)
                                    ? "in " + directory + ": " + FileRefusal.words(e)
                                    : reason),
                    e);
        }
    }
}
