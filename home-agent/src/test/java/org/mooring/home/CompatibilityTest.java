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
import static org.mooring.protocol.wire.ReplyCode.HA_PMIP_UNSUPPORTED;
import static org.mooring.protocol.wire.ReplyCode.HA_POORLY_FORMED_REQUEST;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.home.Policy.Compatibility;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.ProxyAuthenticationMethod;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("Where RFC 3344 and RFC 5944 differ")
class CompatibilityTest {
    private static final Flags CO_LOCATED = Flags.DECAPSULATION_BY_MOBILE_NODE.plus(T);

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
        var seal = new Seal(Kind.MOBILE_HOME, HomeNetwork.MOBILE_HOME);
        for (var network : List.of(old, revised)) {
            network.receive(FOREIGN_AGENT_B, Seal.encode(network.request(CO_LOCATED, 300, CARE_OF_B), seal, seal));
        }
        assertEquals(HA_MOBILE_NODE_FAILED_AUTHENTICATION, old.code());
        assertEquals(ACCEPTED, revised.code());

        revised.pass(Duration.ofSeconds(1));
        var forged = seal.appendTo(signed(revised.request(CO_LOCATED, 300, CARE_OF_B)))
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
        for (var network : List.of(old, revised)) {
            network.receive(FOREIGN_AGENT_A, signed(network.request(CO_LOCATED, 300, CARE_OF_B)));
        }
        assertEquals(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, old.code());
        assertEquals(ACCEPTED, revised.code());

        revised.pass(Duration.ofSeconds(1));
        var forged = relayed(revised.request(CO_LOCATED, 300, CARE_OF_B)).toByteArray();
        forged[forged.length - 1]++;
        revised.receive(FOREIGN_AGENT_A, Octets.of(forged));
        assertEquals(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, revised.code());
    }

    @Test
    @DisplayName("§3.8.2.1 (c): D excuses nobody who registers an associated foreign agent's care-of address")
    void coLocatedAtAForeignAgentsCareOfAddress() {
        for (var network : List.of(old, revised)) {
            network.receive(FOREIGN_AGENT_A, signed(network.request(CO_LOCATED, 300, CARE_OF_A)));
            assertEquals(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, network.code());

            network.pass(Duration.ofSeconds(1));
            network.receive(FOREIGN_AGENT_A, relayed(network.request(CO_LOCATED, 300, CARE_OF_A)));
            assertEquals(ACCEPTED, network.code());
        }
    }

    @Test
    @DisplayName("a mobile node with a care-of address of its own needs no foreign agent, nor its association")
    void coLocatedWithoutAForeignAgent() {
        for (var network : List.of(old, revised)) {
            network.receive(FOREIGN_AGENT_B, signed(network.request(CO_LOCATED, 300, CARE_OF_B)));
            assertEquals(ACCEPTED, network.code());
        }
    }

    @Test
    @DisplayName("T44: neither a home address nor an NAI: 134 for who has a mobile node's key, or silence")
    void nobodysRequest() {
        for (var network : List.of(old, revised)) {
            network.receive(FOREIGN_AGENT_B, signed(nobodys(network)));
        }

        var sent = old.all(Action.SendReply.class).get(0);
        var denied = HomeNetwork.open(sent);
        assertEquals(HA_POORLY_FORMED_REQUEST, denied.code());
        assertEquals(Ipv4Address.UNSPECIFIED, denied.homeAddress());
        assertEquals(
                new Verified.By(HomeNetwork.MOBILE_HOME), verified(sent, Kind.MOBILE_HOME, HomeNetwork.MOBILE_HOME));
        assertEquals(List.of(), old.careOfAddresses());
        assertEquals(List.of(), revised.all(Action.SendReply.class));
    }

    @Test
    @DisplayName("T44: keys are tried on one such request a second, and who has none hears nothing")
    void nobodyWithoutAKey() {
        var forged = signed(nobodys(old)).toByteArray();
        forged[forged.length - 1]++;
        old.receive(FOREIGN_AGENT_B, Octets.of(forged));
        old.receive(FOREIGN_AGENT_B, signed(nobodys(old)));
        assertEquals(List.of(), old.all(Action.SendReply.class));

        old.pass(Duration.ofSeconds(1));
        old.receive(FOREIGN_AGENT_B, signed(nobodys(old)));
        assertEquals(HA_POORLY_FORMED_REQUEST, old.code());
    }

    private static RegistrationRequest nobodys(HomeNetwork network) {
        return network.request(T, 300, CARE_OF_B).withHomeAddress(Ipv4Address.UNSPECIFIED);
    }

    @Test
    @DisplayName(
            "T98: who speaks for a mobile node by foreign-home authentication alone, and doesn't say so: 131 each time, or silence")
    void proxyThatDoesNotSaySo() {
        var seal = new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME);
        for (int i = 0; i < 2; i++) {
            for (var network : List.of(old, revised)) {
                network.receive(FOREIGN_AGENT_A, Seal.encode(network.request(T, 300, CARE_OF_A), seal));
            }
            assertEquals(HA_MOBILE_NODE_FAILED_AUTHENTICATION, old.code());
            assertEquals(List.of(), revised.all(Action.SendReply.class));
        }
    }

    @Test
    @DisplayName("T98: and who says so, by extension 47: 149")
    void proxy() {
        var seal = new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME);
        var method = new ProxyAuthenticationMethod(ProxyAuthenticationMethod.FOREIGN_HOME);
        for (var network : List.of(old, revised)) {
            network.receive(FOREIGN_AGENT_A, Seal.encode(network.request(T, 300, CARE_OF_A, method), seal));
            assertEquals(HA_PMIP_UNSUPPORTED, network.code());
        }
    }

    private static Verified foreignHome(HomeNetwork network) {
        return verified(network.all(Action.SendReply.class).get(0), Kind.FOREIGN_HOME, FOREIGN_HOME);
    }

    private static Verified verified(Action.SendReply sent, Kind kind, SecurityAssociation association) {
        var message = assertInstanceOf(Decoded.Message.class, RegistrationCodec.decode(sent.wire()));
        return Verifier.verify(message, kind, List.of(association));
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
                Policy.ReservedBits.IGNORED,
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
