package org.mooring.home;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mooring.datapath.DatapathKind;
import org.mooring.datapath.Encapsulation;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

/**
 * What the home agent is told (RFC 3344 §3.8.1).
 *
 * @param address the agent's own, which is also the tunnels' near end
 * @param homeNetworkBroadcast the broadcast address of the home network
 * @param maxLifetime seconds; 0xffff permits bindings that never end
 * @param maxBindings how many mobile nodes may be away at a time
 * @param maxSimultaneousBindings how many care-of addresses one of them may have at a time; 1: simultaneous bindings are not supported
 * @param requireAssociation whether a foreign agent without an association is refused, with code 129
 * @param encapsulations that a mobile node may ask for, beside IP in IP
 * @param compatibility which of the two RFCs rules where they differ
 * @param reservedBits what becomes of requests that have some set
 * @param natTraversal what becomes of mobile nodes and foreign agents behind a NAT
 * @param revocation whether bindings are such that either agent can revoke them
 * @param redirect the home agent that mobile nodes are sent to which have none (RFC 4433 §5.3); empty: this one takes them
 * @param advertisement what the home link is told of the agent (§2.3)
 * @param enterpriseNumber whose vendor extensions speak of handovers (docs/handover.md)
 * @param foreignAgents the associations with each foreign agent, by the address that its requests come from
 */
