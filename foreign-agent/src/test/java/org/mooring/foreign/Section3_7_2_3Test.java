package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.mooring.foreign.Site.*;
import static org.mooring.protocol.handover.HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("RFC 3344 §3.7.2.3 Denying Invalid Requests")
class Section3_7_2_3Test {
    private static final Octets TOO_LONG = sealed(request(HOME, 1801, ID));
    private static final Octets DENIAL =
            RegistrationCodec.encode(reply(request(), ReplyCode.FA_LIFETIME_TOO_LONG, MAX_LIFETIME));

    private final ForeignAgent agent = new ForeignAgent(POLICY);

    @Test
    void repliesFromTheAddressThatWasAskedToTheFramesSource() {
        var actions = agent.handle(requestReceived(NOW, TOO_LONG));

        assertEquals(List.of(toVisitor(DENIAL)), deeds(actions));
        assertEquals(
                List.of(new Fact.RequestDenied(
                        HOME, LINK, ReplyCode.FA_LIFETIME_TOO_LONG, "lifetime 1801 above the maximum of 1800", true)),
                facts(actions));
    }

    @Test
    void repliesFromItsOwnAddressWhereTheGroupWasAsked() {
        var origin = new Origin(LINK, MAC, HOME, PORT, Ipv4Address.ALL_MOBILITY_AGENTS, 1);

        var actions = agent.handle(requestReceived(NOW, origin, TOO_LONG));

        assertEquals(List.of(toVisitor(DENIAL)), deeds(actions));
    }

    @Test
    void copiesTheLifetimeOtherwise() {
        var request = withCareOfAddress(request(HOME, 77, ID), Ipv4Address.of("192.0.2.2"));

        var actions = agent.handle(requestReceived(NOW, sealed(request)));

        assertEquals(Optional.of(reply(request, ReplyCode.FA_INVALID_CARE_OF_ADDRESS, 77)), denial(actions));
    }

    @Test
    @DisplayName("§3.7.2: at most one denial a second to a mobile node")
    void limitsDenials() {
        assertEquals(1, deeds(agent.handle(requestReceived(NOW, TOO_LONG))).size());

        var soon = agent.handle(requestReceived(NOW.plusMillis(999), TOO_LONG));
        var others = agent.handle(
                requestReceived(NOW.plusMillis(999), sealed(request(Ipv4Address.of("10.1.0.51"), 1801, ID))));
        var later = agent.handle(requestReceived(NOW.plusSeconds(1), TOO_LONG));

        assertEquals(List.of(), deeds(soon));
        assertEquals(
                false,
                assertInstanceOf(Fact.RequestDenied.class, facts(soon).get(0)).answered());
        assertEquals(1, deeds(others).size());
        assertEquals(List.of(toVisitor(DENIAL)), deeds(later));
    }

    @Test
    @DisplayName(
            "so it is with two that have one home address, or none yet: they are told apart by their stations, and by their NAIs")
    void limitsDenialsOfEachMobileNode() {
        var another = new Origin(LINK, Octets.ofHex("525400010051"), HOME, PORT, LINK_ADDRESS, 255);
        var onAnotherLink = new Origin("dmz", MAC, HOME, PORT, LINK_ADDRESS, 255);
        for (var origin : List.of(ORIGIN, another, onAnotherLink)) {
            assertEquals(
                    1,
                    deeds(agent.handle(requestReceived(NOW, origin, TOO_LONG))).size());
            assertEquals(
                    0,
                    deeds(agent.handle(requestReceived(NOW, origin, TOO_LONG))).size());
        }

        for (var name : List.of("vm1@site-a.example", "vm2@site-a.example")) {
            var nobody = sealed(withExtensions(request(Ipv4Address.UNSPECIFIED, 300, ID), Nai.of(name)));
            assertEquals(1, deeds(agent.handle(requestReceived(NOW, nobody))).size());
            assertEquals(0, deeds(agent.handle(requestReceived(NOW, nobody))).size());
        }
        var withAnAddress = sealed(withExtensions(request(HOME, 1801, ID), Nai.of("vm1@site-a.example")));
        assertEquals(0, deeds(agent.handle(requestReceived(NOW, withAnAddress))).size(), "that is another one's name");
    }

    @Test
    @DisplayName("RFC 3024 §4.2.1: code 76 goes out once a second, to whomever")
    void limitsCode76() {
        var afar = new Origin(LINK, MAC, HOME, PORT, LINK_ADDRESS, 254);
        var other = sealed(request(Ipv4Address.of("10.1.0.51"), 300, ID));
        assertEquals(
                1,
                deeds(agent.handle(requestReceived(NOW, afar, sealed(request()))))
                        .size());

        assertEquals(List.of(), deeds(agent.handle(requestReceived(NOW.plusMillis(999), afar, other))));
        assertEquals(
                1,
                deeds(agent.handle(requestReceived(NOW.plusSeconds(1), afar, other)))
                        .size());
    }

    @Test
    void aClockThatIsSetBackSilencesNobody() {
        agent.handle(requestReceived(NOW, TOO_LONG));

        var actions = agent.handle(requestReceived(NOW.minusSeconds(3600), TOO_LONG));

        assertEquals(List.of(toVisitor(DENIAL)), deeds(actions));
    }

    @Test
    @DisplayName("of 10,000 within a second 4,096 are remembered, and 1,000 others are told as well")
    void rememberingWhomItDeniedTakesBoundedMemory() {
        assertEquals(5096, denials(NOW, 1, 10_000));
        assertEquals(1, denials(NOW.plusSeconds(1), 7777, 7777));
    }

    @Test
    @DisplayName(
            "while as many are remembered as can be, 1,000 others are told each second, and nobody that is remembered twice")
    void tellsWhoIsNotRemembered() {
        for (var second : List.of(NOW, NOW.plusSeconds(1))) {
            assertEquals(4096, denials(second, 1, 4096));
            var later = second.plusMillis(500);
            assertEquals(1000, denials(later, 5001, 7000));
            assertEquals(0, denials(later, 1, 4096));
            assertEquals(0, denials(second.plusMillis(999), 9000, 9999));
        }
    }

    /** How many are denied of the mobile nodes with numbers from {@code first} to {@code last}. */
    private long denials(Instant at, int first, int last) {
        return IntStream.rangeClosed(first, last)
                .mapToObj(number -> sealed(request(new Ipv4Address(0x0a010000 + number), 1801, ID)))
                .flatMap(request -> deeds(agent.handle(requestReceived(at, request))).stream())
                .count();
    }

    @Test
    void authenticatesTheDenialWhereAnAssociationIsShared() {
        var other = association(0x3001, "66");
        var shared = new ForeignAgent(new Policy(
                CARE_OF,
                POLICY.links(),
                MAX_LIFETIME,
                5,
                10,
                DEFAULT_ENTERPRISE_NUMBER,
                true,
                Map.of(HOME, List.of(other, MOBILE_FOREIGN)),
                Map.of()));
        var seal = new Seal(Kind.MOBILE_FOREIGN, MOBILE_FOREIGN);

        var actions = shared.handle(requestReceived(NOW, seal.appendTo(TOO_LONG)));

        assertEquals(List.of(toVisitor(seal.appendTo(DENIAL))), deeds(actions));
    }
}
