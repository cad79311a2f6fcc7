package org.mooring.hook;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mooring.datapath.Encapsulation;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AdvertisementExtension.PrefixLengths;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * A foreign agent as its advertisements tell of it (RFC 3344 §2.1).
 *
 * @param says the latest Mobility Agent Advertisement Extension
 * @param challenge what requests shall say (RFC 4721 §2)
 * @param careOfAddresses those that it offers and that may be used; empty if it serves no more
 * @param networks those of its routers; empty if it tells no prefix lengths
 * @param heard when it was heard last
 * @param expires when it counts as gone (§2.4.2.1)
 * @param starts how often it has been seen to start (§2.3.2)
 */
public record AdvertisedAgent(
        Ipv4Address address,
        MobilityAgent says,
        Optional<Octets> challenge,
        List<Ipv4Address> careOfAddresses,
        List<Network> networks,
        Instant heard,
        Instant expires,
        int starts) {
    /** §2.3.2: after 0xffff an agent goes on with this one, so a lower number that is less tells of a start. */
    private static final int FIRST_AFTER_ROLLOVER = 256;

    /** Where a router's address is, with the bits beyond {@code length} cleared. */
    public record Network(Ipv4Address address, int length) {
        static Network of(Ipv4Address router, int length) {
            int mask = length == 0 ? 0 : length >= Integer.SIZE ? -1 : -1 << (Integer.SIZE - length);
            return new Network(new Ipv4Address(router.bits() & mask), length);
        }
    }

    public AdvertisedAgent {
        careOfAddresses = List.copyOf(careOfAddresses);
        networks = List.copyOf(networks);
    }

    static AdvertisedAgent of(
            Ipv4Address address,
            AgentAdvertisement advertisement,
            MobilityAgent says,
            List<Ipv4Address> careOfAddresses,
            Instant at) {
        return new AdvertisedAgent(
                address,
                says,
                advertisement.challenge(),
                careOfAddresses,
                networks(advertisement),
                at,
                at.plusSeconds(advertisement.lifetime()),
                0);
    }

    /** This one, {@code before} being what was known of the same agent. */
    AdvertisedAgent after(AdvertisedAgent before) {
        boolean started = says.sequence() < before.says.sequence() && says.sequence() < FIRST_AFTER_ROLLOVER;
        return new AdvertisedAgent(
                address, says, challenge, careOfAddresses, networks, heard, expires, before.starts + (started ? 1 : 0));
    }

    /** Whether it is there, and serves visitors: those whom it has, if it {@link #isBusy}. */
    public boolean serves(Instant at) {
        return at.isBefore(expires) && !careOfAddresses.isEmpty();
    }

    /** B: it takes no more visitors, but keeps those that it has (§2.3). */
    public boolean isBusy() {
        return says.has(MobilityAgent.BUSY);
    }

    /** When it has been silent for so long that it is worth asking whether it is still there: two of three were lost. */
    Instant doubtful() {
        return heard.plus(Duration.between(heard, expires).multipliedBy(2).dividedBy(3));
    }

    /** As whom it is asked, with the care-of address that is used already, if it still offers that. */
    ForeignAgent offer(Ipv4Address inUse) {
        return new ForeignAgent(
                address,
                careOfAddresses.contains(inUse) ? inUse : careOfAddresses.get(0),
                says.registrationLifetime(),
                says.has(MobilityAgent.REVERSE_TUNNELING),
                encapsulations(),
                says.has(MobilityAgent.UDP_TUNNELING),
                challenge);
    }

    private Set<Encapsulation> encapsulations() {
        Set<Encapsulation> encapsulations = EnumSet.noneOf(Encapsulation.class);
        if (says.has(MobilityAgent.GRE_ENCAPSULATION)) {
            encapsulations.add(Encapsulation.GRE);
        }
        if (says.has(MobilityAgent.MINIMAL_ENCAPSULATION)) {
            encapsulations.add(Encapsulation.MINIMAL);
        }
        return encapsulations;
    }

    /** §2.4.2.2: whether both tell their networks, and have none in common. */
    boolean isElsewhere(AdvertisedAgent other) {
        return !networks.isEmpty()
                && !other.networks.isEmpty()
                && networks.stream().noneMatch(other.networks::contains);
    }

    private static List<Network> networks(AgentAdvertisement advertisement) {
        List<Network> networks = new ArrayList<>();
        advertisement.prefixLengths().map(PrefixLengths::octets).ifPresent(lengths -> {
            for (int i = 0; i < lengths.length(); i++) {
                networks.add(Network.of(advertisement.routers().get(i).address(), lengths.unsignedByte(i)));
            }
        });
        return networks;
    }
}
