package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.FOREIGN_HOME;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.MOBILE_HOME;
import static org.mooring.home.HomeNetwork.T;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mooring.home.Event.Timer;
import org.mooring.home.Policy.Compatibility;
import org.mooring.home.Policy.NatTraversal;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.home.Policy.Revocability;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.Revocation;
import org.mooring.protocol.wire.RevocationAcknowledgment;
import org.mooring.protocol.wire.RevocationMessage;
import org.mooring.protocol.wire.RevocationSupport;

/** A home agent and two foreign agents, each with a key and a clock of its own, that support revocation (RFC 3543). */
abstract class RevocationScene {
    static final SecurityAssociation OF_B =
            HomeNetwork.association(0x1002, "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf", Algorithm.HMAC_MD5);

    static final Timer REVOCATION = new Timer(Timer.Purpose.REVOCATION, HOME_ADDRESS);
    static final Timer RETRY = new Timer(Timer.Purpose.REVOCATION_RETRY, HOME_ADDRESS);

    /** A's clock is an hour behind the home agent's. */
    static final int OFFSET_OF_A = -3600;

    HomeNetwork network = new HomeNetwork(policy(Revocability.OPTIONAL));

    static Policy policy(Revocability revocation) {
        return policy(
                revocation, List.of(new MobileNode(HOME_ADDRESS, Optional.of(HomeNetwork.MAC), List.of(MOBILE_HOME))));
    }

    static Policy policy(Revocability revocation, List<MobileNode> mobileNodes) {
        return policy(revocation, mobileNodes, Map.of(CARE_OF_A, List.of(FOREIGN_HOME), CARE_OF_B, List.of(OF_B)));
    }

    static Policy policy(
            Revocability revocation,
            List<MobileNode> mobileNodes,
            Map<Ipv4Address, List<SecurityAssociation>> foreignAgents) {
        return new Policy(
                HOME_AGENT,
                HomeNetwork.BROADCAST,
                600,
                100,
                2,
                false,
                Set.of(),
                Compatibility.RFC5944,
                Policy.ReservedBits.IGNORED,
                ReverseTunnel.OPTIONAL,
                NatTraversal.DEFAULT,
                revocation,
                Optional.empty(),
                Advertising.ON_SOLICITATION,
                HandoverExtension.DEFAULT_ENTERPRISE_NUMBER,
                mobileNodes,
                foreignAgents);
    }

    int now() {
        return (int) network.now().getEpochSecond();
    }

    /** The present time at foreign agent A. */
    int nowAtA() {
        return now() + OFFSET_OF_A;
    }

    void registerAtA() {
        registerAtA(300, true);
    }

    void registerAtA(int lifetime, boolean informs) {
        network.receive(
                FOREIGN_AGENT_A,
                offering(
                        network.request(T, lifetime, CARE_OF_A),
                        new RevocationSupport(informs, nowAtA()),
                        FOREIGN_HOME));
    }

    void registerAtB() {
        network.receive(
                FOREIGN_AGENT_B,
                offering(network.request(T, 300, CARE_OF_B), new RevocationSupport(true, now()), OF_B));
    }

    /** {@code request} as a foreign agent relays it that supports revocation. */
    static Octets offering(RegistrationRequest request, RevocationSupport support, SecurityAssociation association) {
        var byMobileNode = Seal.encode(request, new Seal(Kind.MOBILE_HOME, MOBILE_HOME));
        return new Seal(Kind.FOREIGN_HOME, association)
                .appendTo(byMobileNode.concat(RegistrationCodec.encode(List.of(support))));
    }

    /** What the only reply says of revocation, and whether behind the mobile node's part. Forgets all actions. */
    Optional<RevocationSupport> support() {
        return network.reply().extension(RevocationSupport.class);
    }

    void revoke() {
        network.handle(new Event.RevocationOrdered(network.now(), HOME_ADDRESS));
    }

    /** Lets {@code time} pass and the revocations' timer run out. */
    void pass(Duration time) {
        network.pass(time);
        network.handle(new Event.TimerFired(network.now(), REVOCATION));
    }

    /** The only message that was sent, without the seal that it has. Forgets all actions. */
    <M extends RevocationMessage> M sent(Class<M> kind, Endpoint to, Seal seal) {
        var sent = network.all(Action.SendRevocationMessage.class);
        assertEquals(1, sent.size(), () -> "one message among " + sent);
        assertEquals(to, sent.get(0).to());
        network.actions();
        var message = assertInstanceOf(
                Decoded.Message.class, RegistrationCodec.decode(sent.get(0).wire()));
        assertEquals(
                new Verified.By(seal.association()),
                Verifier.verify(message, seal.kind(), List.of(seal.association())));
        int seals = message.message().offsetOf(message.message().extensions().size() - 1);
        var unsealed = (Decoded.Message) RegistrationCodec.decode(message.wire().slice(0, seals));
        return assertInstanceOf(kind, unsealed.message());
    }

    Revocation revocationSentToA() {
        return sent(Revocation.class, FOREIGN_AGENT_A, new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME));
    }

    /** A's acknowledgment of what carried {@code identifier}. */
    void acknowledgeByA(int identifier) {
        network.receive(
                FOREIGN_AGENT_A,
                Seal.encode(
                        new RevocationAcknowledgment(0, 0, HOME_ADDRESS, identifier, List.of()),
                        new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME)));
    }

    /** A's own revocation of what is registered through it. */
    static Octets revocationByA(int identifier, boolean informs) {
        return revocation(informs ? Revocation.INFORM : 0, HOME_AGENT, CARE_OF_A, identifier, FOREIGN_HOME);
    }

    static Octets revocation(
            int flags, Ipv4Address homeAgent, Ipv4Address careOfAddress, int identifier, SecurityAssociation key) {
        return Seal.encode(
                new Revocation(0, flags, HOME_ADDRESS, homeAgent, careOfAddress, identifier, List.of()),
                new Seal(Kind.FOREIGN_HOME, key));
    }

    int pending() {
        return network.homeAgent().revocations().size();
    }

    Map<Discard, Long> discards() {
        var counts = new EnumMap<Discard, Long>(Discard.class);
        network.homeAgent().traffic().discards().forEach((discard, tally) -> counts.put(discard, tally.count()));
        return counts;
    }
}
