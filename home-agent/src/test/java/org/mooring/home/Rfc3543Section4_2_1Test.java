package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.FOREIGN_HOME;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.relayed;
import static org.mooring.home.HomeNetwork.signed;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED;
import static org.mooring.protocol.wire.ReplyCode.HA_ADMINISTRATIVELY_PROHIBITED;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.home.Policy.Revocability;
import org.mooring.protocol.revocation.RevocationTerms;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.RevocationSupport;

@DisplayName("RFC 3543 §3.2, §4.2.1 Negotiation of Revocation Support")
class Rfc3543Section4_2_1Test extends RevocationScene {
    private static final Flags D_AND_T = Flags.DECAPSULATION_BY_MOBILE_NODE.plus(Flags.REVERSE_TUNNELING);
    private static final Ipv4Address HOST = Ipv4Address.of("192.0.2.77");
    private static final Endpoint FROM_HOST = new Endpoint(HOST, 434);

    @Test
    @DisplayName("an offer that the foreign-home authentication covers is answered with the home agent's time")
    void answersAnOffer() {
        registerAtA();
        assertEquals(Optional.of(new RevocationSupport(true, now())), support());
        assertEquals(Optional.of(new RevocationTerms(now(), nowAtA(), true)), terms());
    }

    @Test
    @DisplayName("the answer stands between the mobile node's part and the foreign-home authentication")
    void standsWhereTheForeignAgentReads() {
        registerAtA();
        assertEquals(List.of(32, RevocationSupport.TYPE, 34), types());
    }

    @Test
    @DisplayName("I is set only where the foreign agent set it")
    void agreesToInformOnlyWhereThatWasOffered() {
        registerAtA(300, false);
        assertEquals(Optional.of(new RevocationSupport(false, now())), support());
    }

    @Test
    @DisplayName(
            "the mobile node's request, relayed once more with an offer that is dated anew, gets its reply again (RFC 3344 §3.8.2.2)")
    void aRetransmissionMayBeDatedAnew() {
        var request = network.request(T, 300, CARE_OF_A);
        network.receive(FOREIGN_AGENT_A, offering(request, new RevocationSupport(true, nowAtA()), FOREIGN_HOME));
        var first = network.all(Action.SendReply.class);
        network.actions();
        network.pass(Duration.ofSeconds(1));
        network.receive(FOREIGN_AGENT_A, offering(request, new RevocationSupport(true, nowAtA()), FOREIGN_HOME));
        assertEquals(List.<Action>copyOf(first), network.actions());
    }

    @Test
    @DisplayName("without an offer there is no answer, and nothing to be revoked")
    void offersNothingUnasked() {
        network.receive(FOREIGN_AGENT_A, relayed(network.request(T, 300, CARE_OF_A)));
        assertEquals(Optional.empty(), support());
        assertEquals(Optional.empty(), terms());
    }

    @Test
    @DisplayName("an offer that no foreign-home authentication covers is none")
    void unprotectedOffer() {
        var support = RegistrationCodec.encode(List.of(new RevocationSupport(true, now())));
        // From an agent without an association, which is permitted here.
        var stranger = new Endpoint(Ipv4Address.of("192.0.2.9"), 434);
        network.receive(
                stranger, signed(network.request(T, 300, stranger.address())).concat(support));
        assertEquals(Optional.empty(), support());

        network.pass(Duration.ofSeconds(1));
        network.receive(
                FOREIGN_AGENT_A, relayed(network.request(T, 300, CARE_OF_A)).concat(support));
        assertEquals(Optional.empty(), support());
    }

    @Test
    @DisplayName("a mobile node without a co-located care-of address offers nothing")
    void offerByAMobileNodeWithAForeignAgent() {
        network.receive(
                FOREIGN_AGENT_A, relayed(network.request(T, 300, CARE_OF_A, new RevocationSupport(true, now()))));
        assertEquals(Optional.empty(), support());
        assertEquals(Optional.empty(), terms());
    }

    @Test
    @DisplayName("§4.3.2: nor does a foreign agent for a co-located care-of address")
    void offerForACoLocatedCareOfAddress() {
        network.receive(
                FOREIGN_AGENT_A,
                offering(network.request(D_AND_T, 300, HOST), new RevocationSupport(true, nowAtA()), FOREIGN_HOME));
        assertEquals(Optional.empty(), support());
    }

    @Test
    @DisplayName("a mobile node that registers itself is answered under the mobile-home authentication")
    void directMobileNode() {
        network.receive(FROM_HOST, signed(network.request(D_AND_T, 300, HOST, new RevocationSupport(false, now()))));
        assertEquals(List.of(RevocationSupport.TYPE, 32), types());
        assertTrue(terms().isPresent());
    }

    @Test
    @DisplayName("a deregistration is not answered with it")
    void deregistration() {
        registerAtA();
        network.pass(Duration.ofSeconds(1));
        network.actions();
        network.receive(
                FOREIGN_AGENT_A,
                offering(network.request(T, 0, CARE_OF_A), new RevocationSupport(true, nowAtA()), FOREIGN_HOME));
        assertEquals(Optional.empty(), support());
    }

    @Test
    @DisplayName("revocation that is refused is neither offered nor accepted")
    void refused() {
        network = new HomeNetwork(policy(Revocability.REFUSED));
        registerAtA();
        assertEquals(Optional.empty(), support());
        assertEquals(Optional.empty(), terms());
    }

    @Test
    @DisplayName("code 129 where revocation is required and not offered")
    void required() {
        network = new HomeNetwork(policy(Revocability.REQUIRED));
        network.receive(FOREIGN_AGENT_A, relayed(network.request(T, 300, CARE_OF_A)));
        assertEquals(HA_ADMINISTRATIVELY_PROHIBITED, network.code());
        network.pass(Duration.ofSeconds(1));
        registerAtA();
        assertEquals(ACCEPTED, network.code());
        network.pass(Duration.ofSeconds(1));
        network.deregisterFromHome();
        assertEquals(ACCEPTED, network.code());
    }

    @Test
    @DisplayName("§3.2: the time that is told never goes back, be the clock set back or not")
    void timeNeverGoesBack() {
        registerAtA();
        int told = now();
        network.actions();
        network.pass(Duration.ofSeconds(2));
        revoke();
        int revoked = revocationSentToA().identifier();
        assertEquals(told + 2, revoked);
        network.pass(Duration.ofSeconds(-1));
        network.receive(
                FOREIGN_AGENT_B, offering(network.request(T, 300, CARE_OF_B), new RevocationSupport(true, 7), OF_B));
        assertEquals(Optional.of(new RevocationSupport(true, revoked)), support());
    }

    private Optional<RevocationTerms> terms() {
        return network.homeAgent().bindings().get(0).revocation();
    }

    /** The types of the only reply's extensions. */
    private List<Integer> types() {
        return network.reply().extensions().stream().map(Extension::type).toList();
    }
}
