package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.home.HomeNetwork.AT_HOME;
import static org.mooring.home.HomeNetwork.BROADCAST;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.FOREIGN_HOME;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.MOBILE_HOME;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.association;
import static org.mooring.home.HomeNetwork.relayed;
import static org.mooring.home.HomeNetwork.signed;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED;
import static org.mooring.protocol.wire.ReplyCode.HA_ADMINISTRATIVELY_PROHIBITED;
import static org.mooring.protocol.wire.ReplyCode.HA_FOREIGN_AGENT_FAILED_AUTHENTICATION;
import static org.mooring.protocol.wire.ReplyCode.HA_IDENTIFICATION_MISMATCH;
import static org.mooring.protocol.wire.ReplyCode.HA_MOBILE_NODE_FAILED_AUTHENTICATION;
import static org.mooring.protocol.wire.ReplyCode.HA_REDIRECT;
import static org.mooring.protocol.wire.ReplyCode.HA_UNKNOWN_HOME_AGENT_ADDRESS;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.DynamicHomeAgent;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.Padding;
import org.mooring.protocol.wire.Extension.Skippable;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;

@DisplayName("RFC 3344 §3.8.2.1 Validity Checks")
class Section3_8_2_1Test {
    /** D and T, lifetime 300, care-of address 192.0.2.77. */
    private static final Octets V1 = Octets.ofHex(
            "0122012c0a0100050a010001c000024de8b41f001234abcd" + "2014000001009500c0b02dc5147768933d3f2e5372ad");

    /** V1's reply with code 0. */
    private static final Octets V4 =
            Octets.ofHex("0300012c0a0100050a010001e8b41f001234abcd201400000100f899cea4cdc72f2f9fdeb36531ab4efe");

    /** V1's reply with code 133 of a home agent whose clock says e8b41f5a. */
    private static final Octets V5 =
            Octets.ofHex("0385012c0a0100050a010001e8b41f5a1234abcd201400000100548e5150299bd368c68101c2e6c36dd8");

    /** V1's authenticator if the SPI were not covered. */
    private static final Octets V3B = Octets.ofHex("e836d7f4a0bd53f21e4c0d57c4f93c86");

    private static final int AUTHENTICATOR_OFFSET = 30;
    private static final Endpoint CO_LOCATED = new Endpoint(Ipv4Address.of("192.0.2.77"), 434);

    private static final SecurityAssociation OTHER_KEY =
            association(0x100, "ffffffffffffffffffffffffffffffff", Algorithm.HMAC_MD5);

    private final HomeNetwork network = new HomeNetwork();

    @Test
    @DisplayName("T1: a valid request is accepted, and its reply is vector V4 to the octet")
    void acceptsVectorV1() {
        network.receive(CO_LOCATED, V1);
        assertEquals(List.of(new Action.SendReply(CO_LOCATED, false, V4)), network.all(Action.SendReply.class));
    }

    @Test
    @DisplayName("(a), T2: what was changed on the way is denied with code 131 and changes nothing")
    void deniesWithCode131WhenABitWasFlipped() {
        network.register(300);
        network.actions();
        network.pass(Duration.ofSeconds(10));
        var tampered = relayed(network.request(T, 600, CARE_OF_B)).toByteArray();
        tampered[3] ^= 1;
        network.receive(FOREIGN_AGENT_A, Octets.of(tampered));
        assertEquals(HA_MOBILE_NODE_FAILED_AUTHENTICATION, network.code());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
    }

    @Test
    @DisplayName("(a), T3: an authenticator that leaves out the SPI is denied with code 131")
    void deniesWithCode131WhenTheSpiIsNotCovered() {
        network.receive(CO_LOCATED, V1.slice(0, AUTHENTICATOR_OFFSET).concat(V3B));
        assertEquals(HA_MOBILE_NODE_FAILED_AUTHENTICATION, network.code());
    }

