package org.mooring.conformance.scenario;

import java.util.Optional;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/** A party at which tunnels end. */
interface TunnelEndParty {
    /**
     * Whether what is sent to {@code careOfAddress} comes out here.
     *
     * @param careOfAddress the home address for what is sent home
     */
    boolean isEndOf(Ipv4Address careOfAddress, Ipv4Address homeAddress);

    /**
     * A message to port 434 of {@code homeAddress} comes out.
     *
     * @return where it goes on to, where its packets are redirected
     */
    Optional<Ipv4Address> leaveTunnel(Ipv4Address homeAddress, Octets message);
}
