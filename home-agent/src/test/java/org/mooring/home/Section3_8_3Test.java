package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.mooring.home.HomeNetwork.AT_HOME;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.FOREIGN_HOME;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.relayed;
import static org.mooring.home.HomeNetwork.signed;
import static org.mooring.protocol.wire.ReplyCode.HA_FOREIGN_AGENT_FAILED_AUTHENTICATION;
import static org.mooring.protocol.wire.ReplyCode.HA_IDENTIFICATION_MISMATCH;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Challenge;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("RFC 3344 §3.8.3 Sending Registration Replies")
class Section3_8_3Test {
    private static final Nai NAI = Nai.of("vm42@site-a.example");

    /** In the mobile node's authenticator, behind the fixed part and the NAI. */
    private static final int AUTHORIZED =
            RegistrationRequest.FIXED_LENGTH + NAI.length() + Authentication.AUTHENTICATOR_OFFSET;

    private final HomeNetwork network = new HomeNetwork();

    @Test
    @DisplayName("§3.8.3.1: the reply goes to where the request came from, its port included")
    void answersToTheSender() {
        var behindNat = new Endpoint(CARE_OF_B, 61_000);
        network.receive(behindNat, signed(network.request(T, 300, CARE_OF_B)));
        var sent = network.all(Action.SendReply.class).get(0);
        assertEquals(behindNat, sent.to());
        assertEquals(false, sent.onHomeLink());
    }

