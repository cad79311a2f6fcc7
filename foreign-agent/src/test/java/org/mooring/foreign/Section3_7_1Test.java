package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.foreign.Event.Timer.Purpose.PENDING_REQUEST;
import static org.mooring.foreign.Event.Timer.Purpose.VISITOR;
import static org.mooring.foreign.Site.*;
import static org.mooring.protocol.handover.HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.datapath.Encapsulation;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.Policy.Compatibility;
import org.mooring.foreign.Policy.ReverseTunnel;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("RFC 3344 §3.7.1 Configuration and Registration Tables")
class Section3_7_1Test {
    private final ForeignAgent agent = new ForeignAgent(POLICY);

    @Test
    void deniesWithCode66WhenTooManyRequestsArePending() {
        for (int host = 1; host <= POLICY.maxPending(); host++) {
            agent.handle(requestReceived(NOW, sealed(request(Ipv4Address.of("10.1.1." + host), 300, ID))));
        }

        var actions = agent.handle(requestReceived(NOW, sealed(request())));

        assertEquals(
                Optional.of(ReplyCode.FA_INSUFFICIENT_RESOURCES),
                denial(actions).map(RegistrationReply::code));
        assertEquals(POLICY.maxPending(), agent.pending().size());
    }

    @Test
    void aNewerRequestTakesTheOlderOnesPlace() {
        for (int host = 1; host < POLICY.maxPending(); host++) {
            agent.handle(requestReceived(NOW, sealed(request(Ipv4Address.of("10.1.1." + host), 300, ID))));
        }
        agent.handle(requestReceived(NOW, sealed(request())));
        var later = NOW.plusSeconds(1);
        var newer = request(HOME, 300, ID.next());

        agent.handle(requestReceived(later, sealed(newer)));

        assertEquals(POLICY.maxPending(), agent.pending().size());
        assertEquals(
                List.of(newer.identification()),
                agent.pending().stream()
                        .map(pending -> pending.request().identification())
                        .filter(id -> !id.equals(ID))
                        .toList());
    }

    @Test
    void deniesWithCode78WhatIsPendingForSevenSeconds() {
        agent.handle(requestReceived(NOW, sealed(request())));
        var deadline = NOW.plusSeconds(7);

        var actions = agent.handle(pendingTimer(deadline));

        assertEquals(Optional.of(reply(request(), ReplyCode.FA_REGISTRATION_TIMEOUT, 300)), denial(actions));
        assertEquals(List.of(), agent.pending());
    }

    @Test
    @DisplayName("§3.7.2.2: no request is pending longer than the lifetime it asks for")
    void isPendingNoLongerThanItsLifetime() {
        agent.handle(requestReceived(NOW, sealed(request(HOME, 3, ID))));

        assertEquals(
                Optional.of(ReplyCode.FA_REGISTRATION_TIMEOUT),
                denial(agent.handle(pendingTimer(NOW.plusSeconds(3)))).map(RegistrationReply::code));
        assertEquals(List.of(), agent.pending());
    }

    @Test
    void aStaleTimerIsArmedAnew() {
        agent.handle(requestReceived(NOW, sealed(request())));
        agent.handle(requestReceived(NOW.plusSeconds(3), sealed(request(HOME, 300, ID.next()))));

        assertEquals(
                List.of(new Action.ArmTimer(new Timer(PENDING_REQUEST, HOME), NOW.plusSeconds(10))),
                agent.handle(pendingTimer(NOW.plusSeconds(7))));
        assertEquals(1, agent.pending().size());
    }

    @Test
    @DisplayName(
            "who sends in a mobile node's name from another station takes its place neither in the list nor with the home agent")
    void anotherStationTakesNobodysPlace() {
        agent.handle(requestReceived(NOW, sealed(request())));
        agent.handle(requestReceived(NOW.plusSeconds(1), station(66), sealed(request(HOME, 300, ID.next()))));

        var replies = agent.handle(
                replyReceived(NOW.plusSeconds(2), sealed(reply(request(), ReplyCode.HA_INSUFFICIENT_RESOURCES, 300))));

        assertEquals(
                List.of(MAC),
                replies.stream()
                        .filter(Action.SendToVisitor.class::isInstance)
                        .map(action -> ((Action.SendToVisitor) action).linkAddress())
                        .toList());
        assertEquals(
                List.of(ID.next()),
                agent.pending().stream()
                        .map(pending -> pending.request().identification())
                        .toList());
    }

