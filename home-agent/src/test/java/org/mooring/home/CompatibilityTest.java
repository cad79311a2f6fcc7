package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.FOREIGN_HOME;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.relayed;
import static org.mooring.home.HomeNetwork.signed;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED;
import static org.mooring.protocol.wire.ReplyCode.HA_FOREIGN_AGENT_FAILED_AUTHENTICATION;
import static org.mooring.protocol.wire.ReplyCode.HA_MOBILE_NODE_FAILED_AUTHENTICATION;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.home.Policy.Compatibility;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("Where RFC 3344 and RFC 5944 differ")
class CompatibilityTest {
    private final HomeNetwork old = network(Compatibility.RFC3344);
    private final HomeNetwork revised = network(Compatibility.RFC5944);

    @Test
    @DisplayName("§3.8.2.1 (a): without an authorization-enabling extension, code 131 or silence")
    void requestWithoutAuthentication() {
        for (var network : List.of(old, revised)) {
            network.receive(FOREIGN_AGENT_B, RegistrationCodec.encode(network.request(T, 300, CARE_OF_B)));
        }

        assertEquals(HA_MOBILE_NODE_FAILED_AUTHENTICATION, old.code());
        assertEquals(List.of(), revised.all(Action.SendReply.class));
    }

    @Test
    @DisplayName(
            "§3.8.2.1 (a), T6: of authorization-enabling extensions there is one, or any number that are all right")
    void twoMobileHomeAuthentications() {
        var coLocated = Flags.DECAPSULATION_BY_MOBILE_NODE;
        var seal = new Seal(Kind.MOBILE_HOME, HomeNetwork.MOBILE_HOME);
        for (var network : List.of(old, revised)) {
            network.receive(FOREIGN_AGENT_B, Seal.encode(network.request(coLocated, 300, CARE_OF_B), seal, seal));
        }
        assertEquals(HA_MOBILE_NODE_FAILED_AUTHENTICATION, old.code());
        assertEquals(ACCEPTED, revised.code());

        revised.pass(Duration.ofSeconds(1));
        var forged = seal.appendTo(signed(revised.request(coLocated, 300, CARE_OF_B)))
                .toByteArray();
        forged[forged.length - 1]++;
        revised.receive(FOREIGN_AGENT_B, Octets.of(forged));
        assertEquals(HA_MOBILE_NODE_FAILED_AUTHENTICATION, revised.code());
    }

    @Test
    @DisplayName(
            "§3.5.4, §3.8.2.1 (c): a deregistration through an associated foreign agent needs its authentication, or not")
    void deregistrationWithoutForeignHomeAuthentication() {
        for (var network : List.of(old, revised)) {
            network.receive(FOREIGN_AGENT_A, signed(network.request(T, 0, CARE_OF_A)));
        }

        assertEquals(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, old.code());
        assertEquals(ACCEPTED, revised.code());
    }

    @Test
    @DisplayName("§3.5.4, §3.8.3.3: the reply to a deregistration is authenticated for the foreign agent, or not")
    void replyToADeregistration() {
        for (var network : List.of(old, revised)) {
            network.receive(FOREIGN_AGENT_A, relayed(network.request(T, 0, CARE_OF_A)));
        }

        assertEquals(new Verified.By(FOREIGN_HOME), foreignHome(old));
        assertEquals(Verified.Not.MISSING, foreignHome(revised));
    }

    @Test
    @DisplayName(
            "§3.5.4: a foreign agent authenticates a co-located care-of address, or not; a wrong authenticator is wrong")
    void coLocatedCareOfAddress() {
        var coLocated = Flags.DECAPSULATION_BY_MOBILE_NODE.plus(T);
        for (var network : List.of(old, revised)) {
            network.receive(FOREIGN_AGENT_A, signed(network.request(coLocated, 300, CARE_OF_B)));
        }
        assertEquals(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, old.code());
        assertEquals(ACCEPTED, revised.code());

        revised.pass(Duration.ofSeconds(1));
        var forged = relayed(revised.request(coLocated, 300, CARE_OF_B)).toByteArray();
        forged[forged.length - 1]++;
        revised.receive(FOREIGN_AGENT_A, Octets.of(forged));
        assertEquals(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, revised.code());
    }

    private static Verified foreignHome(HomeNetwork network) {
        var sent = network.all(Action.SendReply.class).get(0);
        var message = assertInstanceOf(Decoded.Message.class, RegistrationCodec.decode(sent.wire()));
        return Verifier.verify(message, Kind.FOREIGN_HOME, List.of(FOREIGN_HOME));
    }

    private static HomeNetwork network(Compatibility compatibility) {
        var policy = HomeNetwork.policy();
        return new HomeNetwork(new Policy(
                policy.address(),
                policy.homeNetworkBroadcast(),
                policy.maxLifetime(),
                policy.maxBindings(),
                policy.maxSimultaneousBindings(),
                policy.requireAssociation(),
                Set.of(),
                compatibility,
                ReverseTunnel.OPTIONAL,
                policy.natTraversal(),
                policy.revocation(),
                Optional.empty(),
                policy.advertisement(),
                policy.enterpriseNumber(),
                policy.mobileNodes(),
                policy.foreignAgents()));
    }
}
