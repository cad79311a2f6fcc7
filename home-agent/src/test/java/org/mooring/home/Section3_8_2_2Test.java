package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.mooring.home.HomeNetwork.ANNOUNCEMENT;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.LIFETIME;
import static org.mooring.home.HomeNetwork.MOBILE_HOME;
import static org.mooring.home.HomeNetwork.START;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.open;
import static org.mooring.home.HomeNetwork.relayed;
import static org.mooring.home.HomeNetwork.signed;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED_WITHOUT_SIMULTANEOUS_BINDINGS;
import static org.mooring.protocol.wire.ReplyCode.HA_IDENTIFICATION_MISMATCH;
import static org.mooring.protocol.wire.ReplyCode.HA_INSUFFICIENT_RESOURCES;
import static org.mooring.protocol.wire.ReplyCode.HA_MOBILE_NODE_FAILED_AUTHENTICATION;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.home.Action.ArmTimer;
import org.mooring.home.Action.InstallForwarding;
import org.mooring.home.Action.Persist;
import org.mooring.home.Action.RemoveForwarding;
import org.mooring.home.Action.SendReply;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("RFC 3344 §3.8.2.2 Accepting a Valid Request")
class Section3_8_2_2Test {
    private static final Peer PEER_A = Peer.ipip(CARE_OF_A);
    private static final Peer PEER_B = Peer.ipip(CARE_OF_B);

    private final HomeNetwork network = new HomeNetwork();

    @Test
    @DisplayName("forwarding first, then the store, then the reply")
    void changesForwardingThenStoreThenAnswers() {
        network.pause();
        network.register(300);
        assertEquals(List.of(new InstallForwarding(HOME_ADDRESS, List.of(PEER_A))), network.actions());
        assertEquals(List.of(), network.careOfAddresses());

        network.answer();
        var binding = binding(PEER_A, 300, 1);
        assertEquals(List.of(new Persist(record(1, binding))), network.actions());

        network.answer();
        assertEquals(List.of(binding), network.homeAgent().bindings());
        var reply = network.all(SendReply.class).get(0);
        assertEquals(ACCEPTED, open(reply).code());
        assertEquals(
                List.of(
                        reply,
                        new ArmTimer(LIFETIME, START.plusSeconds(300)),
                        new Action.AnnounceAway(HOME_ADDRESS),
                        new Action.ArmTimer(ANNOUNCEMENT, START.plusSeconds(1))),
                network.actions());
    }

