package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.foreign.Site.*;
import static org.mooring.protocol.handover.HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.foreign.Policy.Compatibility;
import org.mooring.foreign.Policy.NatTraversal;
import org.mooring.foreign.Policy.ReverseTunnel;
import org.mooring.foreign.Policy.Revocability;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.DynamicHomeAgent;
import org.mooring.protocol.wire.EncapsulatingDelivery;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.ProxyAuthenticationMethod;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("RFC 3344 §3.7.2.1 Validity Checks")
class Section3_7_2_1Test {
    private final ForeignAgent agent = new ForeignAgent(POLICY);

    @Test
    void discardsSilentlyWhatCannotBeRead() {
        var unrecognised = RegistrationCodec.encode(request()).concat(Octets.ofHex("6400"));

        var actions = agent.handle(requestReceived(NOW, unrecognised));

        assertEquals(
                List.of(new Action.Report(
                        new Fact.Unreadable(HOME.toString(), Decoded.Reason.UNRECOGNISED_EXTENSION, 24))),
                actions);
    }

    @Test
    void discardsSilentlyAReplyFromTheLink() {
        var actions = agent.handle(requestReceived(NOW, sealed(reply(request(), ReplyCode.ACCEPTED, 300))));

        assertEquals(
                List.of(new Action.Report(new Fact.Discarded(HOME.toString(), Fact.Discard.UNEXPECTED_MESSAGE))),
                actions);
    }

    @Test
    void discardsSilentlyWhatCannotBeAnswered() {
        var origin = new Origin(LINK, Octets.ofHex("ffffffffffff"), HOME, PORT, LINK_ADDRESS, 255);

        var actions = agent.handle(requestReceived(NOW, origin, sealed(request())));

        assertEquals(
                List.of(new Action.Report(new Fact.Discarded(HOME.toString(), Fact.Discard.BAD_LINK_ADDRESS))),
                actions);
    }

    @Test
    void deniesWithCode67WithoutAMobileForeignExtensionWhereAnAssociationIsShared() {
        assertDenied(ReplyCode.FA_MOBILE_NODE_FAILED_AUTHENTICATION, shared(), sealed(request()));
    }

    @Test
    void deniesWithCode67WhenTheMobileForeignExtensionIsWrong() {
        var wrong = new Seal(Kind.MOBILE_FOREIGN, association(0x2001, "00"));

        assertDenied(ReplyCode.FA_MOBILE_NODE_FAILED_AUTHENTICATION, shared(), wrong.appendTo(sealed(request())));
    }

    @Test
    void deniesWithCode67WhenThereAreTwoMobileForeignExtensions() {
        var seal = new Seal(Kind.MOBILE_FOREIGN, MOBILE_FOREIGN);

        assertDenied(
                ReplyCode.FA_MOBILE_NODE_FAILED_AUTHENTICATION,
                shared(),
                seal.appendTo(seal.appendTo(sealed(request()))));
    }

    @Test
    void relaysWithOneValidMobileForeignExtension() {
        var seal = new Seal(Kind.MOBILE_FOREIGN, MOBILE_FOREIGN);

        assertRelayed(shared(), ORIGIN, seal.appendTo(sealed(request())));
    }

    @Test
    void relaysWithAMobileForeignExtensionWhereNoAssociationIsShared() {
        var seal = new Seal(Kind.MOBILE_FOREIGN, MOBILE_FOREIGN);

        assertRelayed(agent, ORIGIN, seal.appendTo(sealed(request())));
    }

    @Test
    void deniesWithCode70WithoutAnAuthorizationEnablingExtension() {
        assertDenied(ReplyCode.FA_POORLY_FORMED_REQUEST, agent, RegistrationCodec.encode(request()));
    }

