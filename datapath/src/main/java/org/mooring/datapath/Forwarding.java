package org.mooring.datapath;

import java.net.Inet4Address;
import java.util.List;

/** What an agent does with the packets of one home address: a home agent's, or a foreign agent's share of it. */
public sealed interface Forwarding permits HomeForwarding, VisitorForwarding {
    Inet4Address homeAddress();

    /** To the peer agents: the care-of addresses for a home agent, the home agent for a foreign agent. Never empty. */
    List<Tunnel> tunnels();
}
