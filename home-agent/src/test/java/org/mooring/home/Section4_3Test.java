package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.MOBILE_HOME;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.relayed;
import static org.mooring.home.HomeNetwork.signed;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.home.Action.TunnelPacket;
import org.mooring.home.Policy.Compatibility;
import org.mooring.home.Policy.NatTraversal;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.home.Policy.Revocability;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("RFC 3344 §4.3 Broadcast Datagrams")
class Section4_3Test {
    private static final Flags B = T.plus(Flags.BROADCAST_DATAGRAMS);
    private static final Flags BD = B.plus(Flags.DECAPSULATION_BY_MOBILE_NODE);
    private static final Peer PEER_A = Peer.ipip(CARE_OF_A);
    private static final Peer PEER_B = Peer.ipip(CARE_OF_B);
    private static final Ipv4Address NEIGHBOUR = Ipv4Address.of("10.1.0.6");

    /** UDP from 10.1.0.20 port 68 to 255.255.255.255 port 67. */
    private static final Octets BROADCAST =
            Octets.ofHex("4500 001c 1234 0000 4011 5c86 0a010014 ffffffff" + "0044 0043 0008 0000");

    private final HomeNetwork network = new HomeNetwork(policy());

    @Test
    @DisplayName("what was not asked for is not forwarded")
    void tunnelsNothingWithoutB() {
        network.register(300);
        assertEquals(List.of(), tunnelled());
    }

    @Test
    @DisplayName("T62: with B and D in one layer, to the care-of address")
    void tunnelsInOneLayerToWhoDecapsulates() {
        network.receive(FOREIGN_AGENT_B, signed(network.request(BD, 300, CARE_OF_B)));
        assertEquals(List.of(new TunnelPacket(PEER_B, BROADCAST)), tunnelled());
    }

    @Test
    @DisplayName("T63: with B and without D in two layers, the inner one to the home address")
    void nestsForAForeignAgent() {
        network.receive(FOREIGN_AGENT_A, relayed(network.request(B, 300, CARE_OF_A)));
        var tunnelled = tunnelled();
        assertEquals(List.of(PEER_A), tunnelled.stream().map(TunnelPacket::peer).toList());
        var unicast = Ipv4Packet.parse(ByteBuffer.wrap(tunnelled.get(0).packet().toByteArray()))
                .orElseThrow();
        assertEquals(HOME_AGENT.toInet(), unicast.source());
        assertEquals(HOME_ADDRESS.toInet(), unicast.destination());
        assertEquals(Ipv4Packet.IPIP, unicast.protocol());
        assertEquals(BROADCAST, Octets.copyOf(unicast.payload()));
    }

    @Test
    @DisplayName("to each care-of address of a mobile node, and not to one that it registered without B")
    void tunnelsToEachCareOfAddress() {
        network.receive(FOREIGN_AGENT_A, relayed(network.request(T, 300, CARE_OF_A)));
        network.pass(Duration.ofSeconds(1));
        network.receive(FOREIGN_AGENT_B, signed(network.request(BD.plus(Flags.SIMULTANEOUS_BINDINGS), 300, CARE_OF_B)));
        assertEquals(List.of(CARE_OF_A, CARE_OF_B), network.careOfAddresses());
        assertEquals(List.of(new TunnelPacket(PEER_B, BROADCAST)), tunnelled());
    }

    @Test
    @DisplayName("once to a care-of address, however many mobile nodes are there; nested for each of them")
    void tunnelsOnceToACoLocatedCareOfAddress() {
        network.receive(FOREIGN_AGENT_B, signed(network.request(BD, 300, CARE_OF_B)));
        network.receive(FOREIGN_AGENT_B, signed(neighboursRequest(BD)));
        assertEquals(List.of(CARE_OF_B, CARE_OF_B), network.careOfAddresses());
        assertEquals(List.of(new TunnelPacket(PEER_B, BROADCAST)), tunnelled());

        network.pass(Duration.ofSeconds(1));
        network.receive(FOREIGN_AGENT_B, signed(network.request(B, 300, CARE_OF_B)));
        network.receive(FOREIGN_AGENT_B, signed(neighboursRequest(B)));
        assertEquals(2, tunnelled().size());
    }

    @Test
    @DisplayName("nothing any more once it is home")
    void tunnelsNothingHome() {
        network.receive(FOREIGN_AGENT_B, signed(network.request(BD, 300, CARE_OF_B)));
        network.pass(Duration.ofSeconds(1));
        network.deregisterFromHome();
        assertEquals(List.of(), tunnelled());
    }

    private List<TunnelPacket> tunnelled() {
        network.actions();
        network.handle(new Event.BroadcastReceived(network.now(), BROADCAST));
        var tunnelled = network.all(TunnelPacket.class);
        assertEquals(tunnelled, network.actions());
        return tunnelled;
    }

    private RegistrationRequest neighboursRequest(Flags flags) {
        return new RegistrationRequest(
                flags, 300, NEIGHBOUR, HOME_AGENT, CARE_OF_B, Identification.of(network.now()), List.of());
    }

    private static Policy policy() {
        var policy = HomeNetwork.policy();
        return new Policy(
                HOME_AGENT,
                HomeNetwork.BROADCAST,
                600,
                100,
                2,
                false,
                Set.of(),
                Compatibility.RFC5944,
                Policy.ReservedBits.IGNORED,
                ReverseTunnel.OPTIONAL,
                NatTraversal.DEFAULT,
                Revocability.OPTIONAL,
                Optional.empty(),
                Advertising.ON_SOLICITATION,
                HandoverExtension.DEFAULT_ENTERPRISE_NUMBER,
                List.of(policy.mobileNodes().get(0), new MobileNode(NEIGHBOUR, Optional.empty(), List.of(MOBILE_HOME))),
                Map.of(CARE_OF_A, List.of(HomeNetwork.FOREIGN_HOME)));
    }
}
