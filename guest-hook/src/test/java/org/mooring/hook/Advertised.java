package org.mooring.hook;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.mooring.protocol.wire.AdvertisementExtension;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AdvertisementExtension.PrefixLengths;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.AgentAdvertisement.Router;
import org.mooring.protocol.wire.Ipv4Address;

/** What an agent of a test advertises. */
record Advertised(
        String address,
        int sequence,
        int lifetime,
        int registrationLifetime,
        int flags,
        List<String> careOfAddresses,
        List<String> routers,
        int prefixLength) {
    static final int USUAL_LIFETIME = 30;

    /** A foreign agent with reverse tunnels. */
    static Advertised by(String address, int sequence, String... careOfAddresses) {
        return new Advertised(
                address,
                sequence,
                USUAL_LIFETIME,
                1800,
                MobilityAgent.FOREIGN_AGENT | MobilityAgent.REVERSE_TUNNELING,
                List.of(careOfAddresses),
                List.of(address),
                0);
    }

    Advertised with(int flag) {
        return flags(flags | flag);
    }

    Advertised without(int flag) {
        return flags(flags & ~flag);
    }

    /** Seconds for which the advertisement holds. */
    Advertised lifetime(int seconds) {
        return new Advertised(
                address, sequence, seconds, registrationLifetime, flags, careOfAddresses, routers, prefixLength);
    }

    Advertised registrationLifetime(int seconds) {
        return new Advertised(address, sequence, lifetime, seconds, flags, careOfAddresses, routers, prefixLength);
    }

    /** It tells of this router, and how long its network's prefix is. */
    Advertised on(String router, int length) {
        return new Advertised(
                address, sequence, lifetime, registrationLifetime, flags, careOfAddresses, List.of(router), length);
    }

    Event.AdvertisementReceived at(Instant at) {
        List<AdvertisementExtension> extensions = new ArrayList<>();
        extensions.add(new MobilityAgent(
                sequence,
                registrationLifetime,
                flags,
                careOfAddresses.stream().map(Ipv4Address::of).toList()));
        if (prefixLength > 0) {
            extensions.add(PrefixLengths.of(prefixLength));
        }
        return new Event.AdvertisementReceived(
                at,
                Ipv4Address.of(address),
                AgentAdvertisement.of(
                        AgentAdvertisement.NO_COMMON_TRAFFIC,
                        lifetime,
                        routers.stream()
                                .map(router -> new Router(Ipv4Address.of(router), 0))
                                .toList(),
                        extensions));
    }

    private Advertised flags(int other) {
        return new Advertised(
                address, sequence, lifetime, registrationLifetime, other, careOfAddresses, routers, prefixLength);
    }
}
