package org.mooring.hook;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mooring.datapath.Encapsulation;
import org.mooring.linux.MacAddress;
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
 * @param longestRetransmissionInterval between requests that nobody answers, where the lifetime isn't shorter (RFC 3344 §3.6.3)
 * @param encapsulation to ask for, where it visits
 * @param associations between the guest and the agents
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
        Duration longestRetransmissionInterval,
        Encapsulation encapsulation,
        Associations associations,
        @Nullable Ipv4Address dhcpServer) {

    /** So long may a guest have to wait once an agent is back. */
    public static final Duration DEFAULT_LONGEST_RETRANSMISSION_INTERVAL = Duration.ofSeconds(30);

    /** One that asks for IP in IP, as often as is usual. */
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
            Associations associations,
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
                DEFAULT_LONGEST_RETRANSMISSION_INTERVAL,
                Encapsulation.IPIP,
                associations,
                dhcpServer);
    }

    Guest withAssociations(Associations others) {
        return new Guest(
                name,
                mac,
                homeAddress,
                homeAgent,
                findsHomeAgent,
                homeGateway,
                atHome,
                broadcast,
                lifetime,
                longestRetransmissionInterval,
                encapsulation,
                others,
                dhcpServer);
    }
}
