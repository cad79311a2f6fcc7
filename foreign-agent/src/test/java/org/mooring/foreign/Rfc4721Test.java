package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.foreign.Site.*;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.foreign.Policy.Compatibility;
import org.mooring.foreign.Policy.ReverseTunnel;
import org.mooring.protocol.discovery.AdvertisementInterval;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Challenge;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.GeneralizedAuthentication;
import org.mooring.protocol.wire.ForeignAgentError;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("RFC 4721 Mobile IPv4 Challenge/Response Extensions, at the foreign agent")
class Rfc4721Test {
    private static final Octets OTHER_MAC = Octets.ofHex("525400010051");
    private static final Ipv4Address OTHER_HOME = Ipv4Address.of("10.1.0.51");
    private static final Extension AAA = new GeneralizedAuthentication(1, 0x200, Octets.of(new byte[16]));
    private static final Seal FOR_AGENT = new Seal(Kind.MOBILE_FOREIGN, MOBILE_FOREIGN);

    private final ForeignAgent strict = agent(Map.of());
    private final ForeignAgent acquainted = agent(Map.of(HOME, List.of(MOBILE_FOREIGN)));
    private Instant now = NOW;
    private int requests;

    private static ForeignAgent agent(Map<Ipv4Address, List<SecurityAssociation>> mobileNodes) {
        return agent(Compatibility.RFC5944, mobileNodes);
    }

    private static ForeignAgent agent(
            Compatibility compatibility, Map<Ipv4Address, List<SecurityAssociation>> mobileNodes) {
        return new ForeignAgent(policy(compatibility, true, mobileNodes), new Random(4721)::nextInt);
    }

    private static Policy policy(
            Compatibility compatibility, boolean challenges, Map<Ipv4Address, List<SecurityAssociation>> mobileNodes) {
        return Site.policy(
                compatibility,
                ReverseTunnel.OPTIONAL,
                new Advertising(new AdvertisementInterval(Duration.ofMinutes(1)), false, challenges, Map.of()),
                mobileNodes);
    }

    private Octets advertised(ForeignAgent agent) {
        return challenge(agent.handle(new Event.AdvertisementDue(now, LINK))).orElseThrow();
    }

    private Octets solicited(ForeignAgent agent) {
        return challenge(agent.handle(new Event.SolicitationReceived(now, LINK, MAC, HOME)))
                .orElseThrow();
    }

    private static Optional<Octets> challenge(List<Action> actions) {
        return actions.stream()
                .filter(Action.Advertise.class::isInstance)
                .map(action -> ((Action.Advertise) action).advertisement())
                .findFirst()
                .orElseThrow()
                .challenge();
    }

    /** Another request each time, a second later. */
    private RegistrationRequest next(Ipv4Address homeAddress) {
        now = now.plusSeconds(1);
        return request(homeAddress, 300, Identification.of(0xe8b4_1f00 + ++requests, 7));
    }

    private static Octets answering(RegistrationRequest request, Octets challenge, Extension... behind) {
        var extensions = new java.util.ArrayList<Extension>(List.of(new Challenge(challenge)));
        extensions.addAll(List.of(behind));
        return sealed(request).concat(RegistrationCodec.encode(extensions));
    }

    /** Authenticated for an agent without an association by who knows it otherwise. */
    private List<Action> ask(ForeignAgent agent, Octets message) {
        return agent.handle(requestReceived(now, message));
    }

    private static void assertRelayed(List<Action> actions) {
        assertEquals(1, relayed(actions).size(), actions::toString);
    }

    private static List<Octets> relayed(List<Action> actions) {
        return actions.stream()
                .filter(Action.RelayToHomeAgent.class::isInstance)
                .map(action -> ((Action.RelayToHomeAgent) action).message())
                .toList();
    }

    private static RegistrationReply assertDenied(ReplyCode code, List<Action> actions) {
        assertEquals(List.of(), relayed(actions));
        var denial = Site.denial(actions).orElseThrow();
        assertEquals(code, denial.code());
        return denial;
    }

    @Test
    @DisplayName("§2, §9: each advertisement to all has a new one, and the last two are good")
    void advertises() {
        var first = advertised(strict);
        var second = advertised(strict);
        assertEquals(8, first.length(), "SHOULD be 32 bits at least");
        assertNotEquals(first, second);
        assertRelayed(ask(strict, answering(next(HOME), first, AAA)));
        assertRelayed(ask(strict, answering(next(OTHER_HOME), second, AAA)));
        var third = advertised(strict);
        assertDenied(
                ReplyCode.FA_UNKNOWN_CHALLENGE, ask(strict, answering(next(Ipv4Address.of("10.1.0.52")), first, AAA)));
        assertRelayed(ask(strict, answering(next(Ipv4Address.of("10.1.0.53")), third, AAA)));
    }

