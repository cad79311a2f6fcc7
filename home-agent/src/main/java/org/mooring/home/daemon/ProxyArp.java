package org.mooring.home.daemon;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.Sysctl;
import org.mooring.linux.netlink.Neighbours;
import org.mooring.linux.netlink.ProxyNeighbour;
import org.mooring.linux.netlink.Route;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * Answers ARP on the home link for mobile nodes that are away (RFC 3344 §4.6), by one proxy neighbour for each. The kernel answers no probe
 * for a proxied address (RFC 5227 §2.1.1): {@link HomeLinkArp} does.
 */
final class ProxyArp {
    private final Neighbours neighbours;
    private final Interface homeLink;

    ProxyArp(Neighbours neighbours, Interface homeLink) {
        this.neighbours = neighbours;
        this.homeLink = homeLink;
    }

    /** Sets what the kernel must do on the home link beyond its defaults. */
    void prepare() throws IOException {
        // A proxy's answer is delayed by up to 0.8 s otherwise.
        Sysctl.ipv4Neighbour(homeLink.name(), "proxy_delay").ensure("0");
        // Neighbours that are redirected remember it, and look for the mobile node at the wrong place after its next
        // move.
        Sysctl.ipv4Device("all", "send_redirects").ensure("0");
        Sysctl.ipv4Device(homeLink.name(), "send_redirects").ensure("0");
        // A mobile node that is home again sends from an address that is still routed into its tunnel: its ARP Requests
        // and its
        // deregistration must not be filtered. The stricter of this and "all" holds, and 2 is above 1.
        Sysctl.ipv4Device(homeLink.name(), "rp_filter").ensure("2");
    }

    /** Answers for {@code bound}, and for no other address that this agent answered for in an earlier life. */
    void answerOnlyFor(Collection<Ipv4Address> bound) throws KernelException {
        var wanted = bound.stream().map(this::proxy).toList();
        for (var proxy : ours()) {
            if (!wanted.contains(proxy)) {
                neighbours.remove(proxy);
            }
        }
        for (var proxy : wanted) {
            neighbours.ensure(proxy);
        }
    }

    void answerFor(Ipv4Address homeAddress) throws KernelException {
        neighbours.ensure(proxy(homeAddress));
    }

    void stopAnsweringFor(Ipv4Address homeAddress) throws KernelException {
        neighbours.remove(proxy(homeAddress));
    }

    private List<ProxyNeighbour> ours() throws KernelException {
        return neighbours.dumpProxies().stream()
                .filter(proxy -> proxy.interfaceIndex() == homeLink.index() && proxy.protocol() == Route.PROTOCOL)
                .toList();
    }

    private ProxyNeighbour proxy(Ipv4Address homeAddress) {
        return ProxyNeighbour.on(homeLink, homeAddress.toInet());
    }
}