public record Policy(
        Ipv4Address address,
        Ipv4Address homeNetworkBroadcast,
        int maxLifetime,
        int maxBindings,
        int maxSimultaneousBindings,
        boolean requireAssociation,
        Set<Encapsulation> encapsulations,
        Compatibility compatibility,
        ReservedBits reservedBits,
        ReverseTunnel reverseTunnel,
        NatTraversal natTraversal,
        Revocability revocation,
        Optional<Ipv4Address> redirect,
        Advertising advertisement,
        int enterpriseNumber,
        List<MobileNode> mobileNodes,
        Map<Ipv4Address, List<SecurityAssociation>> foreignAgents) {
    public Policy {
        encapsulations = Set.copyOf(encapsulations);
        mobileNodes = List.copyOf(mobileNodes);
        var copy = new LinkedHashMap<Ipv4Address, List<SecurityAssociation>>();
        foreignAgents.forEach((foreignAgent, associations) -> copy.put(foreignAgent, List.copyOf(associations)));
        foreignAgents = Map.copyOf(copy);
    }

    /**
     * One that follows RFC 5944, with IP in IP alone and without simultaneous bindings, does what is asked for of RFC 3519, revokes where the
     * other agent can, and advertises itself to who asks.
     */
    public Policy(
            Ipv4Address address,
            Ipv4Address homeNetworkBroadcast,
            int maxLifetime,
            int maxBindings,
            boolean requireAssociation,
            ReverseTunnel reverseTunnel,
            int enterpriseNumber,
            List<MobileNode> mobileNodes,
            Map<Ipv4Address, List<SecurityAssociation>> foreignAgents) {
        this(
                address,
                homeNetworkBroadcast,
                maxLifetime,
                maxBindings,
                1,
                requireAssociation,
                Set.of(),
                Compatibility.RFC5944,
                ReservedBits.IGNORED,
                reverseTunnel,
                NatTraversal.DEFAULT,
                Revocability.OPTIONAL,
                Optional.empty(),
                Advertising.ON_SOLICITATION,
                enterpriseNumber,
                mobileNodes,
                foreignAgents);
    }

    /** The base RFC that rules where the two differ. */
    public enum Compatibility {
        RFC3344,
        RFC5944
    }

    /** What becomes of requests with r or x set, of which RFC 3344 says two things. */
    public enum ReservedBits {
        /** §3.3; older peers set r for what RFC 2002 called V. */
        IGNORED,
        /** §3.8.2.3: code 134. */
        REFUSED
    }

    /** Whether a registration must ask for a reverse tunnel (RFC 3024 §3.4). */
    public enum ReverseTunnel {
        OPTIONAL,
        /** Code 138 to who does not. */
        REQUIRED,
        /** Code 137 to who does. */
        REFUSED
    }

    /** Whether a registration must let either agent revoke it (RFC 3543 §4.2.1). */
    public enum Revocability {
        OPTIONAL,
        /** Code 129 where the other agent offers no revocation. */
        REQUIRED,
        /** Nothing is offered or accepted. */
        REFUSED
    }

    /**
     * Tunnels in UDP (RFC 3519).
     *
     * @param keepalive seconds that are suggested between keepalives; zero leaves it to the other end
     * @param maxLifetime the longest lifetime of a binding whose effective care-of address no authenticator covers (§5.2, §6), in seconds
     */
    public record NatTraversal(Permission permission, int keepalive, int maxLifetime) {
        /** Which UDP tunnels are permitted. */
        public enum Permission {
            /** None: code 129 to who comes through a NAT and asks for one. */
            OFF,
            /** Through a NAT: code 129 to who forces one where there is none. */
            DETECTED,
            /** Also those that are forced. */
            FORCED
        }

        /** §4.9, §5.2. */
        public static final NatTraversal DEFAULT = new NatTraversal(Permission.FORCED, 110, 60);

        /** @param needed not just forced */
        boolean permits(boolean needed) {
            return switch (permission) {
                case OFF -> false;
                case DETECTED -> needed;
                case FORCED -> true;
            };
        }
    }

    /** What of it a datapath can keep; what it can't is refused to who asks for it. */
    public Policy keptBy(DatapathKind datapath) {
        return new Policy(
                address,
                homeNetworkBroadcast,
                maxLifetime,
                maxBindings,
                maxSimultaneousBindings,
                requireAssociation,
                datapath.carried(encapsulations),
                compatibility,
                reservedBits,
                reverseTunnel,
                datapath.carries(Encapsulation.UDP)
                        ? natTraversal
                        : new NatTraversal(
                                NatTraversal.Permission.OFF, natTraversal.keepalive(), natTraversal.maxLifetime()),
                revocation,
                redirect,
                advertisement,
                enterpriseNumber,
                mobileNodes,
                foreignAgents);
    }

    /** The longest lifetime of a binding with {@code peer}, in seconds. */
    int maxLifetime(Peer peer) {
        return peer.encapsulation() == Encapsulation.UDP
                ? Math.min(maxLifetime, natTraversal.maxLifetime())
                : maxLifetime;
    }

    /**
     * With the foreign agent that {@code received} came through, if it did: by its source address, which is the care-of address (RFC 5944
     * §3.5.4), or else by the care-of address, of which a NAT makes another source (RFC 3519 §4.5).
     */
    List<SecurityAssociation> associationsWith(ReceivedRequest received) {
        var bySource = foreignAgents.getOrDefault(received.from().address(), List.of());
        return bySource.isEmpty() && UdpTunnelChoice.isAskedForByForeignAgent(received.request())
                ? foreignAgents.getOrDefault(received.request().careOfAddress(), List.of())
                : bySource;
    }

    /** With the foreign agent that has this address. */
    List<SecurityAssociation> associationsWith(Ipv4Address foreignAgent) {
        return foreignAgents.getOrDefault(foreignAgent, List.of());
    }

    /** Whether the other bindings stay beside the one that {@code request} asks for (RFC 3344 §3.8.2.2). */
    boolean keepsOthers(RegistrationRequest request) {
        return maxSimultaneousBindings > 1 && request.flags().simultaneousBindings();
    }

    /** What the tunnel that {@code flags} ask for is made of; empty if it isn't served. */
    Optional<Encapsulation> encapsulation(Flags flags) {
        return Encapsulation.requested(flags.greEncapsulation(), flags.minimalEncapsulation(), encapsulations);
    }

    /** The far end of the tunnel that {@code request} asks for, if that is served and not in UDP. */
    Peer peer(RegistrationRequest request) {
        var encapsulation = encapsulation(request.flags()).orElse(Encapsulation.IPIP);
        return new Peer(request.careOfAddress(), 0, encapsulation);
    }

    boolean isBroadcast(Ipv4Address destination) {
        return destination.equals(Ipv4Address.LIMITED_BROADCAST) || destination.equals(homeNetworkBroadcast);
    }
}
