package org.mooring.datapath;

import java.net.Inet4Address;
import java.util.List;
import java.util.Optional;
import org.mooring.linux.MacAddress;

/**
 * A foreign agent's forwarding for a visitor (RFC 3344 §4.2.2): packets out of the tunnel whose inner destination is the
 * home address go to {@code mac} on {@code link}.
 *
 * @param tunnel to the home agent
 * @param link name of the interface where the visitor is
 * @param mac the visitor's link-layer address; the kernel never asks for it by ARP (RFC 3344 §4.2.2)
 * @param reverseTunnel whether what the visitor sends goes through the tunnel as well (RFC 3024 §5)
 * @param encapsulatesTo the agent's address to which the visitor encapsulates what shall go there, while the rest is routed (RFC 3024
 *     §5.2); none if all it sends shall (§5.1)
 * @param previousCareOfAddress a foreign agent that may redirect packets for the visitor to here, in IP (RFC 2003)
 */
public record VisitorForwarding(
        Inet4Address homeAddress,
        Tunnel tunnel,
        String link,
        MacAddress mac,
        boolean reverseTunnel,
        Optional<Inet4Address> encapsulatesTo,
        Optional<Inet4Address> previousCareOfAddress)
        implements Forwarding {

    public VisitorForwarding(
            Inet4Address homeAddress, Tunnel tunnel, String link, MacAddress mac, boolean reverseTunnel) {
        this(homeAddress, tunnel, link, mac, reverseTunnel, Optional.empty(), Optional.empty());
    }

    @Override
    public List<Tunnel> tunnels() {
        return List.of(tunnel);
    }
}
