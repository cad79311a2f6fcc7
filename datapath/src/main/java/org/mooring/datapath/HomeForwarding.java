package org.mooring.datapath;

import java.net.Inet4Address;
import java.util.List;
import java.util.Optional;

/**
 * A home agent's forwarding for a mobile node that is away (RFC 3344 §4.2.3): packets to its home address enter the
 * tunnels, a copy each; packets out of a tunnel are taken if their inner source is the home address (RFC 3024 §4.3.2).
 *
 * @param tunnels one to each care-of address, from one to {@link #MOST_TUNNELS}
 */
public record HomeForwarding(Inet4Address homeAddress, List<Tunnel> tunnels) implements Forwarding {
    /** So many simultaneous bindings are served, and as many more staged. */
    public static final int MOST_TUNNELS = 3;

    public HomeForwarding {
        tunnels = List.copyOf(tunnels);
        if (tunnels.isEmpty() || tunnels.size() > MOST_TUNNELS) {
            throw new IllegalArgumentException(tunnels.size() + " tunnels");
        }
    }

    /** The outer source of what comes by the old path, for a mobile node that comes home. */
    static Optional<Inet4Address> oldSource(Slots<HomeForwarding> slots) {
        return slots.foremost().map(forwarding -> forwarding.tunnels().get(0).remote());
    }

    public HomeForwarding(Inet4Address homeAddress, Tunnel tunnel) {
        this(homeAddress, List.of(tunnel));
    }
}