    @Test
    @DisplayName("T28: a new care-of address takes the place of the old one, and starts a new generation")
    void replacesTheBinding() {
        network.register(300);
        network.pass(Duration.ofSeconds(1));
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 300, CARE_OF_B)));
        assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
        assertEquals(2, network.homeAgent().bindings().get(0).generation());
    }

    @Test
    @DisplayName("a renewal counts the lifetime anew and stays in its generation")
    void renewsTheBinding() {
        network.register(300);
        network.actions();
        network.pass(Duration.ofSeconds(200));
        network.register(300);
        assertEquals(List.of(START.plusSeconds(500)), network.armed(LIFETIME));
        assertEquals(1, network.homeAgent().bindings().get(0).generation());
    }

    @Test
    @DisplayName("T30: simultaneous bindings are not kept, and code 1 says so")
    void answersSWithCode1() {
        network.register(300);
        network.pass(Duration.ofSeconds(1));
        network.actions();
        network.receive(FOREIGN_AGENT_B, signed(network.request(T.plus(Flags.SIMULTANEOUS_BINDINGS), 300, CARE_OF_B)));
        assertEquals(ACCEPTED_WITHOUT_SIMULTANEOUS_BINDINGS, network.code());
        assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
    }

    @Test
    @DisplayName("T32: a deregistration with the home address as care-of address ends all bindings")
    void deregistersAll() {
        network.register(300);
        network.actions();
        network.pass(Duration.ofSeconds(1));
        network.deregisterFromHome();
        assertEquals(List.of(), network.careOfAddresses());
        assertEquals(List.of(new RemoveForwarding(HOME_ADDRESS)), network.all(RemoveForwarding.class));
        var reply = network.reply();
        assertEquals(ACCEPTED, reply.code());
        assertEquals(0, reply.lifetime());
    }

    @Test
    @DisplayName("T31: a deregistration of one care-of address ends that binding")
    void deregistersOne() {
        network.register(300);
        network.actions();
        network.pass(Duration.ofSeconds(1));
        network.receive(FOREIGN_AGENT_A, signed(network.request(T, 0, CARE_OF_A)));
        assertEquals(List.of(), network.careOfAddresses());
        assertEquals(0, network.reply().lifetime());
    }

    @Test
    @DisplayName("H13: a deregistration of what isn't bound succeeds and changes nothing but the newest Identification")
    void leavesOthersWhenDeregisteringWhatIsNotBound() {
        network.register(300);
        network.actions();
        network.pass(Duration.ofSeconds(1));
        var request = network.request(T, 0, CARE_OF_B);
        network.receive(FOREIGN_AGENT_B, signed(request));
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        assertEquals(List.of(), network.all(InstallForwarding.class));
        assertEquals(List.of(), network.all(RemoveForwarding.class));
        assertEquals(
                List.of(new MobileNodeRecord(
                        HOME_ADDRESS,
                        1,
                        BindingList.of(binding(PEER_A, 300, 1)),
                        Map.of(MOBILE_HOME.spi(), request.identification()))),
                network.all(Persist.class).stream().map(Persist::record).toList());
        var reply = network.reply();
        assertEquals(ACCEPTED, reply.code());
        assertEquals(0, reply.lifetime());
    }

    @ParameterizedTest
    @CsvSource({"3600,600,600", "60,600,60", "65535,600,600", "65535,65535,65535", "65534,65535,65534"})
    @DisplayName("T33, T34, T35: the lifetime granted is at most what was asked and at most the home agent's maximum")
    void grantsTheLesserLifetime(int requested, int max, int granted) {
        var limited = new HomeNetwork(HomeNetwork.policy(max, false, ReverseTunnel.OPTIONAL));
        limited.register(requested);
        assertEquals(granted, limited.homeAgent().bindings().get(0).lifetime());
        assertEquals(granted, limited.reply().lifetime());
    }

    @Test
    @DisplayName("T35: an infinite lifetime never ends")
    void armsNoTimerForAnInfiniteLifetime() {
        var unlimited = new HomeNetwork(HomeNetwork.policy(0xffff, false, ReverseTunnel.OPTIONAL));
        unlimited.register(0xffff);
        assertEquals(List.of(), unlimited.armed(LIFETIME));
        unlimited.pass(Duration.ofDays(3650));
        unlimited.handle(new Event.TimerFired(unlimited.now(), LIFETIME));
        assertEquals(List.of(CARE_OF_A), unlimited.careOfAddresses());
    }

    @Test
    @DisplayName("§4.2.3, T36: a binding ends with its lifetime, and nothing is sent")
    void endsWithTheLifetime() {
        network.register(300);
        network.actions();
        network.pass(Duration.ofMinutes(5));
        network.handle(new Event.TimerFired(network.now(), LIFETIME));
        assertEquals(List.of(), network.careOfAddresses());
        assertEquals(
                List.of(
                        new RemoveForwarding(HOME_ADDRESS),
                        new Persist(new MobileNodeRecord(
                                HOME_ADDRESS,
                                1,
                                BindingList.NONE,
                                Map.of(MOBILE_HOME.spi(), identificationAt(START))))),
                network.actions());
    }

    @Test
    @DisplayName("a timer of an earlier lifetime changes nothing, and is set right")
    void ignoresStaleTimers() {
        network.register(300);
        network.pass(Duration.ofSeconds(200));
        network.register(300);
        network.pass(Duration.ofSeconds(100));
        network.actions();
        network.handle(new Event.TimerFired(network.now(), LIFETIME));
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        assertEquals(List.of(new ArmTimer(LIFETIME, START.plusSeconds(500))), network.actions());
    }

    @Test
    @DisplayName("a timer that fires after the binding is gone changes nothing")
    void ignoresTimersOfBindingsThatAreGone() {
        network.register(300);
        network.pass(Duration.ofSeconds(1));
        network.deregisterFromHome();
        network.pass(Duration.ofMinutes(5));
        network.actions();
        network.handle(new Event.TimerFired(network.now(), LIFETIME));
        assertEquals(List.of(), network.actions());
    }

    @Test
    @DisplayName("a lifetime that ends while a renewal is under way is the renewal's to end")
    void leavesALifetimeThatEndsDuringARenewal() {
        network.register(300);
        network.pass(Duration.ofMinutes(5));
        network.pause();
        network.register(300);
        network.handle(new Event.TimerFired(network.now(), LIFETIME));
        network.answer();
        network.answer();
        assertEquals(
                START.plusSeconds(600), network.homeAgent().bindings().get(0).expiry());
    }

    @Test
    @DisplayName("where the kernel keeps the forwarding of a binding whose lifetime ended, it is asked again")
    void triesAgainToEndTheForwarding() {
        network.register(300);
        network.pass(Duration.ofMinutes(5));
        network.actions();
        network.kernelRefuses(true);
        network.handle(new Event.TimerFired(network.now(), LIFETIME));
        assertEquals(
                List.of(
                        new RemoveForwarding(HOME_ADDRESS),
                        new ArmTimer(LIFETIME, network.now().plusSeconds(5))),
                network.actions());
        network.kernelRefuses(false);
        network.pass(Duration.ofSeconds(5));
        network.handle(new Event.TimerFired(network.now(), LIFETIME));
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    @DisplayName("a disk that is full does not keep an expired binding alive")
    void endsWithTheLifetimeThoughTheStoreRefuses() {
        network.register(300);
        network.pass(Duration.ofMinutes(5));
        network.storeRefuses(true);
        network.handle(new Event.TimerFired(network.now(), LIFETIME));
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    @DisplayName("what comes while a binding's end is not stored is served then")
    void servesWhatWaitedForAnEndThatIsNotStored() {
        network.register(300);
        network.pass(Duration.ofMinutes(5));
        network.actions();
        network.pause();
        network.handle(new Event.TimerFired(network.now(), LIFETIME));
        network.answer();
        network.register(300);
        network.storeRefuses(true);
        network.answer();
        network.storeRefuses(false);
        network.answer();
        network.answer();
        assertEquals(ACCEPTED, network.code());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
    }

    @Test
    @DisplayName("§3.8.2.3: what the kernel refuses is denied with code 130, and the forwarding is what it was")
    void deniesWithCode130WhenTheKernelRefuses() {
        network.register(300);
        network.pass(Duration.ofSeconds(1));
        network.actions();
        network.pause();
        network.kernelRefuses(true);
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 300, CARE_OF_B)));
        network.answer();
        network.kernelRefuses(false);
        assertEquals(
                List.of(
                        new InstallForwarding(HOME_ADDRESS, List.of(PEER_B)),
                        new InstallForwarding(HOME_ADDRESS, List.of(PEER_A))),
                network.actions());
        network.answer();
        assertEquals(HA_INSUFFICIENT_RESOURCES, network.code());
        assertEquals(List.of(binding(PEER_A, 300, 1)), network.homeAgent().bindings());
    }

    @Test
    @DisplayName("§3.8.2.3: what the store refuses is denied with code 130, and the forwarding is what it was")
    void deniesWithCode130WhenTheStoreRefuses() {
        network.storeRefuses(true);
        network.register(300);
        assertEquals(List.of(new RemoveForwarding(HOME_ADDRESS)), network.all(RemoveForwarding.class));
        assertEquals(List.of(), network.all(Action.AnnounceAway.class));
        assertEquals(HA_INSUFFICIENT_RESOURCES, network.code());
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    @DisplayName("a deregistration that the store refuses is denied with code 130, and the binding stays")
    void keepsTheBindingWhenTheStoreRefusesItsEnd() {
        network.register(300);
        network.pass(Duration.ofSeconds(1));
        network.actions();
        network.storeRefuses(true);
        network.deregisterFromHome();
        assertEquals(
                List.of(new InstallForwarding(HOME_ADDRESS, List.of(PEER_A))), network.all(InstallForwarding.class));
        assertEquals(List.of(START.plusSeconds(300)), network.armed(LIFETIME));
        assertEquals(HA_INSUFFICIENT_RESOURCES, network.code());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
    }

    @Test
    @DisplayName("so is what only the store had to know: a deregistration of what isn't bound")
    void deniesWithCode130WhatOnlyTheStoreHadToKnow() {
        network.register(300);
        network.pass(Duration.ofSeconds(1));
        network.actions();
        network.storeRefuses(true);
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 0, CARE_OF_B)));
        assertEquals(List.of(), network.all(Action.Forwarding.class));
        assertEquals(HA_INSUFFICIENT_RESOURCES, network.code());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
    }

    @Test
    @DisplayName("what was denied with code 130 may be asked again with the same Identification")
    void usesNoIdentificationUpWithCode130() {
        var registration = relayed(network.request(T, 300, CARE_OF_A));
        network.storeRefuses(true);
        network.receive(FOREIGN_AGENT_A, registration);
        assertEquals(HA_INSUFFICIENT_RESOURCES, network.code());
        network.storeRefuses(false);
        network.receive(FOREIGN_AGENT_A, registration);
        assertEquals(ACCEPTED, network.code());
    }

    @Test
    @DisplayName("a request that comes while another is in progress is served after it")
    void servesARequestAfterTheOneInProgress() {
        network.pause();
        network.register(300);
        network.pass(Duration.ofMillis(5));
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 300, CARE_OF_B)));
        network.answer();
        network.answer();
        assertEquals(
                List.of(
                        new InstallForwarding(HOME_ADDRESS, List.of(PEER_A)),
                        new InstallForwarding(HOME_ADDRESS, List.of(PEER_B))),
                network.all(InstallForwarding.class));
        network.answer();
        network.answer();
        assertEquals(
                List.of(CARE_OF_A, CARE_OF_B),
                network.all(SendReply.class).stream()
                        .map(reply -> reply.to().address())
                        .toList());
        assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
    }

    @Test
    @DisplayName(
            "of the requests that come while one is in progress, the newest is served; forged ones have no part in it")
    void servesTheNewestOfThoseThatWait() {
        network.pause();
        network.register(300);
        var first = network.request(T, 100, CARE_OF_B);
        network.pass(Duration.ofMillis(5));
        var second = network.request(T, 200, CARE_OF_B);
        network.pass(Duration.ofMillis(5));
        network.receive(FOREIGN_AGENT_B, signed(second));
        network.receive(FOREIGN_AGENT_B, signed(first));
        network.receive(FOREIGN_AGENT_B, RegistrationCodec.encode(network.request(T, 300, CARE_OF_B)));
        network.answer();
        network.answer();
        network.answer();
        network.answer();
        assertEquals(200, network.homeAgent().bindings().get(0).lifetime());
        var discards = network.homeAgent().traffic().discards();
        assertEquals(
                Map.of(
                        Discard.SUPERSEDED, new Traffic.Tally(1, network.now()),
                        Discard.NO_AUTHORIZATION, new Traffic.Tally(1, network.now())),
                discards);
    }

    @Test
    @DisplayName("a request that is overtaken by a newer one is a replay")
    void deniesWhatWasOvertaken() {
        var late = network.request(T, 100, CARE_OF_B);
        network.pass(Duration.ofMillis(5));
        network.pause();
        network.register(300);
        network.receive(FOREIGN_AGENT_B, signed(late));
        network.answer();
        network.actions();
        network.answer();
        assertEquals(
                List.of(ACCEPTED, HA_IDENTIFICATION_MISMATCH),
                network.all(SendReply.class).stream()
                        .map(reply -> open(reply).code())
                        .toList());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
    }

    @Test
    @DisplayName("the same request while it is in progress is not served twice")
    void ignoresADuplicateOfWhatIsInProgress() {
        var registration = relayed(network.request(T, 300, CARE_OF_A));
        network.pause();
        network.receive(FOREIGN_AGENT_A, registration);
        network.receive(FOREIGN_AGENT_A, registration);
        network.answer();
        network.answer();
        assertEquals(1, network.all(InstallForwarding.class).size());
        assertEquals(ACCEPTED, network.code());
    }

    @Test
    @DisplayName("after a restart the binding is served on, and its lifetime ends when it would have")
    void restoresBindings() {
        var binding = binding(PEER_A, 300, 7);
        network.pass(Duration.ofSeconds(100));
        network.handle(new Event.Restored(network.now(), List.of(record(7, binding))));
        assertEquals(List.of(binding), network.homeAgent().bindings());
        assertEquals(
                List.of(
                        new ArmTimer(LIFETIME, START.plusSeconds(300)),
                        new Action.AnnounceAway(HOME_ADDRESS),
                        new Action.ArmTimer(ANNOUNCEMENT, network.now().plusSeconds(1))),
                network.actions());
    }

    @Test
    @DisplayName("§5.7.1: after a restart, what was accepted before is still a replay")
    void restoresTheNewestIdentification() {
        var registration = relayed(network.request(T, 300, CARE_OF_A));
        network.receive(FOREIGN_AGENT_A, registration);
        var stored = network.all(Persist.class).get(0).record();
        var restarted = new HomeNetwork();
        restarted.handle(new Event.Restored(restarted.now(), List.of(stored)));
        restarted.actions();
        restarted.receive(FOREIGN_AGENT_A, registration);
        assertEquals(HA_IDENTIFICATION_MISMATCH, restarted.code());
    }

    @Test
    @DisplayName("a binding whose lifetime ended while the home agent was down is ended at the restart")
    void endsWhatExpiredInTheMeantime() {
        network.pass(Duration.ofSeconds(301));
        network.handle(new Event.Restored(network.now(), List.of(record(7, binding(PEER_A, 300, 7)))));
        assertEquals(List.of(), network.careOfAddresses());
        assertEquals(List.of(new RemoveForwarding(HOME_ADDRESS)), network.all(RemoveForwarding.class));
        assertEquals(List.of(), network.all(Action.AnnounceAway.class));
    }

    @Test
    @DisplayName("a generation is never used again, not even after a restart")
    void countsGenerationsOn() {
        network.handle(new Event.Restored(
                network.now(), List.of(new MobileNodeRecord(HOME_ADDRESS, 7, BindingList.NONE, Map.of()))));
        network.register(300);
        assertEquals(8, network.homeAgent().bindings().get(0).generation());
    }

    @Test
    @DisplayName(
            "a binding of a mobile node that is configured no more ends at a restart, but its Identifications stay used up")
    void forgetsBindingsOfMobileNodesThatAreConfiguredNoMore() {
        var registration = relayed(network.request(T, 300, CARE_OF_A));
        network.receive(FOREIGN_AGENT_A, registration);
        var stored = network.all(Persist.class).get(0).record();
        var restarted = new HomeNetwork(withoutMobileNodes());
        restarted.handle(new Event.Restored(restarted.now(), List.of(stored)));
        assertEquals(
                List.of(
                        new RemoveForwarding(HOME_ADDRESS),
                        new Persist(new MobileNodeRecord(HOME_ADDRESS, 1, BindingList.NONE, stored.newest()))),
                restarted.actions());
        assertEquals(List.of(), restarted.homeAgent().mobileNodes());
        restarted.handle(new Event.PolicyChanged(restarted.now(), HomeNetwork.policy()));
        restarted.receive(FOREIGN_AGENT_A, registration);
        assertEquals(HA_IDENTIFICATION_MISMATCH, restarted.code());
    }

    @Test
    @DisplayName("associations that are changed while running leave the bindings alone")
    void keepsBindingsWhenReconfigured() {
        network.register(300);
        network.actions();
        network.handle(new Event.PolicyChanged(network.now(), withAnotherKey()));
        assertEquals(List.of(), network.actions());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        network.pass(Duration.ofSeconds(1));
        network.register(300);
        var sent = network.all(SendReply.class).get(0);
        var denial = assertInstanceOf(
                RegistrationReply.class, ((Decoded.Message) RegistrationCodec.decode(sent.wire())).message());
        assertEquals(HA_MOBILE_NODE_FAILED_AUTHENTICATION, denial.code());
        network.pass(Duration.ofMinutes(5));
        network.handle(new Event.TimerFired(network.now(), LIFETIME));
        assertEquals(List.of(), network.careOfAddresses());
    }

    private static Policy withAnotherKey() {
        var policy = HomeNetwork.policy();
        var association = HomeNetwork.association(0x200, "ffeeddccbbaa99887766554433221100", Algorithm.HMAC_MD5);
        return withMobileNodes(
                policy, List.of(new MobileNode(HOME_ADDRESS, Optional.of(HomeNetwork.MAC), List.of(association))));
    }

    private static Policy withoutMobileNodes() {
        return withMobileNodes(HomeNetwork.policy(), List.of());
    }

    private static Policy withMobileNodes(Policy policy, List<MobileNode> mobileNodes) {
        return new Policy(
                policy.address(),
                policy.homeNetworkBroadcast(),
                policy.maxLifetime(),
                policy.maxBindings(),
                policy.requireAssociation(),
                policy.reverseTunnel(),
                policy.enterpriseNumber(),
                mobileNodes,
                policy.foreignAgents());
    }

    private MobilityBinding binding(Peer peer, int lifetime, long generation) {
        return new MobilityBinding(
                HOME_ADDRESS,
                peer.address(),
                peer,
                T,
                lifetime,
                START,
                identificationAt(START),
                MOBILE_HOME.spi(),
                FOREIGN_AGENT_A,
                generation);
    }

    private static MobileNodeRecord record(long generation, MobilityBinding binding) {
        return new MobileNodeRecord(
                HOME_ADDRESS, generation, BindingList.of(binding), Map.of(MOBILE_HOME.spi(), binding.identification()));
    }

    private static Identification identificationAt(Instant instant) {
        return Identification.of(instant);
    }
}
