package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.LIFETIME;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.relayed;
import static org.mooring.home.HomeNetwork.signed;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.protocol.handover.Arrival.Opening;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.wire.Octets;

@DisplayName("What the operator reads: one line for each fact")
class LogTest extends HandoverScene {
    private static final String AT_A = "home=10.1.0.5 care-of=198.51.100.9 lifetime=300s flags=T generation=";
    private static final String AT_B = "home=10.1.0.5 care-of=203.0.113.77 lifetime=";
    private static final String FROM_A = " from=198.51.100.9:434";
    private static final String FROM_B = " from=203.0.113.77:434";
    private static final String STAGED_AT_B = "home=10.1.0.5 care-of=203.0.113.77 handover=fedcba9876543210";

    @Test
    void bindingsThatAreMadeRenewedMovedAndDeregistered() {
        network.register(300);
        assertLog("INFO binding made " + AT_A + "1" + FROM_A);

        network.pass(Duration.ofSeconds(1));
        network.register(300);
        assertLog("DEBUG binding renewed " + AT_A + "1" + FROM_A);

        network.pass(Duration.ofSeconds(1));
        receiveFromB(200);
        assertLog("INFO binding moved " + AT_B + "200s flags=T generation=2" + FROM_B + " before=198.51.100.9");

        network.pass(Duration.ofSeconds(1));
        network.deregisterFromHome();
        assertLog("INFO binding deregistered " + AT_B + "200s flags=T generation=2" + FROM_B);
    }

    @Test
    void bindingsThatExpire() {
        network.register(300);
        network.actions();
        network.pass(Duration.ofMinutes(5));

        network.handle(new Event.TimerFired(network.now(), LIFETIME));

        assertLog("INFO binding expired " + AT_A + "1" + FROM_A);
    }

