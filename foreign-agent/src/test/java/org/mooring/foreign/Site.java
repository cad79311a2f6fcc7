package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.mooring.protocol.handover.HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.mooring.datapath.Encapsulation;
import org.mooring.foreign.Policy.Compatibility;
import org.mooring.foreign.Policy.NatTraversal;
import org.mooring.foreign.Policy.NatTraversal.Asking;
import org.mooring.foreign.Policy.ReverseTunnel;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.EncapsulatingDelivery;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;

/** A foreign agent, a mobile node on its link and that one's home agent, for the section tests. */
final class Site {
    static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    static final Ipv4Address HOME = Ipv4Address.of("10.1.0.50");
    static final Ipv4Address HOME_AGENT = Ipv4Address.of("10.1.0.1");
    static final Ipv4Address CARE_OF = Ipv4Address.of("198.51.100.2");
    static final Ipv4Address LINK_ADDRESS = Ipv4Address.of("10.2.0.2");
    static final String LINK = "lan";
    static final Octets MAC = Octets.ofHex("525400010050");
    static final int PORT = 40_434;
    static final int MAX_LIFETIME = 1800;
    static final Identification ID = Identification.of(0xe8b41f00, 0x1234abcd);

    static final SecurityAssociation MOBILE_HOME = association(0x100, "00112233445566778899aabbccddeeff");
    static final SecurityAssociation FOREIGN_HOME = association(0x1001, "0f0e0d0c0b0a09080706050403020100");
    static final SecurityAssociation MOBILE_FOREIGN = association(0x2001, "5555555555555555aaaaaaaaaaaaaaaa");