    @Test
    @DisplayName("each of two that wait under one home address is given up at its own time")
    void eachIsGivenUpAtItsOwnTime() {
        agent.handle(requestReceived(NOW, sealed(request())));
        var second =
                agent.handle(requestReceived(NOW.plusSeconds(1), station(66), sealed(request(HOME, 300, ID.next()))));

        var first = agent.handle(pendingTimer(NOW.plusSeconds(7)));
        agent.handle(pendingTimer(NOW.plusSeconds(8)));

        assertEquals(
                new Action.ArmTimer(new Timer(PENDING_REQUEST, HOME), NOW.plusSeconds(7)),
                deeds(second).get(0));
        assertEquals(
                List.of(new Action.ArmTimer(new Timer(PENDING_REQUEST, HOME), NOW.plusSeconds(8))),
                first.stream().filter(Action.ArmTimer.class::isInstance).toList());
        assertEquals(List.of(), agent.pending());
    }

    @Test
    @DisplayName("a station that floods the list makes room for others, its oldest first, and gets no more for itself")
    void oneStationsFloodLeavesRoomForOthers() {
        for (int host = 1; host < POLICY.maxPending(); host++) {
            agent.handle(requestReceived(NOW, station(66), stranger(host)));
        }
        agent.handle(requestReceived(NOW, station(1), stranger(99)));
        var denied = agent.handle(requestReceived(NOW, station(66), stranger(5)));

        var admitted = agent.handle(requestReceived(NOW, sealed(request())));

        assertEquals(
                Optional.of(ReplyCode.FA_INSUFFICIENT_RESOURCES), denial(denied).map(RegistrationReply::code));
        assertEquals(Optional.of(Ipv4Address.of("10.1.1.1")), denial(admitted).map(RegistrationReply::homeAddress));
        assertEquals(List.of("10.1.0.50", "10.1.1.2", "10.1.1.3", "10.1.1.4", "10.1.1.99"), waiting());
    }

    @Test
    @DisplayName("where each comes from a station of its own, who has waited longest gives way")
    void whoHasWaitedLongestGivesWay() {
        for (int host = 1; host <= POLICY.maxPending(); host++) {
            agent.handle(requestReceived(NOW, station(host), stranger(host)));
        }
        agent.handle(requestReceived(NOW, station(1), stranger(1)));

        agent.handle(requestReceived(NOW, sealed(request())));

        assertEquals(List.of("10.1.0.50", "10.1.1.1", "10.1.1.3", "10.1.1.4", "10.1.1.5"), waiting());
    }

    @Test
    @DisplayName("one of the six is denied, with 66: who has waited longest")
    void whoGivesWayHearsOfIt() {
        for (int host = 1; host <= POLICY.maxPending(); host++) {
            agent.handle(requestReceived(NOW, station(host), stranger(host)));
        }

        var actions = agent.handle(requestReceived(NOW, sealed(request())));

        var denied = denial(actions).orElseThrow();
        assertEquals(ReplyCode.FA_INSUFFICIENT_RESOURCES, denied.code());
        assertEquals(Ipv4Address.of("10.1.1.1"), denied.homeAddress());
    }

    @Test
    @DisplayName(
            "T72 with RFC 3344: the sixth is denied with 66, whichever station it comes from, and none of the five gives way")
    void theOneMoreIsDeniedWithRfc3344() {
        var strict = new ForeignAgent(
                policy(Compatibility.RFC3344, ReverseTunnel.OPTIONAL, Advertising.ON_SOLICITATION, Map.of()));
        var five = List.of("10.1.1.1", "10.1.1.2", "10.1.1.3", "10.1.1.4", "10.1.1.5");
        for (int host = 1; host <= five.size(); host++) {
            assertEquals(Optional.empty(), denial(strict.handle(requestReceived(NOW, station(host), stranger(host)))));
        }

        var sixth = strict.handle(requestReceived(NOW, sealed(request())));
        var again = strict.handle(requestReceived(NOW, station(1), stranger(1)));

        var denied = denial(sixth).orElseThrow();
        assertEquals(ReplyCode.FA_INSUFFICIENT_RESOURCES, denied.code());
        assertEquals(HOME, denied.homeAddress());
        assertEquals(Optional.empty(), denial(again));
        assertEquals(five, waiting(strict));
    }