    @Test
    @DisplayName("(a): an SPI that is not known is denied with code 131, under one that the mobile node has")
    void deniesWithCode131WhenTheSpiIsUnknown() {
        var unknown = association(0x999, "00112233445566778899aabbccddeeff", Algorithm.HMAC_MD5);
        var request = network.request(T, 300, CARE_OF_B);
        network.receive(FOREIGN_AGENT_B, Seal.encode(request, new Seal(Kind.MOBILE_HOME, unknown)));
        assertEquals(HA_MOBILE_NODE_FAILED_AUTHENTICATION, network.code());
    }

    @Test
    @DisplayName("(a), T14: an authenticator of no octets is denied with code 131")
    void deniesWithCode131WhenTheAuthenticatorIsEmpty() {
        var empty = Octets.ofHex("200400000100");
        network.receive(
                CO_LOCATED, V1.slice(0, RegistrationRequest.FIXED_LENGTH).concat(empty));
        assertEquals(HA_MOBILE_NODE_FAILED_AUTHENTICATION, network.code());
    }

    @Test
    @DisplayName("RFC 5944 §3.8.2.1, T7: without an authorization-enabling extension nothing is said")
    void discardsWhatHasNoAuthorizationEnablingExtension() {
        network.receive(FOREIGN_AGENT_B, RegistrationCodec.encode(network.request(T, 300, CARE_OF_B)));
        assertDiscarded(Discard.NO_AUTHORIZATION);
    }

    @Test
    @DisplayName("RFC 5944 §3.8.2.1: to an unknown mobile node nothing is said, and nothing is kept of it")
    void discardsWhatAnUnknownMobileNodeSends() {
        var request = network.request(T, 300, CARE_OF_B);
        var stranger = new RegistrationRequest(
                request.flags(),
                request.lifetime(),
                Ipv4Address.of("10.1.0.66"),
                HOME_AGENT,
                CARE_OF_B,
                request.identification(),
                List.of());
        network.receive(FOREIGN_AGENT_B, signed(stranger));
        assertDiscarded(Discard.UNKNOWN_MOBILE_NODE);
        assertEquals(1, network.homeAgent().mobileNodes().size());
    }