    @Test
    @DisplayName("§3.8.2.2: one foreign agent's binding is ended by way of another, and only that one is answered")
    void answersNobodyElse() {
        network.register(300);
        network.actions();
        network.pass(Duration.ofSeconds(1));
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 0, CARE_OF_A)));
        assertEquals(
                List.of(FOREIGN_AGENT_B),
                network.all(Action.SendReply.class).stream()
                        .map(Action.SendReply::to)
                        .toList());
        assertEquals(List.of(), network.careOfAddresses());
    }

    @ParameterizedTest(name = "code {0}")
    @MethodSource("denied")
    @DisplayName("§5.7: the low half of the Identification comes back whatever the code, be the high half good or not")
    void copiesTheLowHalf(int code, UnaryOperator<RegistrationRequest> change, UnaryOperator<Octets> tamper) {
        for (var timestamp : List.of(network.now(), network.now().minusSeconds(3600))) {
            var network = new HomeNetwork();
            var request = change.apply(network.request(T, 300, CARE_OF_A, NAI));
            var dated = withIdentification(request, Identification.of(timestamp, 0x5a5));
            network.receive(FOREIGN_AGENT_A, tamper.apply(relayed(dated)));
            var reply = network.reply();
            boolean stale = !timestamp.equals(HomeNetwork.START) && code != 131;
            assertEquals(stale ? 133 : code, reply.code().value());
            assertEquals(dated.identification().low(), reply.identification().low());
            assertEquals(Optional.of(NAI), reply.extension(Nai.class), "RFC 2794 §2: so does the NAI");
        }
    }

    static Stream<Arguments> denied() {
        UnaryOperator<RegistrationRequest> nothing = request -> request;
        UnaryOperator<Octets> whole = octets -> octets;
        return Stream.of(
                Arguments.of(0, nothing, whole),
                Arguments.of(131, nothing, (UnaryOperator<Octets>) octets -> flipped(octets, AUTHORIZED)),
                Arguments.of(132, nothing, (UnaryOperator<Octets>) octets -> flipped(octets, octets.length() - 1)),
                Arguments.of(
                        134,
                        (UnaryOperator<RegistrationRequest>) request -> with(request, T, HOME_ADDRESS, HOME_AGENT),
                        whole),
                Arguments.of(
                        136,
                        (UnaryOperator<RegistrationRequest>) request -> with(request, T, CARE_OF_A, CARE_OF_B),
                        whole),
                Arguments.of(
                        139,
                        (UnaryOperator<RegistrationRequest>)
                                request -> with(request, Flags.GRE_ENCAPSULATION, CARE_OF_A, HOME_AGENT),
                        whole));
    }

    private static Octets flipped(Octets octets, int at) {
        var changed = octets.toByteArray();
        changed[at]++;
        return Octets.of(changed);
    }

    private static RegistrationRequest with(
            RegistrationRequest request, Flags flags, Ipv4Address careOfAddress, Ipv4Address homeAgent) {
        return new RegistrationRequest(
                flags,
                request.lifetime(),
                request.homeAddress(),
                homeAgent,
                careOfAddress,
                request.identification(),
                request.extensions());
    }

    private static RegistrationRequest withIdentification(RegistrationRequest request, Identification identification) {
        return new RegistrationRequest(
                request.flags(),
                request.lifetime(),
                request.homeAddress(),
                request.homeAgent(),
                request.careOfAddress(),
                identification,
                request.extensions());
    }

    @Test
    @DisplayName("§3.8.3.1, T50: a mobile node that deregisters from home is answered on the home link")
    void answersADeregistrationFromHomeOnTheHomeLink() {
        network.register(300);
        network.actions();
        network.pass(Duration.ofSeconds(1));
        network.deregisterFromHome();
        var sent = network.all(Action.SendReply.class).get(0);
        assertEquals(AT_HOME, sent.to());
        assertEquals(true, sent.onHomeLink());
    }

    @Test
    @DisplayName("§3.8.3.1: so it is when it is denied, though its binding still exists")
    void deniesADeregistrationFromHomeOnTheHomeLink() {
        network.register(300);
        network.actions();
        var late = signed(network.request(Flags.NONE, 0, HOME_ADDRESS));
        network.pass(Duration.ofSeconds(20));
        network.receive(AT_HOME, late);
        assertEquals(true, network.all(Action.SendReply.class).get(0).onHomeLink());
        assertEquals(HA_IDENTIFICATION_MISMATCH, network.code());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
    }

    @Test
    @DisplayName("§3.8.3.2: home address, home agent and Identification are the request's")
    void copiesFields() {
        var request = network.request(T, 300, CARE_OF_A);
        network.receive(FOREIGN_AGENT_A, relayed(request));
        var reply = network.reply();
        assertEquals(HOME_ADDRESS, reply.homeAddress());
        assertEquals(HOME_AGENT, reply.homeAgent());
        assertEquals(request.identification(), reply.identification());
    }

    @Test
    @DisplayName("§3.8.3.3: mobile-home authentication, then foreign-home authentication of a foreign agent with an"
            + " association")
    void authenticatesForTheForeignAgentLast() {
        network.register(300);
        assertEquals(List.of(Kind.MOBILE_HOME, Kind.FOREIGN_HOME), authentications());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x1001, 0x100})
    @DisplayName(
            "§3.8.3.3: where there are several associations with the foreign agent, that which it used, whatever SPI"
                    + " the mobile node has")
    void authenticatesForTheForeignAgentAsItDid(int spi) {
        var associations = List.of(
                FOREIGN_HOME,
                HomeNetwork.association(0x100, "1f0e0d0c0b0a09080706050403020100", Algorithm.HMAC_SHA_256));
        var rollover = new HomeNetwork(HomeNetwork.withForeignAgents(Map.of(CARE_OF_A, associations)));
        var used = associations.stream()
                .filter(one -> one.spi() == spi)
                .findFirst()
                .orElseThrow();

        rollover.receive(
                FOREIGN_AGENT_A,
                Seal.encode(
                        rollover.request(T, 300, CARE_OF_A),
                        new Seal(Kind.MOBILE_HOME, HomeNetwork.MOBILE_HOME),
                        new Seal(Kind.FOREIGN_HOME, used)));

        var sent = rollover.all(Action.SendReply.class).get(0);
        var reply = assertInstanceOf(Decoded.Message.class, RegistrationCodec.decode(sent.wire()));
        assertEquals(new Verified.By(used), Verifier.verify(reply, Kind.FOREIGN_HOME, associations));
    }

    @Test
    @DisplayName("§3.8.3.3: what it used can't be told where it is not known: the first")
    void authenticatesForTheForeignAgentWithTheFirstAssociationWhereItUsedAnUnknownOne() {
        var unknown = HomeNetwork.association(0x1003, "2f0e0d0c0b0a09080706050403020100", Algorithm.HMAC_MD5);
        network.receive(
                FOREIGN_AGENT_A,
                Seal.encode(
                        network.request(T, 300, CARE_OF_A),
                        new Seal(Kind.MOBILE_HOME, HomeNetwork.MOBILE_HOME),
                        new Seal(Kind.FOREIGN_HOME, unknown)));

        assertEquals(List.of(Kind.MOBILE_HOME, Kind.FOREIGN_HOME), authentications());
        assertEquals(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, network.code());
    }

    @Test
    @DisplayName("§3.8.3.3: a denial is authenticated like an acceptance")
    void authenticatesDenials() {
        network.receive(FOREIGN_AGENT_A, signed(network.request(T, 300, CARE_OF_A)));
        assertEquals(List.of(Kind.MOBILE_HOME, Kind.FOREIGN_HOME), authentications());
        assertEquals(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, network.code());
    }

    @Test
    @DisplayName("§3.8.3.3: without an association with the foreign agent, mobile-home authentication alone")
    void authenticatesForTheMobileNodeAlone() {
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 300, CARE_OF_B)));
        assertEquals(List.of(Kind.MOBILE_HOME), authentications());
    }

    @Test
    @DisplayName("RFC 5944 §3.5.4: deregistrations carry no foreign-home authentication")
    void leavesForeignHomeAuthenticationOutOfDeregistrations() {
        network.register(300);
        network.actions();
        network.pass(Duration.ofSeconds(1));
        network.receive(FOREIGN_AGENT_A, signed(network.request(T, 0, CARE_OF_A)));
        assertEquals(List.of(Kind.MOBILE_HOME), authentications());
    }

    @Test
    @DisplayName("RFC 2794 §2: an NAI comes back, before the mobile-home authentication")
    void echoesTheNai() {
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 300, CARE_OF_B, NAI)));
        assertEquals(NAI, network.reply().extensions().get(0));
    }

    /** The kinds of the only reply's authentication extensions, all of which are right. */
    private List<Kind> authentications() {
        var sent = network.all(Action.SendReply.class).get(0);
        var reply = assertInstanceOf(Decoded.Message.class, RegistrationCodec.decode(sent.wire()));
        var kinds = reply.message().extensions().stream()
                .map(Authentication.class::cast)
                .map(Authentication::kind)
                .toList();
        HomeNetwork.open(sent);
        if (kinds.contains(Kind.FOREIGN_HOME)) {
            assertEquals(
                    new Verified.By(FOREIGN_HOME), Verifier.verify(reply, Kind.FOREIGN_HOME, List.of(FOREIGN_HOME)));
        }
        return kinds;
    }

    @Test
    @DisplayName(
            "RFC 4721 §3.4: a challenge comes back, behind the mobile-home and under the foreign-home authentication")
    void returnsTheChallenge() {
        var challenge = new Challenge(Octets.ofHex("0102030405060708"));
        var request = signed(network.request(T, 300, CARE_OF_A)).concat(RegistrationCodec.encode(List.of(challenge)));
        network.receive(FOREIGN_AGENT_A, new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME).appendTo(request));
        assertEquals(
                List.of(Authentication.class, Challenge.class, Authentication.class),
                network.all(Action.SendReply.class).stream()
                        .map(HomeNetwork::open)
                        .flatMap(reply -> reply.extensions().stream())
                        .map(Object::getClass)
                        .toList());
        assertEquals(Optional.of(challenge), network.reply().extension(Challenge.class));
    }

    @Test
    @DisplayName("RFC 4721 §3.4: also in a denial, and to a foreign agent without an association")
    void returnsTheChallengeInADenial() {
        var challenge = new Challenge(Octets.ofHex("01020304"));
        var request = signed(network.request(Flags.GRE_ENCAPSULATION, 300, CARE_OF_B));
        network.receive(FOREIGN_AGENT_B, request.concat(RegistrationCodec.encode(List.of(challenge))));
        var reply = network.reply();
        assertEquals(139, reply.code().value());
        assertEquals(challenge, reply.extensions().get(reply.extensions().size() - 1));
    }
}