    static final Seal BY_MOBILE_NODE = new Seal(Kind.MOBILE_HOME, MOBILE_HOME);
    static final Seal BY_HOME_AGENT = new Seal(Kind.MOBILE_HOME, MOBILE_HOME);
    static final Seal FOR_FOREIGN_AGENT = new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME);

    static final Origin ORIGIN = new Origin(LINK, MAC, HOME, PORT, LINK_ADDRESS, 255);

    /** With a foreign-home association, and none with mobile nodes. */
    static final Policy POLICY = new Policy(
            CARE_OF,
            Map.of(LINK, LINK_ADDRESS),
            MAX_LIFETIME,
            5,
            10,
            DEFAULT_ENTERPRISE_NUMBER,
            true,
            Map.of(),
            Map.of(HOME_AGENT, List.of(FOREIGN_HOME)));

    private Site() {}

    /** {@link #POLICY}, but for these. */
    static Policy policy(Compatibility compatibility, ReverseTunnel reverseTunnel, Advertising advertising) {
        return policy(compatibility, reverseTunnel, advertising, POLICY.mobileNodes());
    }

    /** {@link #POLICY}, but for these. */
    static Policy policy(
            Compatibility compatibility,
            ReverseTunnel reverseTunnel,
            Advertising advertising,
            Map<Ipv4Address, List<SecurityAssociation>> mobileNodes) {
        return policy(compatibility, POLICY.reservedBits(), reverseTunnel, advertising, mobileNodes);
    }

    private static Policy policy(
            Compatibility compatibility,
            Policy.ReservedBits reservedBits,
            ReverseTunnel reverseTunnel,
            Advertising advertising,
            Map<Ipv4Address, List<SecurityAssociation>> mobileNodes) {
        return new Policy(
                CARE_OF,
                POLICY.links(),
                Map.of(),
                MAX_LIFETIME,
                5,
                10,
                DEFAULT_ENTERPRISE_NUMBER,
                true,
                Set.of(),
                compatibility,
                reservedBits,
                reverseTunnel,
                true,
                Policy.Revocability.REFUSED,
                advertising,
                NatTraversal.NONE,
                mobileNodes,
                POLICY.homeAgents());
    }

    /** {@link #POLICY}, but for reserved bits. */
    static Policy refusingReservedBits() {
        return policy(
                POLICY.compatibility(),
                Policy.ReservedBits.REFUSED,
                POLICY.reverseTunnel(),
                POLICY.advertising(),
                POLICY.mobileNodes());
    }

    /** {@link #POLICY}, but for UDP tunnels. */
    static Policy policy(Asking asking, Duration keepalive) {
        return new Policy(
                CARE_OF,
                POLICY.links(),
                Map.of(),
                MAX_LIFETIME,
                5,
                10,
                DEFAULT_ENTERPRISE_NUMBER,
                true,
                Set.of(),
                Compatibility.RFC5944,
                Policy.ReservedBits.IGNORED,
                ReverseTunnel.OPTIONAL,
                true,
                Policy.Revocability.REFUSED,
                new Advertising(Duration.ofMinutes(1), true, Map.of()),
                new NatTraversal(asking, keepalive),
                POLICY.mobileNodes(),
                POLICY.homeAgents());
    }

    /** {@link #POLICY}, but for these encapsulations, by their names. */
    static Policy serving(String encapsulations) {
        return new Policy(
                CARE_OF,
                POLICY.links(),
                Map.of(),
                MAX_LIFETIME,
                5,
                10,
                DEFAULT_ENTERPRISE_NUMBER,
                true,
                Arrays.stream(Encapsulation.values())
                        .filter(encapsulation -> encapsulations.contains(encapsulation.name()))
                        .collect(Collectors.toSet()),
                Compatibility.RFC5944,
                Policy.ReservedBits.IGNORED,
                ReverseTunnel.OPTIONAL,
                true,
                Policy.Revocability.REFUSED,
                Advertising.ON_SOLICITATION,
                POLICY.natTraversal(),
                POLICY.mobileNodes(),
                POLICY.homeAgents());
    }

    /** As RFC 3344 has it. */
    static ForeignAgent old() {
        return new ForeignAgent(policy(Compatibility.RFC3344, ReverseTunnel.OPTIONAL, Advertising.ON_SOLICITATION));
    }

    static SecurityAssociation association(int spi, String key) {
        return new SecurityAssociation(spi, new Key(Octets.ofHex(key)), Algorithm.HMAC_MD5, Duration.ofSeconds(7));
    }

    static RegistrationRequest request() {
        return request(HOME, 300, ID);
    }

    static RegistrationRequest request(Ipv4Address homeAddress, int lifetime, Identification id) {
        return new RegistrationRequest(
                Flags.REVERSE_TUNNELING, lifetime, homeAddress, HOME_AGENT, CARE_OF, id, List.of());
    }

    static RegistrationRequest withFlags(RegistrationRequest request, Flags flags) {
        return new RegistrationRequest(
                flags,
                request.lifetime(),
                request.homeAddress(),
                request.homeAgent(),
                request.careOfAddress(),
                request.identification(),
                request.extensions());
    }

    static RegistrationRequest withHomeAgent(RegistrationRequest request, Ipv4Address homeAgent) {
        return new RegistrationRequest(
                request.flags(),
                request.lifetime(),
                request.homeAddress(),
                homeAgent,
                request.careOfAddress(),
                request.identification(),
                request.extensions());
    }

    static RegistrationRequest withCareOfAddress(RegistrationRequest request, Ipv4Address careOfAddress) {
        return new RegistrationRequest(
                request.flags(),
                request.lifetime(),
                request.homeAddress(),
                request.homeAgent(),
                careOfAddress,
                request.identification(),
                request.extensions());
    }

    static RegistrationRequest withExtensions(RegistrationRequest request, Extension... extensions) {
        return new RegistrationRequest(
                request.flags(),
                request.lifetime(),
                request.homeAddress(),
                request.homeAgent(),
                request.careOfAddress(),
                request.identification(),
                List.of(extensions));
    }

    static Octets sealed(RegistrationRequest request) {
        return Seal.encode(request, BY_MOBILE_NODE);
    }

    static RegistrationReply reply(RegistrationRequest request, ReplyCode code, int lifetime) {
        return new RegistrationReply(
                code, lifetime, request.homeAddress(), request.homeAgent(), request.identification(), List.of());
    }

    /** What the home agent sends: for the mobile node, then for the foreign agent. */
    static Octets sealed(RegistrationReply reply) {
        return Seal.encode(reply, BY_HOME_AGENT, FOR_FOREIGN_AGENT);
    }

    static Event requestReceived(Instant at, Octets message) {
        return requestReceived(at, ORIGIN, message);
    }

    static Event requestReceived(Instant at, Origin origin, Octets message) {
        return new Event.RequestReceived(at, origin, RegistrationCodec.decode(message));
    }

    static Event replyReceived(Instant at, Octets message) {
        return new Event.ReplyReceived(at, HOME_AGENT, RegistrationCodec.decode(message));
    }

    /** What comes by {@link #ORIGIN} has asked so. */
    static Optional<Visitor.Asked> asked(int lifetime) {
        return Optional.of(new Visitor.Asked(ORIGIN.destination(), ORIGIN.sourcePort(), lifetime));
    }

    static Visitor visitor(RegistrationRequest request, Instant expiry) {
        return new Visitor(
                request.homeAddress(),
                LINK,
                MAC,
                request.homeAgent(),
                CARE_OF,
                Encapsulation.IPIP,
                request.flags().reverseTunneling(),
                request.extension(EncapsulatingDelivery.class).map(asked -> LINK_ADDRESS),
                asked(request.lifetime()),
                request.identification(),
                expiry,
                Optional.empty(),
                Optional.empty());
    }

    /** Has {@code request} relayed, accepted for {@code lifetime}, installed and stored. */
    static Visitor serve(ForeignAgent agent, Instant at, RegistrationRequest request, int lifetime) {
        agent.handle(requestReceived(at, sealed(request)));
        var actions = agent.handle(replyReceived(at, sealed(reply(request, ReplyCode.ACCEPTED, lifetime))));
        var visitor =
                assertInstanceOf(Action.InstallVisitor.class, actions.get(0)).visitor();
        agent.handle(new Event.VisitorInstalled(at, visitor));
        agent.handle(new Event.VisitorStored(at, visitor));
        return visitor;
    }

    /** A message to the mobile node, as {@link #ORIGIN} has it sent. */
    static Action toVisitor(Octets message) {
        return new Action.SendToVisitor(LINK, MAC, LINK_ADDRESS, HOME, PORT, message);
    }

    /** What is done to the world: all but the reports. */
    static List<Action> deeds(List<Action> actions) {
        var deeds = new ArrayList<Action>();
        for (var action : actions) {
            if (!(action instanceof Action.Report)) {
                deeds.add(action);
            }
        }
        return deeds;
    }

    static List<Fact> facts(List<Action> actions) {
        var facts = new ArrayList<Fact>();
        for (var action : actions) {
            if (action instanceof Action.Report report) {
                facts.add(report.fact());
            }
        }
        return facts;
    }

    /** The one reply that we sent ourselves, if any. */
    static Optional<RegistrationReply> denial(List<Action> actions) {
        return actions.stream()
                .filter(Action.SendToVisitor.class::isInstance)
                .map(action -> ((Action.SendToVisitor) action).message())
                .map(message -> (Decoded.Message) RegistrationCodec.decode(message))
                .map(message -> (RegistrationReply) message.message())
                .findFirst();
    }
}
