package org.mooring.foreign;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.mooring.datapath.Encapsulation;
import org.mooring.foreign.Policy.ReverseTunnel;
import org.mooring.foreign.Policy.Revocability;
import org.mooring.protocol.discovery.AdvertisementSeries;
import org.mooring.protocol.wire.AdvertisementExtension;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AdvertisementExtension.PrefixLengths;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/** Tells the visitor links that there is a foreign agent (RFC 3344 §2.3). Confined to the agent loop. */
final class Advertiser {
    private final Challenges challenges;
    private final Consumer<Action> out;
    private final Map<String, AdvertisementSeries> series = new HashMap<>();

    Advertiser(Challenges challenges, Consumer<Action> out) {
        this.challenges = challenges;
        this.out = out;
    }

    /** Begins on every link. */
    void start(Policy policy, Instant now) {
        if (policy.advertising().interval().isUnsolicited()) {
            policy.links().keySet().stream()
                    .sorted()
                    .forEach(link -> out.accept(new Action.ArmAdvertisement(link, AdvertisementSeries.first(now))));
        }
    }

    /** It is time to advertise to all on {@code link}. */
    void due(Policy policy, String link, boolean busy, Instant now) {
        var interval = policy.advertising().interval();
        if (!interval.isUnsolicited()) {
            return; // As the operator decided meanwhile.
        }
        advertise(policy, link, Optional.empty(), Ipv4Address.ALL_SYSTEMS, busy);
        out.accept(new Action.ArmAdvertisement(link, series(link).next(interval, now)));
    }

    /** Answers a solicitation: to the station that asked, and at its own address if it has one. */
    void solicited(Policy policy, String link, Octets linkAddress, Ipv4Address from, boolean busy) {
        advertise(policy, link, Optional.of(linkAddress), AdvertisementSeries.answerTo(from), busy);
    }

    /**
     * Tells a mobile node that it is not registered here any more: number 0 says that whatever was registered is lost (RFC 3543 §4.1). The
     * others on its link count on.
     *
     * @param busy it should not register here again
     */
    void tellRevoked(Policy policy, Visitor visitor, boolean busy) {
        advertise(
                policy,
                visitor.link(),
                Optional.of(visitor.linkAddress()),
                visitor.homeAddress(),
                busy,
                AdvertisementSeries.FIRST_SEQUENCE);
    }

    private void advertise(
            Policy policy, String link, Optional<Octets> linkAddress, Ipv4Address destination, boolean busy) {
        advertise(policy, link, linkAddress, destination, busy, series(link).nextSequence());
    }

    private void advertise(
            Policy policy,
            String link,
            Optional<Octets> linkAddress,
            Ipv4Address destination,
            boolean busy,
            int sequence) {
        var address = Objects.requireNonNull(policy.links().get(link), "no such link");
        var advertising = policy.advertising();
        var extensions = new ArrayList<AdvertisementExtension>();
        extensions.add(new MobilityAgent(
                sequence, policy.maxLifetime(), flags(policy, busy), List.of(policy.careOfAddress())));
        Optional.ofNullable(advertising.prefixLengths().get(link))
                .ifPresent(length -> extensions.add(PrefixLengths.of(length)));
        if (advertising.challenges()) {
            // RFC 4721 §2, §2.1: behind those of RFC 3344.
            extensions.add(new AdvertisementExtension.Challenge(linkAddress
                    .map(octets -> challenges.tell(new Station(link, octets)))
                    .orElseGet(() -> challenges.advertise(link))));
        }
        var advertisement = AdvertisementSeries.advertisement(address, advertising.interval(), extensions);
        out.accept(new Action.Advertise(link, linkAddress, address, destination, advertisement));
    }

    /**
     * §2.1.1: what is not done is not promised. B and R come with F, and F with a care-of address; U only from behind a NAT (RFC 3519
     * §3.4).
     */
    private static int flags(Policy policy, boolean busy) {
        return MobilityAgent.FOREIGN_AGENT
                | (policy.reverseTunnel() == ReverseTunnel.REFUSED ? 0 : MobilityAgent.REVERSE_TUNNELING)
                | (policy.encapsulations().contains(Encapsulation.GRE) ? MobilityAgent.GRE_ENCAPSULATION : 0)
                | (policy.encapsulations().contains(Encapsulation.MINIMAL) ? MobilityAgent.MINIMAL_ENCAPSULATION : 0)
                | (policy.revocation() == Revocability.REFUSED ? 0 : MobilityAgent.REVOCATION)
                | (policy.requiresRegistration() ? MobilityAgent.REGISTRATION_REQUIRED : 0)
                | (policy.natTraversal().isBehindNat() ? MobilityAgent.UDP_TUNNELING : 0)
                | (busy ? MobilityAgent.BUSY : 0);
    }

    private AdvertisementSeries series(String link) {
        return series.computeIfAbsent(link, any -> new AdvertisementSeries());
    }
}
