package org.mooring.hook.daemon;

import java.net.Inet4Address;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.netlink.Link;
import org.mooring.linux.netlink.Netlink;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.Failure;

/**
 * The link as it was found when the hook started.
 *
 * @param bridge whose ports the guests' taps are
 * @param uplink the port of it behind which the routers are
 * @param hostAddress this host's own on the link
 */
record HookLink(Interface bridge, Interface uplink, Inet4Address hostAddress) {
    /**
     * Finds what the configuration names.
     *
     * @throws Failure if any of it isn't there
     */
    static HookLink find(HookConfig config, Netlink netlink) throws Failure {
        try {
            Link bridge = find(config.bridge(), "link.bridge", netlink);
            if (!bridge.kind().equals("bridge")) {
                throw new Failure("link.bridge: %s is no bridge: name the bridge that the guests' taps are ports of"
                        .formatted(config.bridge()));
            }
            Link uplink = find(config.uplink(), "link.uplink", netlink);
            if (uplink.master() != bridge.index()) {
                throw new Failure(
                        "link.uplink: %s is no port of %s: add it ('ip link set %s master %s'), or name the port that is"
                                .formatted(config.uplink(), config.bridge(), config.uplink(), config.bridge()));
            }
            return new HookLink(bridge.device(), uplink.device(), hostAddress(config, bridge, netlink));
        } catch (KernelException e) {
            throw new Failure(
                    "the kernel doesn't tell of its interfaces: " + e.getMessage()
                            + ": run the hook as its systemd unit does",
                    e);
        }
    }

    /** This host's link-layer address: the bridge's, which may change with its ports. */
    MacAddress hostMac(Netlink netlink) {
        try {
            return netlink.links()
                    .find(bridge.name())
                    .map(link -> link.device().mac())
                    .orElse(bridge.mac());
        } catch (KernelException e) {
            return bridge.mac();
        }
    }

    private static Link find(String name, String key, Netlink netlink) throws KernelException, Failure {
        return netlink.links()
                .find(name)
                .orElseThrow(() -> new Failure(
                        "%s: there is no interface %s: create it, or name another one".formatted(key, name)));
    }

    private static Inet4Address hostAddress(HookConfig config, Link bridge, Netlink netlink)
            throws KernelException, Failure {
        return netlink.addresses().dump().stream()
                .filter(address -> address.interfaceIndex() == bridge.index())
                .filter(address -> config.network().contains(Ipv4Address.of(address.address())))
                .findFirst()
                .orElseThrow(() -> new Failure(
                        "link.network: %s has no address in %s: give this host one, to ask for the routers' link-layer addresses with"
                                .formatted(config.bridge(), config.network())))
                .address();
    }
}
