package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.home.HomeNetwork.BROADCAST;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.LIFETIME;
import static org.mooring.home.HomeNetwork.MAC;
import static org.mooring.home.HomeNetwork.MOBILE_HOME;
import static org.mooring.home.HomeNetwork.START;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.signed;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED_WITHOUT_SIMULTANEOUS_BINDINGS;
import static org.mooring.protocol.wire.ReplyCode.HA_INSUFFICIENT_RESOURCES;
import static org.mooring.protocol.wire.ReplyCode.HA_TOO_MANY_BINDINGS;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mooring.home.Action.AnnounceAway;
import org.mooring.home.Action.FlipForwarding;
import org.mooring.home.Action.Forwarding;
import org.mooring.home.Action.InstallForwarding;
import org.mooring.home.Action.Persist;
import org.mooring.home.Action.RemoveForwarding;
import org.mooring.home.Action.SendMarker;
import org.mooring.home.Action.SendReply;
import org.mooring.home.Action.StageForwarding;
import org.mooring.home.Policy.Compatibility;
import org.mooring.home.Policy.NatTraversal;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.home.Policy.Revocability;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage.Marker;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("RFC 3344 §3.8.2.2, §3.8.2.3 Simultaneous bindings")
class SimultaneousBindingsTest {
    private static final Ipv4Address CARE_OF_C = Ipv4Address.of("192.0.2.77");
    private static final Peer PEER_A = Peer.ipip(CARE_OF_A);
    private static final Peer PEER_B = Peer.ipip(CARE_OF_B);
    private static final Flags S = T.plus(Flags.SIMULTANEOUS_BINDINGS);

    private final HomeNetwork network = new HomeNetwork(policy(2));

    @Test
    @DisplayName("§3.8.2.2, T29: with S the others stay, and packets go to all of them")
    void keepsTheOthers() {
        register(T, CARE_OF_A);
        network.actions();
        register(S, CARE_OF_B);
        assertEquals(
                List.of(new InstallForwarding(HOME_ADDRESS, List.of(PEER_A, PEER_B))), network.all(Forwarding.class));
        assertEquals(List.of(), network.all(AnnounceAway.class), "it was away before");
        assertEquals(ACCEPTED, network.code());
        assertEquals(List.of(CARE_OF_A, CARE_OF_B), network.careOfAddresses());
        assertEquals(List.of(1L, 2L), generations());
    }

    @Test
    @DisplayName("§3.8.2.2: a renewal with S is one binding's, and the others are as they were")
    void renewsOne() {
        register(T, CARE_OF_A);
        register(S, CARE_OF_B);
        network.pass(Duration.ofSeconds(100));
        register(S, CARE_OF_A);
        assertEquals(List.of(CARE_OF_B, CARE_OF_A), network.careOfAddresses());
        assertEquals(List.of(2L, 1L), generations());
        assertEquals(
                List.of(START.plusSeconds(302), START.plusSeconds(403)),
                network.homeAgent().bindings().stream()
                        .map(MobilityBinding::expiry)
                        .toList());
    }

    @Test
    @DisplayName("§3.8.2.2: without S a binding takes the place of all others, also one that was there")
    void replacesAllWithoutS() {
        register(T, CARE_OF_A);
        register(S, CARE_OF_B);
        network.actions();
        register(T, CARE_OF_A);
        assertEquals(List.of(new InstallForwarding(HOME_ADDRESS, List.of(PEER_A))), network.all(Forwarding.class));
        assertEquals(
                List.of("BindingRenewed", "BindingEnded"),
                network.facts().stream()
                        .map(fact -> fact.getClass().getSimpleName())
                        .toList());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        assertEquals(List.of(1L), generations());
    }

    @Test
    @DisplayName("§3.8.2.2, T31: one care-of address of two is deregistered, and the other stays")
    void deregistersOneOfTwo() {
        register(T, CARE_OF_A);
        register(S, CARE_OF_B);
        network.actions();
        network.receive(FOREIGN_AGENT_A, signed(next(Flags.NONE, 0, CARE_OF_A)));
        assertEquals(List.of(new InstallForwarding(HOME_ADDRESS, List.of(PEER_B))), network.all(Forwarding.class));
        assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
        var reply = network.reply();
        assertEquals(ACCEPTED, reply.code());
        assertEquals(0, reply.lifetime());
    }

