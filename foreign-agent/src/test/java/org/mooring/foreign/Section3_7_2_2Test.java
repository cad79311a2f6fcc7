package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.foreign.Event.Timer.Purpose.PENDING_REQUEST;
import static org.mooring.foreign.Site.*;
import static org.mooring.protocol.handover.HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.foreign.Event.Timer;
import org.mooring.protocol.handover.RepeatedRequest;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Extension.Padding;
import org.mooring.protocol.wire.Extension.Skippable;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("RFC 3344 §3.7.2.2 Forwarding a Valid Request to the Home Agent")
class Section3_7_2_2Test {
    private static final Octets MESSAGE =
            sealed(withExtensions(request(), new Padding(), DeviceId.ethernet(MAC), new Skippable(200, MAC)));

    @Test
    void relaysToTheHomeAgentAndWaitsSevenSeconds() {
        var agent = new ForeignAgent(POLICY);

        var actions = agent.handle(requestReceived(NOW, MESSAGE));

        assertEquals(
                List.of(
                        new Action.ArmTimer(new Timer(PENDING_REQUEST, HOME), NOW.plusSeconds(7)),
                        new Action.RelayToHomeAgent(HOME_AGENT, FOR_FOREIGN_AGENT.appendTo(MESSAGE)),
                        new Action.Report(new Fact.RequestRelayed(HOME, HOME_AGENT, LINK, 300))),
                actions);
    }

    @Test
    void removesWhatFollowsTheAuthorizationEnablingExtension() {
        var agent = new ForeignAgent(POLICY);
        var forUs = new Seal(Kind.MOBILE_FOREIGN, MOBILE_FOREIGN).appendTo(MESSAGE.concat(Octets.ofHex("c801aa")));

        assertEquals(List.of(FOR_FOREIGN_AGENT.appendTo(MESSAGE)), relayed(agent, forUs));
    }

    @Test
    @DisplayName("RFC 4721 §3.2: an MN-AAA authentication stays")
    void keepsGeneralizedAuthentication() {
        var agent = new ForeignAgent(POLICY);
        var authorized = MESSAGE.concat(Octets.ofHex("8402abcd 2401 0014 00000200 62d9ffd899645abd8be915dd3d25432c"));

        assertEquals(
                List.of(FOR_FOREIGN_AGENT.appendTo(authorized)),
                relayed(agent, authorized.concat(Octets.ofHex("c801aa"))));
    }

    @Test
    void appendsNothingWhereNoAssociationIsShared() {
        var open = new ForeignAgent(new Policy(
                CARE_OF, POLICY.links(), MAX_LIFETIME, 5, 10, DEFAULT_ENTERPRISE_NUMBER, false, Map.of(), Map.of()));

        assertEquals(List.of(MESSAGE), relayed(open, MESSAGE));
    }

    @Test
    @DisplayName("RFC 5944 §3.7.2.2: authenticates no deregistration, RFC 3344 all")
    void authenticatesDeregistrationsAsTheRfcHasIt() {
        var deregistration = sealed(request(HOME, 0, ID));

        assertEquals(List.of(deregistration), relayed(new ForeignAgent(POLICY), deregistration));
        assertEquals(List.of(FOR_FOREIGN_AGENT.appendTo(deregistration)), relayed(Site.old(), deregistration));
    }

    @Test
    @DisplayName("RFC 5944 §3.7.2.2: authenticates nothing for a care-of address that it does not offer, RFC 3344 all")
    void authenticatesCoLocatedCareOfAddressesAsTheRfcHasIt() {
        var coLocated = sealed(withFlags(
                withCareOfAddress(request(), Ipv4Address.of("10.2.0.77")),
                Flags.REVERSE_TUNNELING.plus(Flags.DECAPSULATION_BY_MOBILE_NODE)));

        assertEquals(List.of(coLocated), relayed(new ForeignAgent(POLICY), coLocated));
        assertEquals(List.of(FOR_FOREIGN_AGENT.appendTo(coLocated)), relayed(Site.old(), coLocated));
    }

    @Test
    void relaysARetransmissionAgain() {
        var agent = new ForeignAgent(POLICY);

        assertEquals(relayed(agent, MESSAGE), relayed(agent, MESSAGE));
        assertEquals(1, agent.pending().size());
    }

    @Test
    @DisplayName(
            "docs/handover.md, AGAIN: what repeats a request is checked as that, and no request to who knows no handovers")
    void relaysWhatIsSentAgain() {
        var agent = new ForeignAgent(POLICY);
        var relayed = relayed(agent, MESSAGE);

        var again = relayed.stream()
                .map(request -> RepeatedRequest.encode(request, DEFAULT_ENTERPRISE_NUMBER))
                .toList();
        assertEquals(again, relayedAgain(agent, MESSAGE, DEFAULT_ENTERPRISE_NUMBER));
        assertEquals(again, relayedAgain(new ForeignAgent(POLICY), MESSAGE, DEFAULT_ENTERPRISE_NUMBER));
        assertEquals(1, agent.pending().size());
        assertEquals(List.of(), relayedAgain(agent, MESSAGE, DEFAULT_ENTERPRISE_NUMBER + 1));
        assertEquals(List.of(), relayedAgain(agent, MESSAGE.slice(0, 30), DEFAULT_ENTERPRISE_NUMBER));
        var elsewhere = sealed(withCareOfAddress(request(), Ipv4Address.of("198.51.100.3")));
        assertEquals(List.of(), relayedAgain(agent, elsewhere, DEFAULT_ENTERPRISE_NUMBER));
    }

    private static List<Octets> relayedAgain(ForeignAgent agent, Octets message, int enterpriseNumber) {
        var again = RepeatedRequest.encode(message, enterpriseNumber);
        return relayed(agent.handle(new Event.RepeatedRequestReceived(NOW, ORIGIN, again)));
    }

    @Test
    @DisplayName("§3.7.2: an entry that is there stays as it is until the reply")
    void keepsTheVisitor() {
        var agent = new ForeignAgent(POLICY);
        var visitor = serve(agent, NOW, request(), 300);

        agent.handle(requestReceived(NOW.plusSeconds(100), sealed(request(HOME, 0, ID.next()))));

        assertEquals(List.of(visitor), agent.visitors());
    }

    private static List<Octets> relayed(ForeignAgent agent, Octets message) {
        return relayed(agent.handle(requestReceived(NOW, message)));
    }

    private static List<Octets> relayed(List<Action> actions) {
        return actions.stream()
                .filter(Action.RelayToHomeAgent.class::isInstance)
                .map(action -> ((Action.RelayToHomeAgent) action).message())
                .toList();
    }
}