    @Test
    @DisplayName("none is advertised, asked for or looked at unless it is configured")
    void isOff() {
        var agent = new ForeignAgent(policy(Compatibility.RFC5944, false, Map.of()), new Random(4721)::nextInt);
        assertEquals(Optional.empty(), challenge(agent.handle(new Event.AdvertisementDue(now, LINK))));
        assertRelayed(ask(agent, answering(next(HOME), Octets.ofHex("01020304"))));
    }

    @Test
    @DisplayName("§2.1: who asks gets the same one until it is used, and that is nobody else's")
    void tellsOneStation() {
        var told = solicited(strict);
        assertEquals(told, solicited(strict));
        var elsewhere = new Origin(LINK, OTHER_MAC, HOME, PORT, LINK_ADDRESS, 255);
        assertDenied(
                ReplyCode.FA_UNKNOWN_CHALLENGE,
                strict.handle(requestReceived(now, elsewhere, answering(next(OTHER_HOME), told, AAA))));
        assertRelayed(ask(strict, answering(next(HOME), told, AAA)));
        assertNotEquals(told, solicited(strict));
    }

    @Test
    @DisplayName("§3.2: without an association, 105 where there is none")
    void missing() {
        advertised(strict);
        assertDenied(ReplyCode.FA_MISSING_CHALLENGE, ask(strict, sealed(next(HOME))));
    }

    @Test
    @DisplayName("§3.2: 104 where it is not known")
    void unknown() {
        advertised(strict);
        assertDenied(
                ReplyCode.FA_UNKNOWN_CHALLENGE,
                ask(strict, answering(next(HOME), Octets.ofHex("0102030405060708"), AAA)));
    }

    @Test
    @DisplayName("§3.2: 106 where this mobile node has used it, but for a retransmission of what is pending")
    void stale() {
        var challenge = advertised(strict);
        var first = next(HOME);
        assertRelayed(ask(strict, answering(first, challenge, AAA)));
        assertRelayed(ask(strict, answering(next(HOME), challenge, AAA)));
        assertRelayed(ask(strict, answering(next(OTHER_HOME), challenge, AAA)));
        var reply = sealed(
                reply(request(HOME, 300, Identification.of(0xe8b4_1f00 + 2, 7)), ReplyCode.HA_REASON_UNSPECIFIED, 0));
        strict.handle(replyReceived(now, reply));
        assertDenied(ReplyCode.FA_STALE_CHALLENGE, ask(strict, answering(next(HOME), challenge, AAA)));
    }

    @Test
    @DisplayName("§3.2: a retransmission is the same request, from the same station")
    void isNoRetransmission() {
        var challenge = advertised(strict);
        assertRelayed(ask(strict, answering(next(HOME), challenge, AAA)));
        var elsewhere = new Origin(LINK, OTHER_MAC, HOME, PORT, LINK_ADDRESS, 255);
        assertDenied(
                ReplyCode.FA_STALE_CHALLENGE,
                strict.handle(requestReceived(now.plusSeconds(2), elsewhere, answering(next(HOME), challenge, AAA))));
        now = now.plusSeconds(2);
        var other = withFlags(next(HOME), RegistrationRequest.Flags.NONE);
        assertDenied(ReplyCode.FA_STALE_CHALLENGE, ask(strict, answering(other, challenge, AAA)));
    }

    @Test
    @DisplayName("§3.2: silence where nothing behind it authenticates it")
    void unauthenticated() {
        var challenge = advertised(strict);
        var request = next(HOME);
        for (var message : List.of(
                answering(request, challenge),
                answering(request, challenge, new GeneralizedAuthentication(2, 0x200, Octets.of(new byte[16]))),
                sealed(request).concat(RegistrationCodec.encode(List.of(AAA, new Challenge(challenge)))))) {
            assertEquals(
                    List.of(new Action.Report(
                            new Fact.Discarded(HOME.toString(), Fact.Discard.UNAUTHENTICATED_CHALLENGE))),
                    ask(strict, message));
        }
    }