    @Test
    void deregistrationsOfWhatIsNotBound() {
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 0, CARE_OF_B)));

        assertLog("DEBUG nothing to deregister home=10.1.0.5 care-of=203.0.113.77" + FROM_B);
    }

    @Test
    void bindingsThatAreRestoredOrForgotten() {
        network.register(300);
        var record = network.all(Action.Persist.class).get(0).record();
        var restarted = new HomeNetwork();
        restarted.handle(new Event.Restored(restarted.now(), List.of(record)));
        assertEquals(
                List.of("INFO binding restored " + AT_A + "1" + FROM_A + " expiry="
                        + restarted.now().plusSeconds(300)),
                log(restarted));

        var withoutMobileNodes = new HomeNetwork(new Policy(
                HOME_AGENT,
                HomeNetwork.BROADCAST,
                600,
                100,
                true,
                ReverseTunnel.OPTIONAL,
                ENTERPRISE,
                List.of(),
                Map.of()));
        withoutMobileNodes.handle(new Event.Restored(withoutMobileNodes.now(), List.of(record)));
        assertEquals(
                List.of(
                        "WARN to be revoked: the mobile node is not configured any more " + AT_A + "1" + FROM_A,
                        "INFO binding revoked " + AT_A + "1" + FROM_A),
                log(withoutMobileNodes));
    }

    @Test
    void infiniteBindings() {
        var unlimited = new HomeNetwork(HomeNetwork.policy(0xffff, false, ReverseTunnel.OPTIONAL));
        unlimited.register(0xffff);
        var record = unlimited.all(Action.Persist.class).get(0).record();
        var infinite = "home=10.1.0.5 care-of=198.51.100.9 lifetime=infinite flags=T generation=1" + FROM_A;
        assertEquals(List.of("INFO binding made " + infinite), log(unlimited));

        var restarted = new HomeNetwork(HomeNetwork.policy(0xffff, false, ReverseTunnel.OPTIONAL));
        restarted.handle(new Event.Restored(restarted.now(), List.of(record)));
        assertEquals(List.of("INFO binding restored " + infinite + " expiry=never"), log(restarted));
    }

    @Test
    void denials() {
        network.receive(FOREIGN_AGENT_A, signed(network.request(T, 300, CARE_OF_A)));

        assertLog("WARN registration denied code=132 home=10.1.0.5" + FROM_A
                + " why=\"foreign-home authentication: MISSING\"");
    }

    @Test
    void repeats() {
        var request = relayed(network.request(T, 300, CARE_OF_A));
        network.receive(FOREIGN_AGENT_A, request);
        network.actions();

        network.receive(FOREIGN_AGENT_A, request);

        assertLog("DEBUG reply repeated home=10.1.0.5" + FROM_A);
        assertEquals(1, network.homeAgent().traffic().repeats());
    }

    @Test
    void discards() {
        network.receive(FOREIGN_AGENT_A, Octets.ofHex("01"));
        assertLog("DEBUG datagram discarded" + FROM_A + " why=\"not a registration message: TRUNCATED at octet 1\"");

        var stranger = network.request(T, 300, CARE_OF_A).withHomeAddress(CARE_OF_B);
        for (int i = 0; i < 10; i++) {
            network.receive(FOREIGN_AGENT_A, signed(stranger));
            assertLog(
                    "WARN datagram discarded" + FROM_A + " why=\"no association with this mobile node 203.0.113.77\"");
        }
        network.receive(FOREIGN_AGENT_A, signed(stranger));
        assertLog("DEBUG datagram discarded" + FROM_A + " why=\"no association with this mobile node 203.0.113.77\"");

        network.handle(
                new Event.HandoverMessageReceived(network.now(), FOREIGN_AGENT_A, HOME_AGENT, Octets.ofHex("ff")));
        assertLog("DEBUG datagram discarded" + FROM_A + " why=\"a handover message that is not followed: MALFORMED\"");
    }

    @Test
    void refusals() {
        network.kernelRefuses(true);
        network.register(300);
        var noForwarding = "WARN forwarding refused by the kernel home=10.1.0.5 why=\"no buffer space available\"";
        assertLog(noForwarding, noForwarding, denied());

        network.kernelRefuses(false);
        network.storeRefuses(true);
        network.pass(Duration.ofSeconds(1));
        network.register(300);
        assertLog("WARN binding not stored home=10.1.0.5 why=\"no space left on device\"", denied());
    }

    private static String denied() {
        return "WARN registration denied code=130 home=10.1.0.5" + FROM_A + " why=\"the change could not be made\"";
    }

    @Test
    void handoversThatAreCommitted() {
        registerAtA();
        prepare();
        assertLog("INFO care-of address staged " + STAGED_AT_B + " hold=60s" + FROM_B);
        network.pass(Duration.ofSeconds(1));
        prepare();
        assertLog("DEBUG care-of address staged " + STAGED_AT_B + " hold=60s" + FROM_B);

        network.pass(Duration.ofSeconds(1));
        commit();

        assertLog(
                "INFO handover committed " + STAGED_AT_B,
                "INFO binding moved " + AT_B + "200s flags=T generation=2" + FROM_B + " before=198.51.100.9");
    }

    @Test
    void handoversThatAreConfirmedAbortedReplacedOrExpire() {
        registerAtA();
        prepare();
        network.pass(Duration.ofSeconds(1));
        network.actions();
        receiveFromB(200);
        assertLog(
                "INFO handover confirmed " + STAGED_AT_B,
                "INFO binding moved " + AT_B + "200s flags=T generation=2" + FROM_B + " before=198.51.100.9");

        network.pass(Duration.ofSeconds(1));
        receiveFromB(HOLD_SECONDS, PREPARE);
        assertLog("INFO nothing to stage home=10.1.0.5 care-of=203.0.113.77" + FROM_B);

        network.pass(Duration.ofSeconds(1));
        receiveFromA(HOLD_SECONDS, PREPARE);
        network.pass(Duration.ofSeconds(1));
        network.actions();
        receiveFromA(HOLD_SECONDS, PREPARE, new Abort(ID));
        assertLog("INFO handover aborted home=10.1.0.5 care-of=198.51.100.9 handover=fedcba9876543210");

        network.pass(Duration.ofSeconds(1));
        receiveFromA(HOLD_SECONDS, PREPARE);
        network.pass(Duration.ofMinutes(1));
        network.actions();
        fireHold();
        assertLog("INFO handover expired home=10.1.0.5 care-of=198.51.100.9 handover=fedcba9876543210");
    }

    @Test
    void theReturnHome() {
        var unknownMac = new HomeNetwork(policy(600, 100, Optional.empty()));
        unknownMac.register(300);
        unknownMac.pass(Duration.ofSeconds(1));
        log(unknownMac);
        unknownMac.actions();
        unknownMac.deregisterFromHome();
        for (int i = 0; i < 30; i++) {
            unknownMac.handle(new Event.TimerFired(unknownMac.now(), HomeNetwork.ANNOUNCEMENT));
        }
        assertEquals(
                List.of(
                        "INFO binding deregistered " + AT_A + "1" + FROM_A,
                        "WARN not announced at home: its MAC is not known (no Device ID in the request, no"
                                + " mobile-node.mac, nobody there by ARP) home=10.1.0.5"),
                log(unknownMac));

        registerAtA();
        prepareReturn(PREPARE);
        network.pass(Duration.ofSeconds(1));
        network.actions();
        receiveFromA(200, new Commit(ID));
        assertLog(
                "INFO handover committed home=10.1.0.5 care-of=10.1.0.5 handover=fedcba9876543210",
                "INFO binding returned home " + AT_A + "1" + FROM_A);

        network.handle(new Event.RoomOpened(
                network.now(), new Action.OpenRoom(HOME_ADDRESS, ID, Room.NEW, Opening.DEADLINE), 3));
        assertLog("INFO handover room opened home=10.1.0.5 handover=fedcba9876543210 room=new why=deadline held=3");
    }

    private void assertLog(String... lines) {
        assertEquals(List.of(lines), log(network));
        network.actions();
    }

    private static List<String> log(HomeNetwork network) {
        return network.facts().stream()
                .map(fact -> fact.level() + " " + fact.line())
                .toList();
    }
}
