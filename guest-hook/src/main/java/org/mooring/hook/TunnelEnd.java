package org.mooring.hook;

import org.mooring.protocol.wire.Ipv4Address;

/** What the guests that visit this host's link have for a tunnel end (RFC 3344 §1.5). */
public sealed interface TunnelEnd permits ForeignAgent, CoLocated {
    Ipv4Address careOfAddress();
}
