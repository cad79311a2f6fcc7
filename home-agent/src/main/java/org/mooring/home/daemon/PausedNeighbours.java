package org.mooring.home.daemon;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.netlink.Neighbour;
import org.mooring.linux.netlink.Neighbours;
import org.mooring.linux.netlink.Route;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.config.Ipv4Prefix;

/** Mobile nodes that are at home and paused, so that they answer no ARP: the kernel is told their MACs. Confined to one thread. */
final class PausedNeighbours {
    private final Neighbours neighbours;
    private final Interface homeLink;
    private final Map<Ipv4Address, Neighbour> held = new HashMap<>();

    PausedNeighbours(Neighbours neighbours, Interface homeLink) {
        this.neighbours = neighbours;
        this.homeLink = homeLink;
    }

    /** Leaves to ARP what an earlier life held: whoever it was has registered since, or will. A foreign agent's visitors are its own. */
    void releaseAll(Ipv4Prefix homeNetwork) throws KernelException {
        for (var neighbour : neighbours.dump()) {
            if (neighbour.interfaceIndex() == homeLink.index()
                    && neighbour.permanent()
                    && neighbour.protocol() == Route.PROTOCOL
                    && isMobileNode(Ipv4Address.of(neighbour.address()), homeNetwork)) {
                neighbours.release(neighbour);
            }
        }
    }

    private static boolean isMobileNode(Ipv4Address address, Ipv4Prefix homeNetwork) {
        return homeNetwork.contains(address) || address.equals(WarmUp.NOBODY);
    }

    /** Of a mobile node that is not paused, and that ARP has found at home. */
    Optional<MacAddress> mac(Ipv4Address homeAddress) throws KernelException {
        return neighbours.dump().stream()
                .filter(neighbour -> neighbour.interfaceIndex() == homeLink.index()
                        && neighbour.address().equals(homeAddress.toInet()))
                .map(Neighbour::mac)
                .filter(mac -> !mac.equals(MacAddress.NONE) && !mac.isGroup())
                .findFirst();
    }

    void hold(Ipv4Address homeAddress, MacAddress mac) throws KernelException {
        var neighbour = Neighbour.permanent(homeLink, homeAddress.toInet(), mac);
        held.put(homeAddress, neighbour);
        neighbours.ensure(neighbour);
    }

    /** Leaves it to ARP again, if it was held. */
    void release(Ipv4Address homeAddress) throws KernelException {
        var neighbour = held.get(homeAddress);
        if (neighbour != null) {
            neighbours.release(neighbour);
            held.remove(homeAddress);
        }
    }
}