    @Test
    @DisplayName("§3.8.2.2, T32: all of them are deregistered with the home address as care-of address, whatever S is")
    void deregistersAll() {
        register(T, CARE_OF_A);
        register(S, CARE_OF_B);
        network.actions();
        network.receive(HomeNetwork.AT_HOME, signed(next(Flags.SIMULTANEOUS_BINDINGS, 0, HOME_ADDRESS)));
        assertEquals(List.of(new RemoveForwarding(HOME_ADDRESS)), network.all(Forwarding.class));
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    @DisplayName("§3.8.2.3, T37: one more than is permitted is denied with code 135, and nothing changes")
    void deniesWithCode135WhenThereAreTooMany() {
        register(T, CARE_OF_A);
        register(S, CARE_OF_B);
        network.actions();
        register(S, CARE_OF_C);
        assertEquals(List.of(), network.all(Forwarding.class));
        assertEquals(HA_TOO_MANY_BINDINGS, network.code());
        assertEquals(List.of(CARE_OF_A, CARE_OF_B), network.careOfAddresses());
        register(S, CARE_OF_A);
        assertEquals(ACCEPTED, network.code(), "a renewal is none more");
        register(T, CARE_OF_C);
        assertEquals(ACCEPTED, network.code(), "without S it is the only one");
        assertEquals(List.of(CARE_OF_C), network.careOfAddresses());
    }

    @Test
    @DisplayName("what is renewed stays when fewer are permitted than there are")
    void renewsWhenFewerArePermitted() {
        var three = new HomeNetwork(policy(3));
        register(three, T, CARE_OF_A);
        register(three, S, CARE_OF_B);
        register(three, S, CARE_OF_C);
        three.handle(new Event.PolicyChanged(three.now(), policy(2)));
        three.actions();
        register(three, S, CARE_OF_A);
        assertEquals(ACCEPTED, three.code());
        assertEquals(List.of(CARE_OF_B, CARE_OF_C, CARE_OF_A), three.careOfAddresses());
    }

    @Test
    @DisplayName("§3.8.2.2, §4.2.3: each binding ends with its own lifetime, and the others stay")
    void endsOneByOne() {
        register(T, CARE_OF_A);
        network.pass(Duration.ofSeconds(100));
        network.actions();
        register(S, CARE_OF_B);
        assertEquals(List.of(START.plusSeconds(301)), network.armed(LIFETIME));
        network.actions();

        network.pass(Duration.ofSeconds(198));
        network.handle(new Event.TimerFired(network.now(), LIFETIME));
        assertEquals(List.of(), network.all(Forwarding.class), "a second too early");
        network.pass(Duration.ofSeconds(1));
        network.handle(new Event.TimerFired(network.now(), LIFETIME));
        assertEquals(List.of(new InstallForwarding(HOME_ADDRESS, List.of(PEER_B))), network.all(Forwarding.class));
        assertEquals(List.of(), network.all(SendReply.class));
        assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
        assertEquals(1, network.all(Persist.class).size());

        network.actions();
        network.pass(Duration.ofSeconds(101));
        network.handle(new Event.TimerFired(network.now(), LIFETIME));
        assertEquals(List.of(new RemoveForwarding(HOME_ADDRESS)), network.all(Forwarding.class));
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    @DisplayName("after a restart those that are alive are there again, and those that are over end")
    void survivesARestart() {
        register(T, CARE_OF_A);
        network.pass(Duration.ofSeconds(100));
        register(S, CARE_OF_B);
        var stored = network.all(Persist.class).get(1).record();

        var restarted = new HomeNetwork(policy(2));
        restarted.pass(Duration.ofSeconds(110));
        restarted.handle(new Event.Restored(restarted.now(), List.of(stored)));
        assertEquals(List.of(CARE_OF_A, CARE_OF_B), restarted.careOfAddresses());
        assertEquals(List.of(), restarted.all(Forwarding.class));
        assertEquals(List.of(START.plusSeconds(301)), restarted.armed(LIFETIME));

        var later = new HomeNetwork(policy(2));
        later.pass(Duration.ofSeconds(350));
        later.handle(new Event.Restored(later.now(), List.of(stored)));
        assertEquals(List.of(CARE_OF_B), later.careOfAddresses());
        assertEquals(List.of(new InstallForwarding(HOME_ADDRESS, List.of(PEER_B))), later.all(Forwarding.class));
        assertEquals(List.of(START.plusSeconds(402)), later.armed(LIFETIME));
        assertEquals(1, later.all(AnnounceAway.class).size());
    }

    @Test
    @DisplayName("what the kernel refuses leaves the bindings that were there, and is denied with code 130")
    void undoesWhatTheKernelRefuses() {
        register(T, CARE_OF_A);
        network.actions();
        network.kernelRefuses(true);
        register(S, CARE_OF_B);
        assertEquals(
                List.of(
                        new InstallForwarding(HOME_ADDRESS, List.of(PEER_A, PEER_B)),
                        new InstallForwarding(HOME_ADDRESS, List.of(PEER_A))),
                network.all(Forwarding.class));
        assertEquals(HA_INSUFFICIENT_RESOURCES, network.code());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
    }

    @Test
    @DisplayName("§3.8.2.2, E10: code 1 only for who asked, where they are not supported")
    void answersCode1OnlyWithS() {
        var single = new HomeNetwork(policy(1));
        register(single, S, CARE_OF_A);
        assertEquals(ACCEPTED_WITHOUT_SIMULTANEOUS_BINDINGS, single.code());
        register(single, T, CARE_OF_A);
        assertEquals(ACCEPTED, single.code());
    }

    @Nested
    @DisplayName("and handovers (docs/handover.md)")
    class Handovers {
        private static final HandoverId ID = new HandoverId(0xfedc_ba98_7654_3210L);
        private static final Prepare PREPARE = new Prepare(ID, 60);

        @Test
        void aCareOfAddressThatIsRegisteredNeedsNoPreparation() {
            registerBoth();
            handover(Flags.NONE, CARE_OF_A, PREPARE);
            assertEquals(List.of(), network.all(Forwarding.class));
            assertEquals(ACCEPTED, network.code());
            assertEquals(List.of(), network.homeAgent().staged());
        }

        @Test
        void commitLeavesAllBindingsForTheOneThatIsStaged() {
            registerBoth();
            handover(Flags.DECAPSULATION_BY_MOBILE_NODE, CARE_OF_C, PREPARE);
            assertEquals(
                    List.of(new StageForwarding(HOME_ADDRESS, Peer.ipip(CARE_OF_C))), network.all(Forwarding.class));
            assertEquals(
                    Optional.of(new Previous(CARE_OF_B)),
                    HandoverExtension.first(
                            Previous.class, network.reply().extensions(), HandoverExtension.DEFAULT_ENTERPRISE_NUMBER));
            assertEquals(List.of(CARE_OF_A, CARE_OF_B), network.careOfAddresses());

            handover(S, CARE_OF_B, new Commit(ID));
            assertEquals(List.of(new FlipForwarding(HOME_ADDRESS)), network.all(Forwarding.class));
            var marker = new Marker(ID).encode(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER);
            assertEquals(
                    List.of(new SendMarker(HOME_ADDRESS, PEER_A, marker), new SendMarker(HOME_ADDRESS, PEER_B, marker)),
                    network.all(SendMarker.class));
            assertEquals(List.of(CARE_OF_C), network.careOfAddresses());
        }

        @Test
        void confirmWithSIsABindingBesideTheOthers() {
            register(T, CARE_OF_A);
            handover(Flags.NONE, CARE_OF_B, PREPARE);
            network.actions();
            register(S, CARE_OF_B);
            assertEquals(
                    List.of(new InstallForwarding(HOME_ADDRESS, List.of(PEER_A, PEER_B))),
                    network.all(Forwarding.class));
            assertEquals(List.of(), network.all(SendMarker.class), "nothing was left");
            assertEquals(List.of(CARE_OF_A, CARE_OF_B), network.careOfAddresses());
            assertEquals(List.of(), network.homeAgent().staged());
        }

        private void registerBoth() {
            register(T, CARE_OF_A);
            register(S, CARE_OF_B);
            network.actions();
        }

        private void handover(Flags flags, Ipv4Address careOfAddress, HandoverExtension extension) {
            network.pass(Duration.ofSeconds(1));
            var request = network.request(
                    flags, 60, careOfAddress, extension.toExtension(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER));
            network.receive(FOREIGN_AGENT_B, signed(request));
        }
    }

    private void register(Flags flags, Ipv4Address careOfAddress) {
        register(network, flags, careOfAddress);
    }

    /** A second after whatever was before. */
    private static void register(HomeNetwork network, Flags flags, Ipv4Address careOfAddress) {
        network.pass(Duration.ofSeconds(1));
        network.receive(FOREIGN_AGENT_B, signed(network.request(flags, 300, careOfAddress)));
    }

    private RegistrationRequest next(Flags flags, int lifetime, Ipv4Address careOfAddress) {
        network.pass(Duration.ofSeconds(1));
        return network.request(flags, lifetime, careOfAddress);
    }

    private List<Long> generations() {
        return network.homeAgent().bindings().stream()
                .map(MobilityBinding::generation)
                .toList();
    }

    private static Policy policy(int maxSimultaneousBindings) {
        return new Policy(
                HOME_AGENT,
                BROADCAST,
                600,
                100,
                maxSimultaneousBindings,
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
                List.of(new MobileNode(HOME_ADDRESS, Optional.of(MAC), List.of(MOBILE_HOME))),
                Map.of());
    }
}
