package org.mooring.hook;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mooring.datapath.Encapsulation;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * A guest that may run on this host, and what it takes to be the mobile node in its place.
 *
 * @param mac of the guest's interface
 * @param homeAgent its address, or the home network's directed broadcast address, at which it is to be found (RFC 3344 §3.6.1.2)
 * @param findsHomeAgent whether it is to be found
 * @param atHome whether this host's link is the guest's home link
 * @param broadcast the home network's broadcast address, if the guest wants what is sent there while it visits (RFC 3344 §4.3)
 * @param lifetime seconds to ask for; 0xffff is infinity
 * @param encapsulation to ask for, where it visits
 * @param association between the guest and its home agent
 * @param foreignAssociation between the guest and the foreign agent of this link, where there is one
 * @param dhcpServer which gets what the guest asks of any while it visits; null: the one that it has asked last, or else its
 *     home gateway
 */
public record Guest(
        String name,
        MacAddress mac,
        Ipv4Address homeAddress,
        Ipv4Address homeAgent,
        boolean findsHomeAgent,
        HomeGateway homeGateway,
        boolean atHome,
        Optional<Ipv4Address> broadcast,
        int lifetime,
        Encapsulation encapsulation,
        SecurityAssociation association,
        @Nullable SecurityAssociation foreignAssociation,
        @Nullable Ipv4Address dhcpServer) {

    /** One that asks for IP in IP. */
    public Guest(
            String name,
            MacAddress mac,
            Ipv4Address homeAddress,
            Ipv4Address homeAgent,
            boolean findsHomeAgent,
            HomeGateway homeGateway,
            boolean atHome,
            Optional<Ipv4Address> broadcast,
            int lifetime,
            SecurityAssociation association,
            @Nullable SecurityAssociation foreignAssociation,
            @Nullable Ipv4Address dhcpServer) {
        this(
                name,
                mac,
                homeAddress,
                homeAgent,
                findsHomeAgent,
                homeGateway,
                atHome,
                broadcast,
                lifetime,
                Encapsulation.IPIP,
                association,
                foreignAssociation,
                dhcpServer);
    }
}
