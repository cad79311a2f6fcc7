package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED;
import static org.mooring.protocol.wire.ReplyCode.HA_ENCAPSULATION_UNAVAILABLE;
import static org.mooring.protocol.wire.ReplyCode.HA_IDENTIFICATION_MISMATCH;
import static org.mooring.protocol.wire.ReplyCode.HA_MOBILE_NODE_FAILED_AUTHENTICATION;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.ReplayProtection;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("RFC 3344 §5.7.2 Replay Protection using Nonces")
class Section5_7_2Test {
    private static final int NOBODY_KNOWS = 0;

    private static final SecurityAssociation NONCES = new SecurityAssociation(
            HomeNetwork.MOBILE_HOME.spi(),
            HomeNetwork.MOBILE_HOME.key(),
            Algorithm.HMAC_MD5,
            new ReplayProtection.Nonces());

    private final HomeNetwork network = new HomeNetwork(new Policy(
            HOME_AGENT,
            HomeNetwork.BROADCAST,
            600,
            100,
            false,
            ReverseTunnel.OPTIONAL,
            32473,
            List.of(new MobileNode(HOME_ADDRESS, Optional.empty(), List.of(NONCES))),
            Map.of()));

    private int low = 1;
    private int nonce;

    @BeforeEach
    void begin() {
        var reply = send(T, NOBODY_KNOWS);
        assertEquals(HA_IDENTIFICATION_MISMATCH, reply.code(), "T25: the first request can have no nonce");
        nonce = reply.identification().high();
    }

    @Test
    @DisplayName("T25: what the last reply told is accepted once, and each reply tells another nonce")
    void acceptsTheNonceOfTheLastReplyOnce() {
        var accepted = send(T, nonce);
        assertEquals(ACCEPTED, accepted.code());
        int next = accepted.identification().high();
        assertNotEquals(nonce, next);

        var again = send(T, nonce);
        assertEquals(HA_IDENTIFICATION_MISMATCH, again.code());
        assertNotEquals(next, again.identification().high());
        assertNotEquals(nonce, again.identification().high());

        assertEquals(ACCEPTED, send(T, again.identification().high()).code());
    }

    @Test
    @DisplayName("§5.7: the low half comes back as it is")
    void copiesTheLowHalf() {
        var accepted = send(T, nonce).identification();
        assertEquals(low, accepted.low());

        var denied = send(T, NOBODY_KNOWS).identification();
        assertEquals(low, denied.low());
    }

    @Test
    @DisplayName("a denial for another reason tells a new nonce as well")
    void tellsANonceInEveryReply() {
        var denied = send(Flags.GRE_ENCAPSULATION, nonce);

        assertEquals(HA_ENCAPSULATION_UNAVAILABLE, denied.code());
        assertNotEquals(nonce, denied.identification().high());
        assertEquals(ACCEPTED, send(T, denied.identification().high()).code());
    }

    @Test
    @DisplayName("131 tells a new nonce as well, and the mobile node that has it from there is accepted")
    void tellsANonceThatIsGoodInCode131() {
        var denied = forge();
        assertNotEquals(nonce, denied.identification().high());
        assertEquals(low, denied.identification().low());

        var accepted = send(T, denied.identification().high());
        assertEquals(ACCEPTED, accepted.code());
        assertNotEquals(
                denied.identification().high(), accepted.identification().high());
        assertEquals(HA_IDENTIFICATION_MISMATCH, send(T, nonce).code(), "another was told since, and it was used");
    }

    @Test
    @DisplayName("forgeries, however many, do not make the mobile node's nonce stale")
    void isNotMovedByForgeries() {
        for (int i = 0; i < 100; i++) {
            forge();
            network.pass(Duration.ofSeconds(1));
        }

        assertEquals(ACCEPTED, send(T, nonce).code());
    }

    private RegistrationReply forge() {
        var forged = Octets.ofHex("201400000100" + "00".repeat(16));
        network.receive(FOREIGN_AGENT_B, RegistrationCodec.encode(request(T, 7)).concat(forged));
        var reply = network.reply();
        assertEquals(HA_MOBILE_NODE_FAILED_AUTHENTICATION, reply.code());
        return reply;
    }

    @Test
    @DisplayName("§3.6.3: a retransmission, which has the same octets, gets the same reply; its lifetime is no longer")
    void repeatsTheReplyToARetransmission() {
        var request = sealed(request(T, nonce));
        network.receive(FOREIGN_AGENT_B, request);
        var reply = network.reply();
        var expiry = network.homeAgent().bindings().get(0).expiry();

        network.pass(Duration.ofMinutes(1));
        network.receive(FOREIGN_AGENT_B, request);

        assertEquals(reply, network.reply());
        assertEquals(expiry, network.homeAgent().bindings().get(0).expiry());
        assertEquals(ACCEPTED, send(T, reply.identification().high()).code());
    }

    @Test
    @DisplayName("clocks do not matter")
    void takesNoNoticeOfTheTime() {
        network.pass(Duration.ofDays(10_000));

        assertEquals(ACCEPTED, send(T, nonce).code());
    }

    @Test
    @DisplayName("a nonce is no timestamp that would be kept: with timestamps the mobile node is accepted later")
    void leavesNothingForTimestamps() {
        assertEquals(ACCEPTED, send(T, nonce).code());
        network.handle(new Event.PolicyChanged(network.now(), HomeNetwork.policy()));

        network.receive(FOREIGN_AGENT_B, HomeNetwork.signed(network.request(T, 300, CARE_OF_B)));

        assertEquals(ACCEPTED, network.code());
    }

    private RegistrationReply send(Flags flags, int high) {
        network.receive(FOREIGN_AGENT_B, sealed(request(flags, high)));
        return network.reply();
    }

    private RegistrationRequest request(Flags flags, int high) {
        low++;
        return new RegistrationRequest(
                flags, 300, HOME_ADDRESS, HOME_AGENT, CARE_OF_B, Identification.of(high, low), List.of());
    }

    private static Octets sealed(RegistrationRequest request) {
        return Seal.encode(request, new Seal(Kind.MOBILE_HOME, NONCES));
    }
}
