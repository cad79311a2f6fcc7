package org.mooring.foreign;

import java.time.Duration;
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
import org.mooring.protocol.wire.AdvertisementExtension;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AdvertisementExtension.PrefixLengths;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.AgentAdvertisement.Router;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/** Tells the visitor links that there is a foreign agent (RFC 3344 §2.3). Confined to the agent loop. */
final class Advertiser {
    /** RFC 1256 §6: the first few come sooner. */
    private static final int INITIAL_ADVERTISEMENTS = 3;

    private static final Duration LONGEST_INITIAL_INTERVAL = Duration.ofSeconds(16);

    /** RFC 1256 §4.1: routers that were started together do not advertise together. */
    private static final double LEAST_PART_OF_INTERVAL = 0.75;

    private static final int FIRST_SEQUENCE = 0;
    private static final int LAST_SEQUENCE = 0xffff;

    /** RFC 3344 §2.3.2: a lower number tells of a restart. */
    private static final int SEQUENCE_AFTER_LAST = 256;

    private final Challenges challenges;
    private final Consumer<Action> out;
    private final Map<String, Integer> sequences = new HashMap<>();
    private final Map<String, Integer> unsolicited = new HashMap<>();

    Advertiser(Challenges challenges, Consumer<Action> out) {
        this.challenges = challenges;
        this.out = out;
    }

    /** Begins on every link. */
    void start(Policy policy, Instant now) {
        if (policy.advertising().isUnsolicited()) {
            policy.links().keySet().stream()
                    .sorted()
                    .forEach(link -> out.accept(new Action.ArmAdvertisement(link, now, now.plusSeconds(1))));
        }
    }

    /** It is time to advertise to all on {@code link}. */
    void due(Policy policy, String link, boolean busy, Instant now) {
        var interval = policy.advertising().interval();
        if (interval.isZero()) {
            return; // As the operator decided meanwhile.
        }
        advertise(policy, link, Optional.empty(), Ipv4Address.ALL_SYSTEMS, busy);
        int sent = unsolicited.merge(link, 1, Integer::sum);
        var longest = sent < INITIAL_ADVERTISEMENTS && interval.compareTo(LONGEST_INITIAL_INTERVAL) > 0
                ? LONGEST_INITIAL_INTERVAL
                : interval;
        var least = Duration.ofMillis((long) (longest.toMillis() * LEAST_PART_OF_INTERVAL));
        out.accept(new Action.ArmAdvertisement(link, now.plus(least), now.plus(longest)));
    }

    /**
     * Answers a solicitation: to the station that asked, and at its own address if it has one. Whether that is a neighbour's does not matter
     * (RFC 3344 §2.3).
     */
    void solicited(Policy policy, String link, Octets linkAddress, Ipv4Address from, boolean busy) {
        advertise(
                policy, link, Optional.of(linkAddress), from.isUnicast() ? from : Ipv4Address.LIMITED_BROADCAST, busy);
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
                FIRST_SEQUENCE);
    }

    private void advertise(
            Policy policy, String link, Optional<Octets> linkAddress, Ipv4Address destination, boolean busy) {
        advertise(policy, link, linkAddress, destination, busy, nextSequence(link));
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
        // Code 16: who is no mobile node has another default router.
        var advertisement = AgentAdvertisement.of(
                AgentAdvertisement.NO_COMMON_TRAFFIC,
                (int) advertising.lifetime().toSeconds(),
                List.of(new Router(address, 0)),
                extensions);
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
                | (policy.advertising().registrationRequired() ? MobilityAgent.REGISTRATION_REQUIRED : 0)
                | (policy.natTraversal().isBehindNat() ? MobilityAgent.UDP_TUNNELING : 0)
                | (busy ? MobilityAgent.BUSY : 0);
    }

    /** Counts everything that is sent on {@code link}, to whomever. */
    private int nextSequence(String link) {
        int sequence = sequences.getOrDefault(link, FIRST_SEQUENCE);
        sequences.put(link, sequence == LAST_SEQUENCE ? SEQUENCE_AFTER_LAST : sequence + 1);
        return sequence;
    }
}