    @Test
    @DisplayName("with RFC 3344 a visitor's renewal is denied like others: the text knows no exception")
    void aVisitorIsDeniedLikeOthersWithRfc3344() {
        var strict = new ForeignAgent(
                policy(Compatibility.RFC3344, ReverseTunnel.OPTIONAL, Advertising.ON_SOLICITATION, Map.of()));
        serve(strict, NOW, request(), 300);
        for (int host = 1; host <= POLICY.maxPending(); host++) {
            strict.handle(requestReceived(NOW, station(host), stranger(host)));
        }

        var denied = denial(strict.handle(requestReceived(NOW, sealed(request(HOME, 300, ID.next())))));

        assertEquals(Optional.of(ReplyCode.FA_INSUFFICIENT_RESOURCES), denied.map(RegistrationReply::code));
        assertEquals(List.of("10.1.1.1", "10.1.1.2", "10.1.1.3", "10.1.1.4", "10.1.1.5"), waiting(strict));
    }

    @Test
    @DisplayName("who is served already finds a place, and keeps it, whoever else asks")
    void aVisitorsRenewalIsNotCrowdedOut() {
        serve(agent, NOW, request(), 300);
        for (int host = 1; host <= POLICY.maxPending(); host++) {
            agent.handle(requestReceived(NOW, station(host), stranger(host)));
        }
        agent.handle(requestReceived(NOW, sealed(request(HOME, 300, ID.next()))));
        for (int host = 11; host <= 20; host++) {
            agent.handle(requestReceived(NOW, station(host), stranger(host)));
        }

        assertEquals(List.of("10.1.0.50", "10.1.1.17", "10.1.1.18", "10.1.1.19", "10.1.1.20"), waiting());
    }

    @Test
    @DisplayName("who claims to be served, from another station, is a stranger like others")
    void anImpostorIsAStranger() {
        serve(agent, NOW, request(), 300);
        agent.handle(requestReceived(NOW, station(66), sealed(request(HOME, 300, ID.next()))));
        for (int host = 1; host <= POLICY.maxPending(); host++) {
            agent.handle(requestReceived(NOW, station(host), stranger(host)));
        }

        assertEquals(List.of("10.1.1.1", "10.1.1.2", "10.1.1.3", "10.1.1.4", "10.1.1.5"), waiting());
    }

    @Test
    @DisplayName("where all that wait are served already, a stranger is denied with code 66")
    void noVisitorGivesWay() {
        for (int host = 1; host <= POLICY.maxPending(); host++) {
            serve(agent, NOW, request(Ipv4Address.of("10.1.1." + host), 300, ID), 300);
            agent.handle(requestReceived(NOW, sealed(request(Ipv4Address.of("10.1.1." + host), 300, ID.next()))));
        }

        var denied = agent.handle(requestReceived(NOW, station(66), sealed(request())));

        assertEquals(
                Optional.of(ReplyCode.FA_INSUFFICIENT_RESOURCES), denial(denied).map(RegistrationReply::code));
        assertEquals(POLICY.maxPending(), agent.pending().size());
    }

    private static Origin station(int number) {
        return new Origin(LINK, Octets.ofHex("0200000000%02x".formatted(number)), HOME, PORT, LINK_ADDRESS, 255);
    }

    private static Octets stranger(int host) {
        return sealed(request(Ipv4Address.of("10.1.1." + host), 300, ID));
    }

    private List<String> waiting() {
        return waiting(agent);
    }

    private static List<String> waiting(ForeignAgent agent) {
        return agent.pending().stream()
                .map(pending -> pending.request().homeAddress().toString())
                .toList();
    }

    @Test
    void theVisitorListIsBounded() {
        for (int host = 1; host <= POLICY.maxVisitors(); host++) {
            serve(agent, NOW, request(Ipv4Address.of("10.1.1." + host), 300, ID), 300);
        }

        var denied = agent.handle(requestReceived(NOW, sealed(request())));
        var renewed = agent.handle(requestReceived(NOW, sealed(request(Ipv4Address.of("10.1.1.1"), 300, ID.next()))));

        assertEquals(
                Optional.of(ReplyCode.FA_INSUFFICIENT_RESOURCES), denial(denied).map(RegistrationReply::code));
        assertEquals(Optional.empty(), denial(renewed));
    }

    @Test
    void aStationIsServedForOneHomeAgentOnly() {
        var other = Ipv4Address.of("10.9.0.1");
        var open = new ForeignAgent(new Policy(
                CARE_OF,
                POLICY.links(),
                MAX_LIFETIME,
                5,
                10,
                DEFAULT_ENTERPRISE_NUMBER,
                false,
                POLICY.mobileNodes(),
                POLICY.homeAgents()));
        serve(open, NOW, request(), 300);

        var actions = open.handle(requestReceived(NOW, sealed(withHomeAgent(request(), other))));

        assertEquals(
                Optional.of(ReplyCode.FA_INSUFFICIENT_RESOURCES),
                denial(actions).map(RegistrationReply::code));
    }