    @Test
    @DisplayName("§3.3: the reserved bits are ignored")
    void relaysWithReservedBits() {
        assertRelayed(agent, ORIGIN, sealed(withFlags(request(), Flags.REVERSE_TUNNELING.plus(Flags.RESERVED))));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x04, 0x01, 0x05})
    @DisplayName("E1, T45: or denied with code 70 where that is configured; without them all is well")
    void deniesWithCode70ReservedBitsThatAreRefused(int reserved) {
        var refusing = new ForeignAgent(refusingReservedBits());
        assertDenied(
                ReplyCode.FA_POORLY_FORMED_REQUEST,
                refusing,
                sealed(withFlags(request(), Flags.REVERSE_TUNNELING.plus(new Flags(reserved)))));
        assertRelayed(refusing, ORIGIN, sealed(request()));
    }

    @Test
    @DisplayName("RFC 3115 §2.4: denies with code 100 when a critical vendor extension is unknown")
    void unknownCriticalVendorExtension() {
        assertDenied(
                ReplyCode.FA_UNKNOWN_CVSE_FROM_MOBILE_NODE,
                agent,
                sealed(withExtensions(request(), new CriticalVendorSpecific(4711, 1, Octets.EMPTY))));
    }

    @Test
    @DisplayName("RFC 2794 §3: denies with code 96 without a home address")
    void noHomeAddress() {
        var request = request(Ipv4Address.UNSPECIFIED, 300, ID);

        var actions = agent.handle(requestReceived(NOW, sealed(request)));

        var expected = reply(request, ReplyCode.FA_NONZERO_HOME_ADDRESS_REQUIRED, 300);
        assertEquals(
                List.of(new Action.SendToVisitor(
                        LINK,
                        MAC,
                        LINK_ADDRESS,
                        Ipv4Address.LIMITED_BROADCAST,
                        PORT,
                        RegistrationCodec.encode(expected))),
                deeds(actions));
    }

    @ParameterizedTest
    @ValueSource(strings = {"198.51.100.2", "10.2.0.2", "10.1.0.1"})
    void deniesWithCode70WhenTheHomeAddressIsAnAgents(String homeAddress) {
        assertDenied(ReplyCode.FA_POORLY_FORMED_REQUEST, agent, sealed(request(Ipv4Address.of(homeAddress), 300, ID)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "255.255.255.255"})
    @DisplayName("RFC 4433 §5.2: denies with code 90 without a home agent")
    void noHomeAgent(String homeAgent) {
        assertDenied(
                ReplyCode.FA_NONZERO_HOME_AGENT_REQUIRED,
                agent,
                sealed(withHomeAgent(request(), Ipv4Address.of(homeAgent))));
    }

    @ParameterizedTest
    @CsvSource({"0.0.0.0, false", "255.255.255.255, false", "255.255.255.255, true", "10.1.0.1, false"})
    @DisplayName(
            "RFC 4433 §5.2: a Requested Home Agent is whom the request is relayed to, and who answers it, where the Home Agent field names no other")
    void requestedHomeAgent(String field, boolean longForm) {
        var requested = new DynamicHomeAgent(DynamicHomeAgent.REQUESTED, HOME_AGENT, longForm);
        var request = withExtensions(withHomeAgent(request(), Ipv4Address.of(field)), requested);

        var relayed = agent.handle(requestReceived(NOW, sealed(request)));
        var reply = reply(withHomeAgent(request, HOME_AGENT), ReplyCode.ACCEPTED, 300);
        var installed = agent.handle(replyReceived(NOW, sealed(reply)));

        assertEquals(
                List.of(new Action.RelayToHomeAgent(HOME_AGENT, FOR_FOREIGN_AGENT.appendTo(sealed(request)))),
                relayed.stream()
                        .filter(Action.RelayToHomeAgent.class::isInstance)
                        .toList());
        assertEquals(
                List.of(HOME_AGENT),
                installed.stream()
                        .filter(Action.InstallVisitor.class::isInstance)
                        .map(action ->
                                ((Action.InstallVisitor) action).visitor().homeAgent())
                        .toList());
    }

    @Test
    @DisplayName("§3.7.2.2: a request goes to the home agent of its Home Agent field, whatever else it requests")
    void requestedHomeAgentBesideAnother() {
        for (var requested : List.of("10.1.0.9", "198.51.100.2")) {
            var request = withExtensions(
                    request(), new DynamicHomeAgent(DynamicHomeAgent.REQUESTED, Ipv4Address.of(requested)));
            assertRelayed(new ForeignAgent(POLICY), ORIGIN, sealed(request));
        }
    }

    @Test
    @DisplayName("§3.7.2: so it is with an address of its own in the Home Agent field: none is relayed")
    void homeAgentIsOurselvesWhoeverIsRequested() {
        for (var own : List.of(CARE_OF, LINK_ADDRESS)) {
            assertDenied(
                    ReplyCode.FA_INVALID_HOME_AGENT_ADDRESS,
                    new ForeignAgent(POLICY),
                    sealed(withExtensions(
                            withHomeAgent(request(), own),
                            new DynamicHomeAgent(DynamicHomeAgent.REQUESTED, HOME_AGENT))));
        }
    }

    @Test
    @DisplayName("RFC 4433 §5.2: one that is no unicast address is denied with code 90, this agent's own with 116")
    void requestedHomeAgentThatCannotBe() {
        for (var wrong : List.of("0.0.0.0", "255.255.255.255", "224.0.0.11")) {
            var requested = new DynamicHomeAgent(DynamicHomeAgent.REQUESTED, Ipv4Address.of(wrong));
            for (var field : List.of(HOME_AGENT, Ipv4Address.UNSPECIFIED)) {
                assertDenied(
                        ReplyCode.FA_NONZERO_HOME_AGENT_REQUIRED,
                        new ForeignAgent(POLICY),
                        sealed(withExtensions(withHomeAgent(request(), field), requested)));
            }
        }
        var own = new DynamicHomeAgent(DynamicHomeAgent.REQUESTED, CARE_OF);
        assertDenied(
                ReplyCode.FA_INVALID_HOME_AGENT_ADDRESS,
                agent,
                sealed(withExtensions(withHomeAgent(request(), Ipv4Address.LIMITED_BROADCAST), own)));
    }

    @Test
    @DisplayName(
            "RFC 4433 §5.2: what the mobile node's authenticator does not cover requests nobody, nor does what sends"
                    + " it elsewhere")
    void requestsNobody() {
        var nobody = withHomeAgent(request(), Ipv4Address.UNSPECIFIED);
        var requested = new DynamicHomeAgent(DynamicHomeAgent.REQUESTED, HOME_AGENT);
        var redirected = new DynamicHomeAgent(DynamicHomeAgent.REDIRECTED, HOME_AGENT);
        assertDenied(
                ReplyCode.FA_NONZERO_HOME_AGENT_REQUIRED,
                agent,
                sealed(nobody).concat(RegistrationCodec.encode(List.of(requested))));
        assertDenied(
                ReplyCode.FA_NONZERO_HOME_AGENT_REQUIRED,
                new ForeignAgent(POLICY),
                sealed(withExtensions(nobody, redirected)));
    }

    @Test
    @DisplayName(
            "RFC 5563 §5.1, RFC 3344 §1.8: who is not authenticated by the mobile node's association hears nothing")
    void proxyRegistration() {
        var request = withExtensions(request(), new ProxyAuthenticationMethod(ProxyAuthenticationMethod.FOREIGN_HOME));

        assertEquals(
                List.of(new Action.Report(new Fact.Discarded(HOME.toString(), Fact.Discard.PROXY_REGISTRATION))),
                agent.handle(requestReceived(NOW, sealed(request))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"198.51.100.2", "10.2.0.2"})
    @DisplayName("RFC 5944 §3.7.2, erratum 3116: denies with code 116 when the home agent's address is its own")
    void homeAgentIsOurselves(String homeAgent) {
        assertDenied(
                ReplyCode.FA_INVALID_HOME_AGENT_ADDRESS,
                agent,
                sealed(withHomeAgent(request(), Ipv4Address.of(homeAgent))));
    }

    @ParameterizedTest(name = "lifetime {0}, care-of address {1}, flags {2}, home agent on {3}, to {4}: {5}")
    @CsvSource({
        "0, 10.1.0.50, 0, lan, 224.0.0.11, true",
        "300, 10.2.0.77, 0x20, lan, 224.0.0.11, true",
        "0, 10.2.0.77, 0x20, lan, 224.0.0.11, true",
        "0, 10.1.0.50, 0, other, 224.0.0.11, false",
        "300, 10.2.0.77, 0x20, other, 224.0.0.11, false",
        "0, 10.1.0.50, 0, lan, 10.2.0.2, false",
        "300, 10.2.0.77, 0x20, lan, 10.2.0.2, false",
        "300, 198.51.100.2, 0, lan, 224.0.0.11, false",
        "0, 198.51.100.2, 0, lan, 224.0.0.11, false"
    })
    @DisplayName(
            "§2.3, 3.7.2: leaves to a home agent of this router what is sent to all mobility agents and not to be relayed")
    void leavesToTheHomeAgentHere(int lifetime, String careOf, int flags, String link, String to, boolean left) {
        var homeAgent = Ipv4Address.of("10.9.0.1");
        var origin = new Origin(LINK, MAC, HOME, PORT, Ipv4Address.of(to), 1);
        var request = withCareOfAddress(
                withHomeAgent(withFlags(request(HOME, lifetime, ID), new Flags(flags)), homeAgent),
                Ipv4Address.of(careOf));
        var event = requestReceived(NOW, origin, sealed(request));

        var actions =
                new ForeignAgent(POLICY.on(Map.of(link, Set.of(homeAgent), "wan", Set.of(CARE_OF)))).handle(event);

        assertEquals(
                left,
                actions.equals(
                        List.of(new Action.Report(new Fact.Discarded(HOME.toString(), Fact.Discard.FOR_HOME_AGENT)))),
                actions::toString);
    }

    @Test
    @DisplayName("§3.7.2: what names this agent as its home agent is no home agent's here, wherever it was sent")
    void leavesNothingOfItsOwn() {
        var origin = new Origin(LINK, MAC, HOME, PORT, Ipv4Address.ALL_MOBILITY_AGENTS, 1);
        var request = withHomeAgent(request(HOME, 0, ID), LINK_ADDRESS);
        var event = requestReceived(NOW, origin, sealed(withCareOfAddress(request, HOME)));

        var actions = new ForeignAgent(POLICY.on(Map.of(LINK, Set.of(CARE_OF, LINK_ADDRESS)))).handle(event);

        assertEquals(
                Optional.of(ReplyCode.FA_INVALID_HOME_AGENT_ADDRESS),
                denial(actions).map(RegistrationReply::code));
    }

    @Test
    @DisplayName("§3.7.2: so it is when the address is one of any other interface's")
    void homeAgentIsOurselvesOnAnotherInterface() {
        var other = Ipv4Address.of("10.9.0.1");
        var here = new ForeignAgent(POLICY.on(Map.of("wan", Set.of(other))));
        assertDenied(ReplyCode.FA_INVALID_HOME_AGENT_ADDRESS, here, sealed(withHomeAgent(request(), other)));
    }

    @Test
    @DisplayName("§3.7.2, Appendix G: a home agent that runs on the same router gets its mobile nodes' requests")
    void homeAgentIsOnTheSameRouter() {
        assertRelayed(new ForeignAgent(POLICY.on(Map.of("wan", Set.of(HOME_AGENT)))), ORIGIN, sealed(request()));
    }

    @Test
    void deniesWithCode65WhereAnAssociationIsRequiredAndNoneIsShared() {
        assertDenied(
                ReplyCode.FA_ADMINISTRATIVELY_PROHIBITED,
                agent,
                sealed(withHomeAgent(request(), Ipv4Address.of("10.9.0.1"))));
    }

    @Test
    void deniesWithCode77WhenTheCareOfAddressIsNotOffered() {
        assertDenied(
                ReplyCode.FA_INVALID_CARE_OF_ADDRESS,
                agent,
                sealed(withCareOfAddress(request(), Ipv4Address.of("192.0.2.2"))));
    }

    @Test
    void relaysACoLocatedCareOfAddress() {
        var request = withFlags(
                withCareOfAddress(request(), Ipv4Address.of("10.2.0.77")), Flags.DECAPSULATION_BY_MOBILE_NODE);

        assertRelayed(agent, ORIGIN, sealed(request));
    }

    @Test
    @DisplayName("RFC 5944 §3.7.2.1: relays a deregistration whatever its care-of address")
    void relaysADeregistrationOfAll() {
        assertRelayed(agent, ORIGIN, sealed(withCareOfAddress(request(HOME, 0, ID), HOME)));
    }

    @ParameterizedTest(name = "lifetime {0}: code {1}")
    @CsvSource({"1801, 69", "65535, 69"})
    void deniesWithCode69WhenTheLifetimeIsTooLong(int lifetime, int code) {
        var request = request(HOME, lifetime, ID);

        var actions = agent.handle(requestReceived(NOW, sealed(request)));

        assertEquals(Optional.of(reply(request, new ReplyCode(code), MAX_LIFETIME)), denial(actions));
    }

    @Test
    void relaysTheLongestLifetime() {
        assertRelayed(agent, ORIGIN, sealed(request(HOME, MAX_LIFETIME, ID)));
    }

    @Test
    void deniesWithCode72WhenTheEncapsulationIsUnavailable() {
        for (var encapsulation : List.of(Flags.MINIMAL_ENCAPSULATION, Flags.GRE_ENCAPSULATION)) {
            assertDenied(
                    ReplyCode.FA_ENCAPSULATION_UNAVAILABLE,
                    new ForeignAgent(POLICY),
                    sealed(withFlags(request(), encapsulation)));
        }
    }

    @Test
    @DisplayName("RFC 3024 §3.3: encapsulating delivery is noted, and nothing of it goes to the home agent")
    void encapsulatingDelivery() {
        var relayed = agent.handle(requestReceived(NOW, encapsulating(request())));

        assertTrue(relayed.contains(
                new Action.RelayToHomeAgent(HOME_AGENT, FOR_FOREIGN_AGENT.appendTo(sealed(request())))));
        var actions = agent.handle(replyReceived(NOW, sealed(reply(request(), ReplyCode.ACCEPTED, 300))));

        var visitor = visitor(withExtensions(request(), new EncapsulatingDelivery()), NOW.plusSeconds(300));
        assertEquals(Optional.of(LINK_ADDRESS), visitor.encapsulatesTo());
        assertEquals(List.of(new Action.InstallVisitor(visitor)), actions);
    }

    @Test
    @DisplayName("RFC 3024 §3.3: direct delivery is assumed")
    void directDelivery() {
        serve(agent, NOW, request(), 300);

        assertEquals(Optional.empty(), agent.visitors().get(0).encapsulatesTo());
    }

    @Test
    @DisplayName("RFC 3024 §4.2.1: denies with code 79 when encapsulating delivery is asked for and there is none")
    void noEncapsulatingDelivery() {
        var direct = new ForeignAgent(new Policy(
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
                false,
                Revocability.REFUSED,
                Advertising.ON_SOLICITATION,
                NatTraversal.NONE,
                Map.of(),
                POLICY.homeAgents()));
        assertDenied(ReplyCode.FA_DELIVERY_STYLE_NOT_SUPPORTED, direct, encapsulating(request()));
    }

    @Test
    @DisplayName("RFC 3024 §3.3: denies with code 70 a delivery style without a reverse tunnel")
    void encapsulatingDeliveryWithoutReverseTunnel() {
        assertDenied(ReplyCode.FA_POORLY_FORMED_REQUEST, agent, encapsulating(withFlags(request(), Flags.NONE)));
    }

    @Test
    @DisplayName("RFC 3024 §3.3: denies with code 70 a delivery style that it could not keep from the home agent")
    void encapsulatingDeliveryBeforeTheMobileHomeAuthentication() {
        assertDenied(
                ReplyCode.FA_POORLY_FORMED_REQUEST,
                agent,
                sealed(withExtensions(request(), new EncapsulatingDelivery())));
    }

    private static Octets encapsulating(RegistrationRequest request) {
        return sealed(request).concat(RegistrationCodec.encode(List.of(new EncapsulatingDelivery())));
    }

    @Test
    @DisplayName("RFC 3024 §4.2.1: denies with code 76 when a reverse tunnel is asked for from afar")
    void tooDistant() {
        var afar = new Origin(LINK, MAC, HOME, PORT, LINK_ADDRESS, 254);

        var actions = agent.handle(requestReceived(NOW, afar, sealed(request())));

        assertEquals(
                Optional.of(ReplyCode.FA_MOBILE_NODE_TOO_DISTANT),
                denial(actions).map(RegistrationReply::code));
        assertRelayed(agent, afar, sealed(withFlags(request(), Flags.NONE)));
    }

    @Test
    @DisplayName("RFC 3024 §3.4: denies with code 75 who asks for no reverse tunnel where one is required")
    void reverseTunnelIsMandatory() {
        var strict = tunnelling(ReverseTunnel.REQUIRED);

        assertDenied(ReplyCode.FA_REVERSE_TUNNEL_MANDATORY, strict, sealed(withFlags(request(), Flags.NONE)));
        assertRelayed(strict, ORIGIN, sealed(request()));
        assertRelayed(strict, ORIGIN, sealed(withFlags(request(HOME, 0, ID), Flags.NONE)));
    }

    @Test
    @DisplayName(
            "RFC 3024 §3.4, §4.2.1: denies with code 74 who asks for a reverse tunnel where there is none, at last")
    void reverseTunnelIsUnavailable() {
        var plain = tunnelling(ReverseTunnel.REFUSED);

        assertDenied(ReplyCode.FA_REVERSE_TUNNEL_UNAVAILABLE, plain, sealed(request()));
        assertDenied(
                ReplyCode.FA_LIFETIME_TOO_LONG, plain, sealed(request(HOME, MAX_LIFETIME + 1, ID)), NOW.plusSeconds(1));
        assertRelayed(plain, ORIGIN, sealed(withFlags(request(), Flags.NONE)));
    }

    @Test
    @DisplayName("§3.7.2 before RFC 5944: code 136 for this agent's own address as home agent")
    void homeAgentIsOurselvesForRfc3344() {
        assertDenied(
                ReplyCode.HA_UNKNOWN_HOME_AGENT_ADDRESS, Site.old(), sealed(withHomeAgent(request(), LINK_ADDRESS)));
    }

    @Test
    @DisplayName("§3.7.2.1 before RFC 5944: code 77 also for a deregistration")
    void deniesWithCode77ADeregistrationForRfc3344() {
        assertDenied(
                ReplyCode.FA_INVALID_CARE_OF_ADDRESS,
                Site.old(),
                sealed(withCareOfAddress(request(HOME, 0, ID), HOME)));
    }

    private static ForeignAgent tunnelling(ReverseTunnel reverseTunnel) {
        return new ForeignAgent(policy(Compatibility.RFC5944, reverseTunnel, Advertising.ON_SOLICITATION));
    }

    private static ForeignAgent shared() {
        return new ForeignAgent(new Policy(
                CARE_OF,
                POLICY.links(),
                MAX_LIFETIME,
                5,
                10,
                DEFAULT_ENTERPRISE_NUMBER,
                true,
                Map.of(HOME, List.of(MOBILE_FOREIGN)),
                POLICY.homeAgents()));
    }

    private static void assertDenied(ReplyCode code, ForeignAgent agent, Octets message) {
        assertDenied(code, agent, message, NOW);
    }

    private static void assertDenied(ReplyCode code, ForeignAgent agent, Octets message, Instant at) {
        var request = (RegistrationRequest) ((Decoded.Message) RegistrationCodec.decode(message)).message();

        var actions = agent.handle(requestReceived(at, message));

        var denial = denial(actions).orElseThrow(() -> new AssertionError("not denied: " + actions));
        assertEquals(code, denial.code());
        assertEquals(request.homeAddress(), denial.homeAddress());
        assertEquals(request.homeAgent(), denial.homeAgent());
        assertEquals(request.identification(), denial.identification());
        assertEquals(List.of(), agent.pending());
    }

    private static void assertRelayed(ForeignAgent agent, Origin origin, Octets message) {
        var actions = agent.handle(requestReceived(NOW, origin, message));

        assertEquals(
                1,
                actions.stream()
                        .filter(Action.RelayToHomeAgent.class::isInstance)
                        .count(),
                actions::toString);
        assertEquals(Optional.empty(), denial(actions));
    }
}
