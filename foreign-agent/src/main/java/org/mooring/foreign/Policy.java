package org.mooring.foreign;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mooring.datapath.DatapathKind;
import org.mooring.datapath.Encapsulation;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.UdpTunnelRequest;

/**
 * What the operator decided.
 *
 * @param careOfAddress the care-of address that is offered: the end of the tunnels
 * @param links the agent's own address on each visitor link, by interface name
 * @param others the addresses that this machine has, by its interfaces, as far as they are known
 * @param maxLifetime the longest lifetime that is relayed, in seconds; 0xffff is infinity
 * @param maxPending how many requests may wait for an answer at once
 * @param maxVisitors how many visitors may be listed and staged together; what is pending then may still join them
 * @param enterpriseNumber of the vendor extensions of handovers (docs/handover.md, "Octets")
 * @param requireAssociation serve only who shares an association with us, or whose home agent does
 * @param encapsulations that a visitor may ask for, beside IP in IP
 * @param compatibility which of the two RFCs rules where they differ
 * @param reservedBits what becomes of requests that have some set
 * @param encapsulatingDelivery whether visitors may choose what goes through the reverse tunnel (RFC 3024 §5.2)
 * @param natTraversal whether tunnels may be carried in UDP
 * @param revocation whether registrations are such that either agent can revoke them
 * @param mobileNodes mobile-foreign associations by home address
 * @param homeAgents foreign-home associations by the home agent's address
 */