    @Test
    @DisplayName("§3.7: an entry that expires is deleted, and nobody is told")
    void expires() {
        var visitor = serve(agent, NOW, request(), 300);

        var early = agent.handle(visitorTimer(NOW.plusSeconds(299)));
        var due = agent.handle(visitorTimer(NOW.plusSeconds(300)));

        assertEquals(List.of(), early);
        assertEquals(
                List.of(
                        new Action.RemoveVisitor(HOME),
                        new Action.ForgetVisitor(HOME),
                        new Action.Report(new Fact.VisitorLeft(visitor.homeAddress(), Fact.VisitorLeft.Why.EXPIRED))),
                due);
        assertEquals(List.of(), agent.visitors());
    }

    @Test
    void doesNotExpireWhileItsRenewalIsWithTheKernel() {
        serve(agent, NOW, request(), 300);
        var due = NOW.plusSeconds(300);
        var renewal = request(HOME, 300, ID.next());
        agent.handle(requestReceived(due.minusMillis(20), sealed(renewal)));
        agent.handle(replyReceived(due.minusMillis(10), sealed(reply(renewal, ReplyCode.ACCEPTED, 300))));

        assertEquals(
                List.of(new Action.ArmTimer(new Timer(VISITOR, HOME), due.plusSeconds(1))),
                agent.handle(visitorTimer(due)));

        agent.handle(new Event.VisitorInstalled(
                due, visitor(renewal, due.minusMillis(10).plusSeconds(300))));
        assertEquals(List.of(), agent.handle(visitorTimer(due.plusSeconds(1))));
        assertEquals(1, agent.visitors().size());
    }

    @Test
    @DisplayName("After a restart the visitors are served until they expire")
    void restores() {
        var alive = visitor(request(), NOW.plusSeconds(60));
        var forEver = visitor(request(Ipv4Address.of("10.1.0.51"), 0xffff, ID), Visitor.NEVER);
        var expired = visitor(request(Ipv4Address.of("10.1.0.52"), 300, ID), NOW);
        var unlinked = new Visitor(
                Ipv4Address.of("10.1.0.53"),
                "gone",
                MAC,
                HOME_AGENT,
                CARE_OF,
                Encapsulation.IPIP,
                true,
                Optional.empty(),
                asked(60),
                ID,
                NOW.plusSeconds(60),
                Optional.empty(),
                Optional.empty());

        var movedAway = new Visitor(
                Ipv4Address.of("10.1.0.54"),
                LINK,
                MAC,
                HOME_AGENT,
                Ipv4Address.of("198.51.100.3"),
                Encapsulation.IPIP,
                true,
                Optional.empty(),
                asked(60),
                ID,
                NOW.plusSeconds(60),
                Optional.empty(),
                Optional.empty());

        var actions = agent.handle(new Event.Restored(NOW, List.of(alive, forEver, expired, unlinked, movedAway)));

        assertEquals(
                List.of(
                        new Action.ArmTimer(new Timer(VISITOR, HOME), NOW.plusSeconds(60)),
                        new Action.ForgetVisitor(expired.homeAddress()),
                        new Action.ForgetVisitor(unlinked.homeAddress()),
                        new Action.ForgetVisitor(movedAway.homeAddress()),
                        new Action.Report(new Fact.VisitorsRestored(2, 3))),
                actions);
        assertEquals(List.of(alive, forEver), agent.visitors());
        assertEquals(
                List.of(new Action.RemoveVisitor(HOME), new Action.ForgetVisitor(HOME)),
                deeds(agent.handle(visitorTimer(NOW.plusSeconds(60)))));
    }

    @Test
    void anotherPolicyAppliesToTheNextRequest() {
        agent.handle(new Event.PolicyChanged(
                NOW,
                new Policy(
                        CARE_OF,
                        POLICY.links(),
                        60,
                        5,
                        10,
                        DEFAULT_ENTERPRISE_NUMBER,
                        true,
                        POLICY.mobileNodes(),
                        POLICY.homeAgents())));

        var actions = agent.handle(requestReceived(NOW, sealed(request(HOME, 61, Identification.of(1, 1)))));

        assertEquals(
                Optional.of(ReplyCode.FA_LIFETIME_TOO_LONG), denial(actions).map(RegistrationReply::code));
    }

    private static Event pendingTimer(Instant at) {
        return new Event.TimerFired(at, new Timer(PENDING_REQUEST, HOME));
    }

    private static Event visitorTimer(Instant at) {
        return new Event.TimerFired(at, new Timer(VISITOR, HOME));
    }
}
