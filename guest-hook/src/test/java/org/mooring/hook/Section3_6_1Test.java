package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.datapath.Encapsulation;
import org.mooring.hook.Action.Agent;
import org.mooring.hook.Action.Sender;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("RFC 3344 §3.6.1 Sending Registration Requests")
class Section3_6_1Test {
    @Test
    void aVisitorRegistersTheForeignAgentsCareOfAddressWithAReverseTunnel() {
        var scene = Scene.visiting();
        scene.happens(Happening.RUNNING);
        var sent = scene.request();
        assertEquals(Agent.FOREIGN_AGENT, sent.to());
        assertEquals(Sender.GUEST, sent.sender());
        assertEquals(
                new RegistrationRequest(
                        Flags.REVERSE_TUNNELING,
                        Scene.LIFETIME,
                        Scene.HOME_ADDRESS,
                        Scene.HOME_AGENT,
                        Scene.CARE_OF_ADDRESS,
                        Identification.of(Scene.START, 0x123),
                        List.of(DeviceId.ethernet(Octets.ofHex("525400010050")))),
                sent.request());
    }

    @Test
    @DisplayName("§3.6.1.3: for the home agent first, for the foreign agent last")
    void extensionsAreInTheirOrder() {
        var scene = Scene.visitingWithMobileForeignAssociation();
        scene.happens(Happening.RUNNING);
        var received = assertInstanceOf(Decoded.Message.class, Scene.decoded(scene.request()));
        var extensions = received.message().extensions();
        assertEquals(3, extensions.size());
        assertInstanceOf(DeviceId.class, extensions.get(0));
        assertEquals(
                Authentication.Kind.MOBILE_HOME,
                assertInstanceOf(Authentication.class, extensions.get(1)).kind());
        assertEquals(
                Authentication.Kind.MOBILE_FOREIGN,
                assertInstanceOf(Authentication.class, extensions.get(2)).kind());
    }

    @Test
    @DisplayName("§3.6.1.2, §4.3: B where the guest is to get broadcasts and a foreign agent delivers them, nested")
    void aGuestThatIsToGetBroadcastsAsksForThem() {
        var scene = Scene.hearingBroadcasts(Scene.FOREIGN_AGENT);
        scene.happens(Happening.RUNNING);
        assertEquals(
                Flags.REVERSE_TUNNELING.plus(Flags.BROADCAST_DATAGRAMS),
                scene.request().request().flags());
    }

    @Test
    @DisplayName("§4.3: without a foreign agent nobody would know whose guest a broadcast is for")
    void aHostThatIsTheTunnelsEndAsksForNone() {
        var scene = Scene.hearingBroadcasts(new CoLocated(Scene.HOST, NatTraversal.NONE));
        scene.happens(Happening.RUNNING);
        assertEquals(
                Flags.REVERSE_TUNNELING.plus(Flags.DECAPSULATION_BY_MOBILE_NODE),
                scene.request().request().flags());
    }

    @Test
    @DisplayName("§3.6.1.2: at home, the care-of address is the home address, and the lifetime zero")
    void aGuestAtHomeDeregistersWithItsHomeAgent() {
        var scene = Scene.home();
        scene.happens(Happening.RUNNING);
        var sent = scene.request();
        assertEquals(Agent.HOME_AGENT, sent.to());
        assertEquals(Sender.GUEST, sent.sender());
        assertTrue(sent.request().isDeregistrationOfAll());
        assertEquals(Flags.NONE, sent.request().flags());
    }

    @ParameterizedTest
    @CsvSource({"IPIP, 0", "GRE, 0x08", "MINIMAL, 0x10"})
    @DisplayName("§3.6.1.2: the encapsulation that is configured is asked for with G or M")
    void asksForAnEncapsulation(Encapsulation encapsulation, String bits) {
        int asked = Flags.GRE_ENCAPSULATION.octet() | Flags.MINIMAL_ENCAPSULATION.octet();
        for (var scene : List.of(Scene.visiting(encapsulation), Scene.coLocated(encapsulation))) {
            scene.happens(Happening.RUNNING);
            assertEquals(Integer.decode(bits), scene.request().request().flags().octet() & asked);
        }
    }

    @Test
    void whereNoForeignAgentIsConfiguredItSaysSoAndSendsNothing() {
        var scene = Scene.visitingWithoutForeignAgent();
        scene.happens(Happening.RUNNING);
        assertEquals(List.of(), scene.requests());
        assertTrue(scene.facts().contains(Fact.noForeignAgent(scene.guest())));
    }

    @Test
    void aGuestWithoutConfigurationIsToldOnceUntilItIsGone() {
        var scene = Scene.visiting();
        var running = new Event.Happened(scene.now(), "db", Happening.RUNNING);
        scene.handle(running);
        assertEquals(List.of(Fact.notConfigured("db")), scene.facts());
        assertEquals(List.of(), scene.handle(running));
        assertEquals(List.of(), scene.handle(new Event.Vanished(scene.now(), "db", "closed")));
        scene.handle(running);
        assertEquals(List.of(Fact.notConfigured("db")), scene.facts());
    }
}