public record Policy(
        Ipv4Address careOfAddress,
        Map<String, Ipv4Address> links,
        Map<String, Set<Ipv4Address>> others,
        int maxLifetime,
        int maxPending,
        int maxVisitors,
        int enterpriseNumber,
        boolean requireAssociation,
        Set<Encapsulation> encapsulations,
        Compatibility compatibility,
        ReservedBits reservedBits,
        ReverseTunnel reverseTunnel,
        boolean encapsulatingDelivery,
        Revocability revocation,
        Advertising advertising,
        NatTraversal natTraversal,
        Map<Ipv4Address, List<SecurityAssociation>> mobileNodes,
        Map<Ipv4Address, List<SecurityAssociation>> homeAgents) {
    public Policy {
        links = Map.copyOf(links);
        others = Map.copyOf(others);
        encapsulations = Set.copyOf(encapsulations);
        mobileNodes = Map.copyOf(mobileNodes);
        homeAgents = Map.copyOf(homeAgents);
    }

    /**
     * One that follows RFC 5944, has IP in IP alone, a reverse tunnel in both delivery styles for who asks, is told of to who asks, asks for no
     * UDP tunnels, and revokes nothing.
     */
    public Policy(
            Ipv4Address careOfAddress,
            Map<String, Ipv4Address> links,
            int maxLifetime,
            int maxPending,
            int maxVisitors,
            int enterpriseNumber,
            boolean requireAssociation,
            Map<Ipv4Address, List<SecurityAssociation>> mobileNodes,
            Map<Ipv4Address, List<SecurityAssociation>> homeAgents) {
        this(
                careOfAddress,
                links,
                Map.of(),
                maxLifetime,
                maxPending,
                maxVisitors,
                enterpriseNumber,
                requireAssociation,
                Set.of(),
                Compatibility.RFC5944,
                ReservedBits.IGNORED,
                ReverseTunnel.OPTIONAL,
                true,
                Revocability.REFUSED,
                Advertising.ON_SOLICITATION,
                NatTraversal.NONE,
                mobileNodes,
                homeAgents);
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
        /** §3.7.2.1: code 70. */
        REFUSED
    }

    /** Whether a registration must ask for a reverse tunnel (RFC 3024 §3.4). */
    public enum ReverseTunnel {
        OPTIONAL,
        /** Code 75 to who does not. */
        REQUIRED,
        /** Code 74 to who does. */
        REFUSED
    }

    /** Whether a registration must let either agent revoke it (RFC 3543 §4.2.1). */
    public enum Revocability {
        OPTIONAL,
        /** Code 65 where the home agent agrees to no revocation. */
        REQUIRED,
        /** Nothing is offered, and nothing revoked. */
        REFUSED
    }

    /**
     * Tunnels in UDP (RFC 3519).
     *
     * @param keepalive the longest time between keepalives, and the usual one where a home agent says none
     */
    public record NatTraversal(Asking asking, Duration keepalive) {
        /** When a home agent is asked for a UDP tunnel (RFC 3519 §4.5). */
        public enum Asking {
            OFF,
            /** If it sees a NAT on the way. */
            AUTO,
            /** The same, where it is known that there is one: mobile nodes are told, and need a reverse tunnel. */
            BEHIND_NAT,
            /** Always: nothing else passes. */
            FORCE
        }

        static final NatTraversal NONE = new NatTraversal(Asking.OFF, UdpTunnel.DEFAULT_KEEPALIVE);

        /** What is asked for, if anything is. */
        Optional<UdpTunnelRequest> request() {
            return switch (asking) {
                case OFF -> Optional.empty();
                case AUTO, BEHIND_NAT -> Optional.of(new UdpTunnelRequest(0, 0));
                case FORCE -> Optional.of(new UdpTunnelRequest(UdpTunnelRequest.FORCE, 0));
            };
        }

        boolean isBehindNat() {
            return asking == Asking.BEHIND_NAT;
        }
    }

    /** On a machine whose interfaces have these addresses. */
    public Policy on(Map<String, Set<Ipv4Address>> addresses) {
        return new Policy(
                careOfAddress,
                links,
                addresses,
                maxLifetime,
                maxPending,
                maxVisitors,
                enterpriseNumber,
                requireAssociation,
                encapsulations,
                compatibility,
                reservedBits,
                reverseTunnel,
                encapsulatingDelivery,
                revocation,
                advertising,
                natTraversal,
                mobileNodes,
                homeAgents);
    }

    /** What of it a datapath can keep; what it can't is refused to who asks for it. */
    public Policy keptBy(DatapathKind datapath) {
        return new Policy(
                careOfAddress,
                links,
                others,
                maxLifetime,
                maxPending,
                maxVisitors,
                enterpriseNumber,
                requireAssociation,
                datapath.carried(encapsulations),
                compatibility,
                reservedBits,
                reverseTunnel,
                encapsulatingDelivery && datapath.takesEncapsulatingDelivery(),
                revocation,
                advertising,
                datapath.carries(Encapsulation.UDP) ? natTraversal : NatTraversal.NONE,
                mobileNodes,
                homeAgents);
    }

    /** Whether a visitor that was served before a restart is served after it. */
    public boolean serves(Visitor visitor, Instant now) {
        return lists(visitor, now) && careOfAddress.equals(visitor.careOfAddress());
    }

    /** As {@link #serves}, of one whose care-of address is its own. */
    boolean lists(Visitor visitor, Instant now) {
        return !visitor.hasExpired(now) && links.containsKey(visitor.link());
    }

    List<SecurityAssociation> mobileForeign(Ipv4Address homeAddress) {
        return mobileNodes.getOrDefault(homeAddress, List.of());
    }

    List<SecurityAssociation> foreignHome(Ipv4Address homeAgent) {
        return homeAgents.getOrDefault(homeAgent, List.of());
    }

    boolean follows(Compatibility rfc) {
        return compatibility == rfc;
    }

    /** §3.7.2.3: the address that was asked, unless that was a group's. */
    Ipv4Address answersFrom(Origin origin) {
        return origin.destination().isUnicast()
                ? origin.destination()
                : links.getOrDefault(origin.link(), careOfAddress);
    }

    /** What the tunnel that {@code flags} ask for is made of; empty if it isn't served. */
    Optional<Encapsulation> encapsulation(Flags flags) {
        return Encapsulation.requested(flags.greEncapsulation(), flags.minimalEncapsulation(), encapsulations);
    }

    /** RFC 3543 §4.3.1: who wants to be able to revoke each registration has to relay it. */
    boolean requiresRegistration() {
        return advertising.registrationRequired() || revocation == Revocability.REQUIRED;
    }

    boolean isOwn(Ipv4Address address) {
        return isThisAgents(address) || others.values().stream().anyMatch(own -> own.contains(address));
    }

    /** Whether it is this machine's on this link, and may be that of the link's home agent. */
    boolean isAnothersOn(String link, Ipv4Address address) {
        return others.getOrDefault(link, Set.of()).contains(address) && !isThisAgents(address);
    }

    private boolean isThisAgents(Ipv4Address address) {
        return address.equals(careOfAddress) || links.containsValue(address);
    }
}
