package org.mooring.foreign.daemon;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.mooring.datapath.VisitorDatapathConfig;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.netlink.InterfaceAddress;
import org.mooring.linux.netlink.Link;
import org.mooring.linux.netlink.Netlink;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.Failure;

/** The router's links and their addresses, as they are when the program starts. */
record RouterLinks(List<Link> links, List<InterfaceAddress> addresses) {
    private static final String LOOPBACK = "lo";
    private static final String OUR_DEVICES = VisitorDatapathConfig.DEVICE.substring(0, 4);

    static RouterLinks read() throws Failure {
        try (var netlink = Netlink.open()) {
            return new RouterLinks(netlink.links().dump(), netlink.addresses().dump());
        } catch (KernelException e) {
            throw new Failure(String.valueOf(e.getMessage()), e);
        }
    }

    /** The addresses of all interfaces (RFC 3344 §3.7.2), by the interfaces' names. */
    Map<String, Set<Ipv4Address>> own() {
        return links.stream()
                .collect(Collectors.toUnmodifiableMap(
                        Link::name,
                        link -> addresses.stream()
                                .filter(own ->
                                        own.interfaceIndex() == link.device().index())
                                .map(own -> Ipv4Address.of(own.address()))
                                .collect(Collectors.toUnmodifiableSet())));
    }

    /** The links where visitors may be, each of which has the agent's own address there. */
    List<Interface> visitorLinks(Map<String, Ipv4Address> configured) throws Failure {
        var found = new ArrayList<Interface>();
        for (var link : configured.entrySet()) {
            found.add(visitorLink(link.getKey(), link.getValue()));
        }
        return found;
    }

    /**
     * Where tunnelled packets may arrive.
     *
     * @param configured if none, all links that are up, have packets routed to them, and no visitors
     */
    List<String> uplinks(List<String> configured, Collection<String> visitorLinks) throws Failure {
        for (var name : configured) {
            find(name, "uplinks");
        }
        var found = configured.isEmpty() ? uplinks(visitorLinks) : configured;
        if (found.isEmpty()) {
            throw new Failure("uplinks: no interface but the visitors' links is up: bring up the one that leads to the"
                    + " home agents, or name it");
        }
        return found;
    }

    private List<String> uplinks(Collection<String> visitorLinks) {
        return links.stream()
                .filter(link -> link.up() && link.master() == 0)
                .map(Link::name)
                .filter(name -> !name.equals(LOOPBACK) && !name.startsWith(OUR_DEVICES) && !visitorLinks.contains(name))
                .toList();
    }

    private Interface visitorLink(String name, Ipv4Address address) throws Failure {
        var device = find(name, "link");
        boolean has = addresses.stream()
                .anyMatch(own ->
                        own.interfaceIndex() == device.index() && own.address().equals(address.toInet()));
        if (!has) {
            throw new Failure("link: " + name + " does not have the address " + address + ": add it ('ip address add "
                    + address + "/32 dev " + name + "'), or correct the configuration");
        }
        return device;
    }

    private Interface find(String name, String key) throws Failure {
        return links.stream()
                .map(Link::device)
                .filter(link -> link.name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new Failure(key + ": there is no interface " + name + ": create it, or name another one"));
    }
}