    @Test
    @DisplayName("§3.1, §3.2: with an association it may be left out; where it is there, it counts, and does not go on")
    void withAnAssociation() {
        var challenge = advertised(acquainted);
        assertRelayed(ask(acquainted, FOR_AGENT.appendTo(sealed(next(HOME)))));
        var request = next(HOME);
        assertEquals(
                List.of(FOR_FOREIGN_AGENT.appendTo(sealed(request))),
                relayed(ask(acquainted, FOR_AGENT.appendTo(answering(request, challenge)))));
        assertDenied(
                ReplyCode.FA_MOBILE_NODE_FAILED_AUTHENTICATION,
                ask(acquainted, new Seal(Kind.MOBILE_FOREIGN, MOBILE_HOME).appendTo(answering(next(HOME), challenge))));
    }

    @Test
    @DisplayName("§3.2: with MN-AAA authentication neither is removed")
    void relaysBoth() {
        var message = answering(next(HOME), advertised(strict), AAA);
        assertEquals(List.of(FOR_FOREIGN_AGENT.appendTo(message)), relayed(ask(strict, message)));
    }

    @Test
    @DisplayName("§3.3: each reply has one that was not used, before the mobile-foreign authentication")
    void tellsInReplies() {
        var challenge = advertised(acquainted);
        var request = next(HOME);
        ask(acquainted, FOR_AGENT.appendTo(answering(request, challenge)));
        var actions = acquainted.handle(replyReceived(now, sealed(reply(request, ReplyCode.HA_REASON_UNSPECIFIED, 0))));
        var relayed = Site.denial(actions).orElseThrow();
        var told = relayed.extension(Challenge.class).orElseThrow().value();
        assertNotEquals(challenge, told);
        assertEquals(
                List.of(32, 132, 33),
                relayed.extensions().stream().map(Extension::type).toList());
        var sent = actions.stream()
                .filter(Action.SendToVisitor.class::isInstance)
                .map(action -> ((Action.SendToVisitor) action).message())
                .findFirst()
                .orElseThrow();
        assertTrue(
                Verifier.verify(
                                (Decoded.Message) RegistrationCodec.decode(sent),
                                Kind.MOBILE_FOREIGN,
                                List.of(MOBILE_FOREIGN))
                        instanceof Verified.By);
        assertRelayed(ask(acquainted, FOR_AGENT.appendTo(answering(next(HOME), told))));
    }

    @Test
    @DisplayName("§3.3: a denial of our own has one as well, with which the next request is good")
    void tellsInDenials() {
        var denial = assertDenied(ReplyCode.FA_MISSING_CHALLENGE, ask(strict, sealed(next(HOME))));
        var told = denial.extension(Challenge.class).orElseThrow().value();
        assertRelayed(ask(strict, answering(next(HOME), told, AAA)));
    }

    @ParameterizedTest
    @EnumSource(Compatibility.class)
    @DisplayName(
            "§3.3: a home agent that returns another one: 109 in an FA Error beside its own code, and nobody is served")
    void wrongChallengeFromHomeAgent(Compatibility compatibility) {
        for (ReplyCode code : List.of(ReplyCode.ACCEPTED, ReplyCode.HA_REASON_UNSPECIFIED)) {
            var agent = agent(compatibility, Map.of());
            var request = next(HOME);
            ask(agent, answering(request, advertised(agent), AAA));
            var wrong = FOR_FOREIGN_AGENT.appendTo(Seal.encode(reply(request, code, 300), BY_HOME_AGENT)
                    .concat(RegistrationCodec.encode(List.of(new Challenge(Octets.ofHex("0102030405060708"))))));
            var told = Site.denial(agent.handle(replyReceived(now, wrong))).orElseThrow();
            assertEquals(code, told.code());
            assertEquals(
                    Optional.of(new ForeignAgentError(ReplyCode.FA_WRONG_CHALLENGE_FROM_HOME_AGENT)),
                    told.extension(ForeignAgentError.class));
            assertEquals(List.of(), agent.visitors());
        }
    }

    @Test
    @DisplayName("§3.4: one that returns the same one, or none, is as good as ever")
    void sameChallengeFromHomeAgent() {
        var challenge = advertised(strict);
        var request = next(HOME);
        ask(strict, answering(request, challenge, AAA));
        var reply = FOR_FOREIGN_AGENT.appendTo(Seal.encode(reply(request, ReplyCode.ACCEPTED, 300), BY_HOME_AGENT)
                .concat(RegistrationCodec.encode(List.of(new Challenge(challenge)))));
        assertTrue(strict.handle(replyReceived(now, reply)).stream().anyMatch(Action.InstallVisitor.class::isInstance));
    }
}