    @Test
    @DisplayName("§1.8, T8: an unknown extension in 0..127 silences the home agent")
    void discardsWhatHasAnUnrecognisedExtension() {
        var unrecognised = V1.slice(0, RegistrationRequest.FIXED_LENGTH).concat(Octets.ofHex("640100"));
        network.receive(CO_LOCATED, unrecognised.concat(V1.slice(RegistrationRequest.FIXED_LENGTH)));
        assertDiscarded(Discard.UNDECODABLE);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 23, 25, 40})
    @DisplayName("T11: a datagram that is cut short is discarded")
    void discardsWhatIsCutShort(int length) {
        network.receive(CO_LOCATED, V1.slice(0, length));
        assertDiscarded(Discard.UNDECODABLE);
    }

    @Test
    @DisplayName("a reply on the home agent's port is discarded")
    void discardsAReply() {
        network.receive(CO_LOCATED, V4);
        assertDiscarded(Discard.NOT_A_REQUEST);
    }

    @Test
    @DisplayName("§1.8, T9, T10, T15: unknown extensions in 128..255 and padding are skipped, wherever they are")
    void skipsSkippableExtensions() {
        var unknown = new Skippable(200, Octets.ofHex("01020304050607"));
        var request = network.request(T, 300, CARE_OF_B, unknown, new Padding(), unknown);
        network.receive(FOREIGN_AGENT_B, signed(request).concat(RegistrationCodec.encode(List.of(unknown))));
        assertEquals(ACCEPTED, network.code());
    }

    @Test
    @DisplayName("(b), T17: half a second old is young enough, and the whole Identification comes back")
    void acceptsATimestampWithinTheTolerance() {
        var request = network.request(T, 300, CARE_OF_B);
        network.pass(Duration.ofMillis(500));
        network.receive(FOREIGN_AGENT_B, signed(request));
        var reply = network.reply();
        assertEquals(ACCEPTED, reply.code());
        assertEquals(request.identification(), reply.identification());
    }

    @Test
    @DisplayName("(b), T18: a clock 90 s behind gets code 133 with our time, vector V5 to the octet")
    void answersALateTimestampWithVectorV5() {
        network.pass(Duration.ofSeconds(0x5a));
        network.receive(CO_LOCATED, V1);
        assertEquals(List.of(new Action.SendReply(CO_LOCATED, false, V5)), network.actions());
        assertEquals(List.of(), network.careOfAddresses());
    }

    @ParameterizedTest
    @ValueSource(ints = {-8, 8})
    @DisplayName(
            "(b), T18, T19: 8 s beside the clock is denied with code 133; the low half comes back, the high half is"
                    + " ours")
    void deniesWithCode133WhenTheClocksDiffer(int seconds) {
        var request = withIdentification(Identification.of(network.now().plusSeconds(seconds), 0x321));
        network.receive(FOREIGN_AGENT_B, signed(request));
        var reply = network.reply();
        assertEquals(HA_IDENTIFICATION_MISMATCH, reply.code());
        assertEquals(
                Identification.of(network.now()).high(), reply.identification().high());
        assertEquals(request.identification().low(), reply.identification().low());
    }

    @Test
    @DisplayName("(b), T21: within the tolerance, but not newer than the last one accepted: code 133")
    void deniesWithCode133WhenTheTimestampIsNotNewer() {
        var before = network.request(T, 300, CARE_OF_B);
        network.pass(Duration.ofSeconds(2));
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 300, CARE_OF_B)));
        network.actions();
        network.receive(FOREIGN_AGENT_B, signed(before));
        assertEquals(HA_IDENTIFICATION_MISMATCH, network.code());
    }

    @Test
    @DisplayName("§5.7.1: a late request is late under another SPI, too, when keys roll over")
    void deniesWithCode133WhatIsLateUnderAnotherSpi() {
        var next = association(0x101, "fedcba98765432100123456789abcdef", Algorithm.HMAC_MD5);
        var rollover = new HomeNetwork(HomeNetwork.withMobileHome(MOBILE_HOME, next));
        var before = Seal.encode(rollover.request(T, 300, CARE_OF_B), new Seal(Kind.MOBILE_HOME, next));
        rollover.pass(Duration.ofSeconds(2));
        rollover.register(300);
        rollover.actions();
        rollover.receive(FOREIGN_AGENT_B, before);
        var sent = rollover.all(Action.SendReply.class).get(0);
        var reply = (RegistrationReply) ((Decoded.Message) RegistrationCodec.decode(sent.wire())).message();
        assertEquals(HA_IDENTIFICATION_MISMATCH, reply.code());
        assertEquals(List.of(CARE_OF_A), rollover.careOfAddresses());
    }

    @ParameterizedTest(name = "before a restart: {0}")
    @ValueSource(booleans = {false, true})
    @DisplayName("(b), §5.7.1: code 133 tells the home agent's own time, though a newer timestamp was accepted before")
    void tellsItsOwnTimeThoughANewerTimestampWasAccepted(boolean restarted) {
        network.receive(
                FOREIGN_AGENT_B,
                signed(withIdentification(Identification.of(network.now().plusSeconds(5), 0))));
        var record = network.all(Action.Persist.class).get(0).record();
        assertEquals(ACCEPTED, network.code());
        var agent = restarted ? new HomeNetwork() : network;
        if (restarted) {
            agent.handle(new Event.Restored(agent.now(), List.of(record)));
            agent.actions();
        }
        agent.pass(Duration.ofSeconds(1));
        var request = withIdentification(Identification.of(agent.now(), 0x321));
        agent.receive(FOREIGN_AGENT_B, signed(request));
        var reply = agent.reply();
        assertEquals(HA_IDENTIFICATION_MISMATCH, reply.code());
        assertEquals(
                Identification.of(
                        Identification.of(agent.now()).high(),
                        request.identification().low()),
                reply.identification());
    }

    @Test
    @DisplayName("(a) before (b), T22: a forged timestamp of the future makes none stale")
    void isNotMovedByForgedTimestamps() {
        var forged = withIdentification(Identification.of(network.now().plusSeconds(6), 0));
        network.receive(FOREIGN_AGENT_B, Seal.encode(forged, new Seal(Kind.MOBILE_HOME, OTHER_KEY)));
        assertEquals(HA_MOBILE_NODE_FAILED_AUTHENTICATION, network.code());
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 300, CARE_OF_B)));
        assertEquals(ACCEPTED, network.code());
    }

    @Test
    @DisplayName("§5.7.1, T26: what was registered before a deregistration cannot be replayed after it")
    void remembersTheNewestIdentificationAfterDeregistration() {
        var registration = relayed(network.request(T, 300, CARE_OF_A));
        network.receive(FOREIGN_AGENT_A, registration);
        network.pass(Duration.ofSeconds(1));
        network.deregisterFromHome();
        network.actions();
        network.receive(FOREIGN_AGENT_A, registration);
        assertEquals(HA_IDENTIFICATION_MISMATCH, network.code());
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    @DisplayName("§5.7.1, T27: registrations go on when the seconds of the timestamp wrap in 2036")
    void survivesTheEndOfTheEra() {
        var wrap = Identification.of(-1, 0).toInstant(network.now().plus(Duration.ofDays(4000)));
        network.pass(Duration.between(network.now(), wrap));
        network.register(300);
        assertEquals(ACCEPTED, network.code());
        network.pass(Duration.ofSeconds(2));
        network.register(300);
        assertEquals(ACCEPTED, network.code());
    }

    @Test
    @DisplayName(
            "§3.8.2.2, E13, T20: the last accepted datagram, sent again at once, gets its reply again and no longer"
                    + " lifetime")
    void repeatsTheReplyToADuplicate() {
        var registration = relayed(network.request(T, 300, CARE_OF_A));
        network.receive(FOREIGN_AGENT_A, registration);
        var first = network.all(Action.SendReply.class);
        var expiry = network.homeAgent().bindings().get(0).expiry();
        network.actions();
        network.pass(Duration.ofSeconds(3));
        network.receive(FOREIGN_AGENT_A, registration);
        assertEquals(first, network.actions());
        assertEquals(expiry, network.homeAgent().bindings().get(0).expiry());
    }

    @Test
    @DisplayName(
            "(c), E13: a duplicate that the foreign agent does not authenticate is denied with code 132, and is then repeated")
    void deniesWithCode132ADuplicateWithoutForeignHomeAuthentication() {
        var request = network.request(T, 300, CARE_OF_A);
        network.receive(FOREIGN_AGENT_A, relayed(request));
        assertEquals(ACCEPTED, network.code());
        network.pass(Duration.ofSeconds(1));
        network.receive(FOREIGN_AGENT_A, signed(request));
        assertEquals(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, network.code());
        network.receive(FOREIGN_AGENT_A, relayed(request));
        assertEquals(ACCEPTED, network.code());
    }

    @Test
    @DisplayName("(c), E13: a duplicate that is authenticated with a wrong key is denied with code 132")
    void deniesWithCode132ADuplicateWithWrongForeignHomeAuthentication() {
        var request = network.request(T, 300, CARE_OF_A);
        network.receive(FOREIGN_AGENT_A, relayed(request));
        assertEquals(ACCEPTED, network.code());
        var wrong = association(0x1001, "ffffffffffffffffffffffffffffffff", Algorithm.HMAC_MD5);
        network.receive(
                FOREIGN_AGENT_A,
                Seal.encode(request, new Seal(Kind.MOBILE_HOME, MOBILE_HOME), new Seal(Kind.FOREIGN_HOME, wrong)));
        assertEquals(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, network.code());
    }

    @Test
    @DisplayName("§3.8.2.1, E13: a duplicate that is sent to a broadcast address is denied")
    void deniesADuplicateToABroadcastAddress() {
        var registration = relayed(network.request(T, 300, CARE_OF_A));
        network.receive(FOREIGN_AGENT_A, registration);
        assertEquals(ACCEPTED, network.code());
        network.receive(FOREIGN_AGENT_A, HomeNetwork.BROADCAST, registration);
        assertEquals(HA_IDENTIFICATION_MISMATCH, network.code());
    }

    @Test
    @DisplayName("E13: a duplicate from somewhere else, or that comes too late, is a replay")
    void deniesWithCode133WhenADuplicateIsNoRetransmission() {
        var registration = signed(network.request(T, 300, CARE_OF_B));
        network.receive(FOREIGN_AGENT_B, registration);
        network.actions();
        network.receive(new Endpoint(CARE_OF_B, 4711), registration);
        assertEquals(HA_IDENTIFICATION_MISMATCH, network.code());
        network.pass(Duration.ofSeconds(8));
        network.receive(FOREIGN_AGENT_B, registration);
        assertEquals(HA_IDENTIFICATION_MISMATCH, network.code());
    }

    @Test
    @DisplayName("(c): a foreign agent with an association must authenticate, or is denied with code 132")
    void deniesWithCode132WhenTheForeignAgentDoesNotAuthenticate() {
        network.receive(FOREIGN_AGENT_A, signed(network.request(T, 300, CARE_OF_A)));
        assertEquals(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, network.code());
    }

    @Test
    @DisplayName("(c): more than one foreign-home authentication is denied with code 132")
    void deniesWithCode132WhenThereAreTwoForeignHomeAuthentications() {
        var seal = new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME);
        network.receive(
                FOREIGN_AGENT_A,
                Seal.encode(network.request(T, 300, CARE_OF_A), new Seal(Kind.MOBILE_HOME, MOBILE_HOME), seal, seal));
        assertEquals(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, network.code());
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    @DisplayName(
            "(c): a foreign agent with a wrong key is denied with code 132, and the request's timestamp is not used up")
    void deniesWithCode132AndLeavesTheTimestampGood() {
        var wrong = association(0x1001, "ffffffffffffffffffffffffffffffff", Algorithm.HMAC_MD5);
        var request = network.request(T, 300, CARE_OF_A);
        network.receive(
                FOREIGN_AGENT_A,
                Seal.encode(request, new Seal(Kind.MOBILE_HOME, MOBILE_HOME), new Seal(Kind.FOREIGN_HOME, wrong)));
        var denial = network.reply();
        assertEquals(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, denial.code());
        assertEquals(request.identification(), denial.identification());
        network.receive(FOREIGN_AGENT_A, relayed(request));
        assertEquals(ACCEPTED, network.code());
    }

    @Test
    @DisplayName("(b) before (c): a wrong Identification is told before a missing foreign-home authentication")
    void checksTheIdentificationBeforeTheForeignAgent() {
        var late = network.request(T, 300, CARE_OF_A);
        network.pass(Duration.ofSeconds(20));
        network.receive(FOREIGN_AGENT_A, signed(late));
        assertEquals(HA_IDENTIFICATION_MISMATCH, network.code());
    }

    @Test
    @DisplayName("RFC 5944 §3.8.1: a deregistration needs no foreign-home authentication")
    void acceptsADeregistrationWithoutForeignHomeAuthentication() {
        network.register(300);
        network.actions();
        network.pass(Duration.ofSeconds(1));
        network.receive(FOREIGN_AGENT_A, signed(network.request(T, 0, CARE_OF_A)));
        assertEquals(ACCEPTED, network.code());
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    @DisplayName(
            "RFC 5944 §3.5.4: the association is that with who sent the request, not that with the care-of address")
    void selectsTheForeignHomeAssociationByTheSource() {
        network.receive(FOREIGN_AGENT_B, relayed(network.request(T, 300, CARE_OF_A)));
        assertDiscarded(Discard.UNKNOWN_FOREIGN_AGENT);
        network.receive(FOREIGN_AGENT_A, signed(network.request(T, 300, CARE_OF_B)));
        assertEquals(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, network.code());
        network.receive(FOREIGN_AGENT_A, relayed(network.request(T, 300, CARE_OF_B)));
        assertEquals(ACCEPTED, network.code());
    }

    @Test
    @DisplayName("§3.8.2.1: who relays to the broadcast address can't know yet whom to authenticate for")
    void needsNoForeignHomeAuthenticationOfWhoLooksForAHomeAgent() {
        var looking = withHomeAgent(HomeNetwork.BROADCAST);
        network.receive(FOREIGN_AGENT_A, HomeNetwork.BROADCAST, signed(looking));
        assertEquals(HA_UNKNOWN_HOME_AGENT_ADDRESS, network.code());
        var wrong = association(0x1001, "ffffffffffffffffffffffffffffffff", Algorithm.HMAC_MD5);
        network.receive(
                FOREIGN_AGENT_A,
                HomeNetwork.BROADCAST,
                Seal.encode(looking, new Seal(Kind.MOBILE_HOME, MOBILE_HOME), new Seal(Kind.FOREIGN_HOME, wrong)));
        assertEquals(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, network.code());
    }

    @Test
    @DisplayName("RFC 5944 §3.8.2.1 (d): foreign-home authentication of an unknown foreign agent is discarded")
    void discardsForeignHomeAuthenticationWithoutAnAssociation() {
        network.receive(FOREIGN_AGENT_B, relayed(network.request(T, 300, CARE_OF_B)));
        assertDiscarded(Discard.UNKNOWN_FOREIGN_AGENT);
    }

    @Test
    @DisplayName(
            "require-association: a foreign agent without an association is denied with code 129, a co-located mobile"
                    + " node isn't")
    void deniesWithCode129WhenAnAssociationIsRequired() {
        var strict = new HomeNetwork(HomeNetwork.policy(600, true, ReverseTunnel.OPTIONAL));
        strict.receive(FOREIGN_AGENT_B, signed(strict.request(T, 300, CARE_OF_B)));
        assertEquals(HA_ADMINISTRATIVELY_PROHIBITED, strict.code());
        strict.receive(CO_LOCATED, V1);
        assertEquals(ACCEPTED, strict.code());
        strict.pass(Duration.ofSeconds(1));
        strict.deregisterFromHome();
        assertEquals(ACCEPTED, strict.code());
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.0.255", "255.255.255.255"})
    @DisplayName("T39, T40: a request to a broadcast address is denied with code 136 and told the home agent's address")
    void deniesWithCode136WhenSentToABroadcastAddress(String destination) {
        var request = withHomeAgent(Ipv4Address.of(destination));
        network.receive(FOREIGN_AGENT_B, Ipv4Address.of(destination), signed(request));
        var reply = network.reply();
        assertEquals(HA_UNKNOWN_HOME_AGENT_ADDRESS, reply.code());
        assertEquals(HOME_AGENT, reply.homeAgent());
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    @DisplayName(
            "§3.8.3.2, T38: a request for another home agent is denied with code 136 and told the home agent's address")
    void deniesWithCode136WhenTheHomeAgentIsAnother() {
        network.receive(FOREIGN_AGENT_B, signed(withHomeAgent(Ipv4Address.of("10.1.0.3"))));
        var reply = network.reply();
        assertEquals(HA_UNKNOWN_HOME_AGENT_ADDRESS, reply.code());
        assertEquals(HOME_AGENT, reply.homeAgent());
        assertEquals(List.of(), network.careOfAddresses());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "255.255.255.255"})
    @DisplayName("RFC 4433 §5.3.1, T42: who has no home agent and finds its way here has one, and is told its address")
    void assignsItself(String none) {
        network.receive(FOREIGN_AGENT_B, signed(withHomeAgent(Ipv4Address.of(none))));
        var reply = network.reply();
        assertEquals(ACCEPTED, reply.code());
        assertEquals(HOME_AGENT, reply.homeAgent());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "255.255.255.255"})
    @DisplayName("RFC 4433 §5.3.1, T42, E21: who has no home agent is sent to another one with code 143")
    void redirects(String none) {
        var other = Ipv4Address.of("10.1.0.3");
        var redirecting = new HomeNetwork(HomeNetwork.redirectingTo(other));
        redirecting.receive(FOREIGN_AGENT_B, signed(withHomeAgent(Ipv4Address.of(none))));
        var reply = redirecting.reply();
        assertEquals(HA_REDIRECT, reply.code());
        assertEquals(HOME_AGENT, reply.homeAgent());
        assertEquals(
                Optional.of(new DynamicHomeAgent(DynamicHomeAgent.REDIRECTED, other)),
                reply.extension(DynamicHomeAgent.class));
        assertTrue(redirecting.careOfAddresses().isEmpty());
    }

    @Test
    @DisplayName("RFC 4433 §5.3.1: who has a home agent is not sent to another one")
    void redirectsNobodyElse() {
        var redirecting = new HomeNetwork(HomeNetwork.redirectingTo(Ipv4Address.of("10.1.0.3")));
        redirecting.register(300);
        assertEquals(ACCEPTED, redirecting.code());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "RFC 4433 §5.3, T43, E21: a Requested Home Agent that is another is denied with code 136, in either form")
    void deniesWithCode136WhenTheRequestedHomeAgentIsAnother(boolean longForm) {
        var another = new DynamicHomeAgent(DynamicHomeAgent.REQUESTED, Ipv4Address.of("10.1.0.3"), longForm);
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 300, CARE_OF_B, another)));
        assertEquals(HA_UNKNOWN_HOME_AGENT_ADDRESS, network.code());

        network.pass(Duration.ofSeconds(1));
        var own = new DynamicHomeAgent(DynamicHomeAgent.REQUESTED, HOME_AGENT, longForm);
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 300, CARE_OF_B, own)));
        assertEquals(ACCEPTED, network.code());
    }

    @Test
    @DisplayName("§1.8, T15: what may be skipped behind foreign-home authentication is ignored")
    void ignoresWhatIsSkippableAtTheEnd() {
        network.receive(
                FOREIGN_AGENT_A, relayed(network.request(T, 300, CARE_OF_A)).concat(Octets.ofHex("c80401020304")));
        assertEquals(ACCEPTED, network.code());
    }

    @Test
    @DisplayName("(a) before the rest: without a key nobody learns more than code 131")
    void saysNothingElseToWhoHasNoKey() {
        var wrong = new Seal(Kind.MOBILE_HOME, OTHER_KEY);
        network.receive(FOREIGN_AGENT_B, BROADCAST, Seal.encode(withHomeAgent(BROADCAST), wrong));
        assertEquals(HA_MOBILE_NODE_FAILED_AUTHENTICATION, network.code());
    }

    @Test
    @DisplayName("forged requests get no more than a few denials at once, and one a second after")
    void limitsTheRateOfDenials() {
        var forged = Seal.encode(network.request(T, 300, CARE_OF_B), new Seal(Kind.MOBILE_HOME, OTHER_KEY));
        for (int i = 0; i < 100; i++) {
            network.receive(FOREIGN_AGENT_B, forged);
        }
        assertEquals(3, network.all(Action.SendReply.class).size());
        assertEquals(
                Map.of(Discard.RATE_LIMITED, new Traffic.Tally(97, network.now())),
                network.homeAgent().traffic().discards());
        network.actions();
        network.pass(Duration.ofSeconds(1));
        network.receive(FOREIGN_AGENT_B, forged);
        assertEquals(HA_MOBILE_NODE_FAILED_AUTHENTICATION, network.code());
    }

    @Test
    @DisplayName("RFC 5944 §3.8.2.1a: each that a foreign agent proves to have relayed must be answered with 131")
    void limitsNoDenialsThatAForeignAgentVouchesFor() {
        var relayed = Seal.encode(
                network.request(T, 300, CARE_OF_A),
                new Seal(Kind.MOBILE_HOME, OTHER_KEY),
                new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME));
        for (int i = 0; i < 10; i++) {
            network.receive(FOREIGN_AGENT_A, relayed);
        }
        assertEquals(10, network.all(Action.SendReply.class).size());
    }

    @Test
    @DisplayName("forged requests don't keep the denial of a genuine one back")
    void limitsForgedAndGenuineRequestsApart() {
        var forged = Seal.encode(network.request(T, 300, CARE_OF_B), new Seal(Kind.MOBILE_HOME, OTHER_KEY));
        for (int i = 0; i < 100; i++) {
            network.receive(FOREIGN_AGENT_B, forged);
        }
        network.actions();
        network.receive(
                FOREIGN_AGENT_B,
                signed(withIdentification(Identification.of(network.now().plusSeconds(60), 0))));
        assertEquals(HA_IDENTIFICATION_MISMATCH, network.code());
    }

    @Test
    @DisplayName("every answer is counted by its code, for the mobile node as well, and every silence by its reason")
    void countsAnswers() {
        network.register(300);
        network.pass(Duration.ofSeconds(1));
        network.receive(FOREIGN_AGENT_A, signed(network.request(T, 300, CARE_OF_A)));
        network.receive(CO_LOCATED, Octets.ofHex("ff"));
        var traffic = network.homeAgent().traffic();
        assertEquals(3, traffic.datagrams());
        assertEquals(
                Map.of(
                        ACCEPTED.value(), new Traffic.Tally(1, HomeNetwork.START),
                        HA_FOREIGN_AGENT_FAILED_AUTHENTICATION.value(), new Traffic.Tally(1, network.now())),
                traffic.replies());
        assertEquals(Map.of(Discard.UNDECODABLE, new Traffic.Tally(1, network.now())), traffic.discards());
        var mobileNode = network.homeAgent().mobileNodes().get(0);
        assertEquals(traffic.replies(), mobileNode.replies());
        assertEquals(Optional.of(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION.value()), mobileNode.lastCode());
    }

    @Test
    @DisplayName("no denial touches forwarding, store or home link")
    void deniesWithoutSideEffects() {
        network.receive(FOREIGN_AGENT_A, signed(network.request(T, 300, CARE_OF_A)));
        network.receive(FOREIGN_AGENT_B, signed(withHomeAgent(BROADCAST)));
        network.receive(
                AT_HOME,
                signed(withIdentification(Identification.of(network.now().minusSeconds(60), 0))));
        assertTrue(network.actions().stream().allMatch(Action.SendReply.class::isInstance));
    }

    private void assertDiscarded(Discard discard) {
        assertEquals(
                List.of(discard),
                network.facts().stream()
                        .map(Fact.Discarded.class::cast)
                        .map(Fact.Discarded::discard)
                        .toList());
        assertEquals(List.of(), network.actions());
        assertEquals(List.of(), network.careOfAddresses());
    }

    private RegistrationRequest withIdentification(Identification identification) {
        return new RegistrationRequest(T, 300, HOME_ADDRESS, HOME_AGENT, CARE_OF_B, identification, List.of());
    }

    private RegistrationRequest withHomeAgent(Ipv4Address homeAgent) {
        return new RegistrationRequest(
                T, 300, HOME_ADDRESS, homeAgent, CARE_OF_B, Identification.of(network.now()), List.of());
    }
}
