package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.foreign.Event.Timer.Purpose.VISITOR;
import static org.mooring.foreign.Site.*;
import static org.mooring.protocol.handover.HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.datapath.Encapsulation;
import org.mooring.foreign.Event.Timer;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.ForeignAgentError;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationMessage;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("RFC 3344 §3.7.3 Receiving Registration Replies")
class Section3_7_3Test {
    private static final RegistrationReply ACCEPTED = reply(request(), ReplyCode.ACCEPTED, 300);

    private final ForeignAgent agent = new ForeignAgent(POLICY);
    private Identification ids = ID;

    @Test
    void installsThenStoresTheVisitorThenRelaysTheReply() {
        var visitor = visitor(request(), NOW.plusSeconds(300));
        agent.handle(requestReceived(NOW, sealed(request())));

        var received = agent.handle(replyReceived(NOW, sealed(ACCEPTED)));
        var installed = agent.handle(new Event.VisitorInstalled(NOW, visitor));
        var stored = agent.handle(new Event.VisitorStored(NOW, visitor));

        assertEquals(List.of(new Action.InstallVisitor(visitor)), received);
        assertEquals(
                List.of(
                        new Action.ArmTimer(new Timer(VISITOR, HOME), NOW.plusSeconds(300)),
                        new Action.Report(new Fact.VisitorServed(visitor, false)),
                        new Action.StoreVisitor(visitor)),
                installed);
        assertEquals(
                List.of(
                        toVisitor(Seal.encode(ACCEPTED, BY_HOME_AGENT)),
                        new Action.Report(new Fact.ReplyRelayed(HOME, HOME_AGENT, ReplyCode.ACCEPTED, 300))),
                stored);
        assertEquals(List.of(visitor), agent.visitors());
        assertEquals(List.of(), agent.pending());
    }

    @Test
    void tellsTheMobileNodeWithCode66WhenTheKernelRefuses() {
        var visitor = visitor(request(), NOW.plusSeconds(300));
        agent.handle(requestReceived(NOW, sealed(request())));
        agent.handle(replyReceived(NOW, sealed(ACCEPTED)));

        var actions = agent.handle(new Event.VisitorNotInstalled(NOW, visitor, "no space left on device"));

        assertEquals(
                Optional.of(ReplyCode.FA_INSUFFICIENT_RESOURCES),
                denial(actions)
                        .flatMap(reply -> reply.extension(ForeignAgentError.class))
                        .map(ForeignAgentError::code));
        assertEquals(
                new Fact.KernelRefused(HOME, "install", "no space left on device"),
                facts(actions).get(0));
        assertEquals(List.of(), agent.visitors());
    }

    @Test
    void tellsTheOperatorWhatTheKernelRefusesToTakeBack() {
        assertEquals(
                List.of(new Action.Report(new Fact.KernelRefused(HOME, "remove", "busy"))),
                agent.handle(new Event.VisitorNotRemoved(NOW, HOME, "busy")));
        assertEquals(
                List.of(new Action.Report(new Fact.KernelRefused(HOME, "unstage", "busy"))),
                agent.handle(new Event.VisitorNotUnstaged(NOW, HOME, "busy")));
    }

    @Test
    void servesAVisitorThatCannotBeStored() {
        var visitor = visitor(request(), NOW.plusSeconds(300));
        agent.handle(requestReceived(NOW, sealed(request())));
        agent.handle(replyReceived(NOW, sealed(ACCEPTED)));
        agent.handle(new Event.VisitorInstalled(NOW, visitor));

        var actions = agent.handle(new Event.VisitorNotStored(NOW, visitor, "disk full"));

        assertEquals(List.of(toVisitor(Seal.encode(ACCEPTED, BY_HOME_AGENT))), deeds(actions));
        assertEquals(new Fact.NotStored(HOME, "disk full"), facts(actions).get(0));
    }

    @Test
    @DisplayName("§3.7.3.1: discards a reply that no request waits for")
    void discardsAnUnexpectedReply() {
        assertEquals(
                List.of(new Action.Report(new Fact.Discarded(HOME_AGENT.toString(), Fact.Discard.NO_PENDING_REQUEST))),
                agent.handle(replyReceived(NOW, sealed(ACCEPTED))));
    }

    @Test
    @DisplayName("§3.7.3.1: discards a reply whose Identification has another low half")
    void discardsAReplyToAnotherRequest() {
        agent.handle(requestReceived(NOW, sealed(request())));
        var other = new RegistrationReply(
                ReplyCode.ACCEPTED, 300, HOME, HOME_AGENT, Identification.of(ID.high(), ID.low() + 1), List.of());

        assertDiscarded(Fact.Discard.REPLY_DOES_NOT_MATCH, agent.handle(replyReceived(NOW, sealed(other))));
    }

    @Test
    @DisplayName("§3.7.3.1: the high half of the Identification does not matter")
    void acceptsAnotherHighHalf() {
        agent.handle(requestReceived(NOW, sealed(request())));
        var mismatch = new RegistrationReply(
                ReplyCode.HA_IDENTIFICATION_MISMATCH, 300, HOME, HOME_AGENT, ID.withHigh(1), List.of());

        var actions = agent.handle(replyReceived(NOW, sealed(mismatch)));

        assertEquals(List.of(toVisitor(Seal.encode(mismatch, BY_HOME_AGENT))), deeds(actions));
    }

    @Test
    @DisplayName("§3.8.3.1: discards a reply from elsewhere than the home agent")
    void discardsAReplyFromElsewhere() {
        agent.handle(requestReceived(NOW, sealed(request())));

        var actions = agent.handle(new Event.ReplyReceived(
                NOW, Ipv4Address.of("203.0.113.9"), RegistrationCodec.decode(sealed(ACCEPTED))));

        assertEquals(
                List.of(new Action.Report(new Fact.Discarded("203.0.113.9", Fact.Discard.REPLY_DOES_NOT_MATCH))),
                actions);
        assertEquals(1, agent.pending().size());
    }

    @Test
    @DisplayName("§1.8: discards a reply that cannot be read, and a request")
    void discardsWhatIsNoReply() {
        assertEquals(
                List.of(new Action.Report(
                        new Fact.Unreadable(HOME_AGENT.toString(), Decoded.Reason.UNKNOWN_MESSAGE_TYPE, 0))),
                agent.handle(replyReceived(NOW, Octets.ofHex("0800"))));
        assertDiscarded(Fact.Discard.UNEXPECTED_MESSAGE, agent.handle(replyReceived(NOW, sealed(request()))));
    }

    @Test
    @DisplayName("§3.7.3.1: denies with code 68 without a valid Foreign-Home extension where an association is shared")
    void homeAgentFailsAuthentication() {
        for (var message : List.of(
                Seal.encode(ACCEPTED, BY_HOME_AGENT),
                new Seal(Kind.FOREIGN_HOME, association(0x1001, "00")).appendTo(Seal.encode(ACCEPTED, BY_HOME_AGENT)),
                FOR_FOREIGN_AGENT.appendTo(sealed(ACCEPTED)))) {
            var agent = new ForeignAgent(POLICY);
            agent.handle(requestReceived(NOW, sealed(request())));

            var actions = agent.handle(replyReceived(NOW, message));

            assertEquals(
                    Optional.of(reply(request(), ReplyCode.FA_HOME_AGENT_FAILED_AUTHENTICATION, 300)), denial(actions));
            assertEquals(List.of(), agent.pending());
        }
    }

    @Test
    @DisplayName("§3.7.3.1 before RFC 5944: the reply to a deregistration needs a Foreign-Home extension")
    void deregistrationNeedsAForeignHomeExtensionForRfc3344() {
        var old = Site.old();
        var deregistration = withCareOfAddress(request(HOME, 0, ID), CARE_OF);
        old.handle(requestReceived(NOW, sealed(deregistration)));

        var actions = old.handle(
                replyReceived(NOW, Seal.encode(reply(deregistration, ReplyCode.ACCEPTED, 0), BY_HOME_AGENT)));

        assertEquals(
                Optional.of(ReplyCode.FA_HOME_AGENT_FAILED_AUTHENTICATION),
                denial(actions).map(RegistrationReply::code));
    }

    @Test
    @DisplayName("RFC 5944 §3.5.4: the reply to a deregistration needs no Foreign-Home extension, any other does")
    void deregistrationNeedsNoForeignHomeExtension() {
        serve(agent, NOW, request(), 300);
        var deregistration = request(HOME, 0, ID.next());
        var reply = Seal.encode(reply(deregistration, ReplyCode.ACCEPTED, 0), BY_HOME_AGENT);
        agent.handle(requestReceived(NOW, sealed(deregistration)));

        assertEquals(
                List.of(new Action.RemoveVisitor(HOME), new Action.ForgetVisitor(HOME), toVisitor(reply)),
                deeds(agent.handle(replyReceived(NOW, reply))));

        var registration = request(HOME, 300, ID.next().next());
        agent.handle(requestReceived(NOW, sealed(registration)));
        var forged = agent.handle(
                replyReceived(NOW, Seal.encode(reply(registration, ReplyCode.ACCEPTED, 0), BY_HOME_AGENT)));
        assertEquals(
                Optional.of(ReplyCode.FA_HOME_AGENT_FAILED_AUTHENTICATION),
                denial(forged).map(RegistrationReply::code));
    }

    @Test
    @DisplayName("§3.6.1.2: a home agent that was looked for by its network's broadcast address tells its own")
    void relaysTheWordOfAHomeAgentThatWasLookedFor() {
        var open = new ForeignAgent(new Policy(
                CARE_OF,
                POLICY.links(),
                MAX_LIFETIME,
                5,
                10,
                DEFAULT_ENTERPRISE_NUMBER,
                false,
                Map.of(),
                POLICY.homeAgents()));
        var looking = withHomeAgent(request(), Ipv4Address.of("10.1.0.255"));
        open.handle(requestReceived(NOW, sealed(looking)));

        assertDiscarded(
                Fact.Discard.REPLY_DOES_NOT_MATCH,
                open.handle(replyReceived(NOW, sealed(withCode(looking, ReplyCode.ACCEPTED, HOME_AGENT)))));
        assertDiscarded(
                Fact.Discard.REPLY_DOES_NOT_MATCH,
                open.handle(replyReceived(
                        NOW,
                        sealed(withCode(
                                looking, ReplyCode.HA_UNKNOWN_HOME_AGENT_ADDRESS, Ipv4Address.of("10.1.0.2"))))));
        var told = withCode(looking, ReplyCode.HA_UNKNOWN_HOME_AGENT_ADDRESS, HOME_AGENT);
        assertEquals(
                List.of(toVisitor(Seal.encode(told, BY_HOME_AGENT))),
                deeds(open.handle(replyReceived(NOW, sealed(told)))));
    }

    @Test
    @DisplayName("RFC 5944 §3.5.4: the association is that with the home agent that answers")
    void aHomeAgentThatWasLookedForAuthenticatesItself() {
        var other = new Seal(Kind.FOREIGN_HOME, association(0x1002, "77"));
        var looking = withHomeAgent(request(), Ipv4Address.of("10.1.0.255"));
        var told = withCode(looking, ReplyCode.HA_UNKNOWN_HOME_AGENT_ADDRESS, HOME_AGENT);
        var knowing = new ForeignAgent(new Policy(
                CARE_OF,
                POLICY.links(),
                MAX_LIFETIME,
                5,
                10,
                DEFAULT_ENTERPRISE_NUMBER,
                false,
                Map.of(),
                Map.of(HOME_AGENT, List.of(FOREIGN_HOME), looking.homeAgent(), List.of(association(0x1002, "77")))));
        knowing.handle(requestReceived(NOW, sealed(looking)));

        assertEquals(
                Optional.of(ReplyCode.FA_HOME_AGENT_FAILED_AUTHENTICATION),
                denial(knowing.handle(replyReceived(NOW, Seal.encode(told, BY_HOME_AGENT, other))))
                        .map(RegistrationReply::code));
        knowing.handle(requestReceived(NOW.plusSeconds(1), sealed(looking)));
        assertEquals(
                Optional.of(told.code()),
                denial(knowing.handle(replyReceived(NOW.plusSeconds(1), sealed(told))))
                        .map(RegistrationReply::code));
    }

    @Test
    @DisplayName(
            "RFC 5944 §3.5.4: the association is that with the home agent which the reply names, wherever that comes from")
    void theHomeAgentFieldSelectsTheAssociation() {
        var other = Ipv4Address.of("10.1.0.2");
        var shared = association(0x1002, "77");
        var knowing = new Policy(
                CARE_OF,
                POLICY.links(),
                MAX_LIFETIME,
                5,
                10,
                DEFAULT_ENTERPRISE_NUMBER,
                false,
                Map.of(),
                Map.of(HOME_AGENT, List.of(FOREIGN_HOME), other, List.of(shared)));
        var byOther = new Seal(Kind.FOREIGN_HOME, shared);

        assertEquals(Optional.empty(), code(knowing, other, byOther));
        assertEquals(
                Optional.of(ReplyCode.FA_HOME_AGENT_FAILED_AUTHENTICATION), code(knowing, other, FOR_FOREIGN_AGENT));
        assertEquals(Optional.of(ReplyCode.FA_HOME_AGENT_FAILED_AUTHENTICATION), code(knowing, HOME_AGENT, byOther));
    }

    @Test
    @DisplayName(
            "and where none is shared with that one, whom the reply comes from authenticates it: no name gets around that")
    void aStrangersNameExcusesNobody() {
        var stranger = Ipv4Address.of("10.1.0.3");

        assertEquals(Optional.empty(), code(POLICY, stranger, FOR_FOREIGN_AGENT));
        assertEquals(Optional.of(ReplyCode.FA_HOME_AGENT_FAILED_AUTHENTICATION), code(POLICY, stranger));
        assertEquals(
                Optional.of(ReplyCode.FA_MISSING_HOME_AGENT), code(POLICY, Ipv4Address.UNSPECIFIED, FOR_FOREIGN_AGENT));
    }

    /** With which code the mobile node is denied when {@link #HOME_AGENT} answers that {@code named} has accepted; empty: it isn't. */
    private static Optional<ReplyCode> code(Policy policy, Ipv4Address named, Seal... forForeignAgent) {
        var agent = new ForeignAgent(policy);
        agent.handle(requestReceived(NOW, sealed(request())));
        var message = Seal.encode(reply(withHomeAgent(request(), named), ReplyCode.ACCEPTED, 300), BY_HOME_AGENT);
        for (var seal : forForeignAgent) {
            message = seal.appendTo(message);
        }
        return denial(agent.handle(replyReceived(NOW, message))).map(RegistrationReply::code);
    }

    private static RegistrationReply withCode(RegistrationRequest request, ReplyCode code, Ipv4Address homeAgent) {
        return new RegistrationReply(code, 0, request.homeAddress(), homeAgent, request.identification(), List.of());
    }

    @Test
    @DisplayName("RFC 2794 §3: denies with code 97 when the reply lacks the request's NAI")
    void missingNai() {
        var request = withExtensions(request(), Nai.of("vm42@site-a.example"));
        agent.handle(requestReceived(NOW, sealed(request)));

        assertEquals(
                Optional.of(ReplyCode.FA_MISSING_NAI),
                denial(agent.handle(replyReceived(NOW, sealed(ACCEPTED)))).map(RegistrationReply::code));
    }

    @Test
    @DisplayName("RFC 2794 §3: denies with code 98 when the reply names no home agent")
    void missingHomeAgent() {
        agent.handle(requestReceived(NOW, sealed(request())));
        var reply = new RegistrationReply(ReplyCode.ACCEPTED, 300, HOME, Ipv4Address.UNSPECIFIED, ID, List.of());

        assertEquals(
                Optional.of(ReplyCode.FA_MISSING_HOME_AGENT),
                denial(agent.handle(replyReceived(NOW, sealed(reply)))).map(RegistrationReply::code));
    }

    @Test
    @DisplayName("§3.4: denies with code 71 when the reply has nothing that the mobile node can verify")
    void poorlyFormedReply() {
        agent.handle(requestReceived(NOW, sealed(request())));
        var reply = Seal.encode(ACCEPTED, FOR_FOREIGN_AGENT);

        assertEquals(
                Optional.of(ReplyCode.FA_POORLY_FORMED_REPLY),
                denial(agent.handle(replyReceived(NOW, reply))).map(RegistrationReply::code));
    }

    @Test
    @DisplayName("RFC 2794 §3: denies with code 99 when the reply names no home address, whose ever it is")
    void missingHomeAddress() {
        agent.handle(requestReceived(NOW, sealed(request())));
        var reply = new RegistrationReply(ReplyCode.ACCEPTED, 300, Ipv4Address.UNSPECIFIED, HOME_AGENT, ID, List.of());

        var denial = denial(agent.handle(replyReceived(NOW, sealed(reply))));

        assertEquals(Optional.of(ReplyCode.FA_MISSING_HOME_ADDRESS), denial.map(RegistrationReply::code));
        assertEquals(Optional.of(HOME), denial.map(RegistrationReply::homeAddress));
    }

    @Test
    @DisplayName("RFC 3115 §2.4: denies with code 101 when a critical vendor extension is unknown")
    void unknownCriticalVendorExtension() {
        agent.handle(requestReceived(NOW, sealed(request())));
        var reply = withExtension(ACCEPTED, new CriticalVendorSpecific(4711, 1, Octets.EMPTY));

        assertEquals(
                Optional.of(ReplyCode.FA_UNKNOWN_CVSE_FROM_HOME_AGENT),
                denial(agent.handle(replyReceived(NOW, sealed(reply)))).map(RegistrationReply::code));
    }

    @ParameterizedTest(name = "granted {0} s: {1} s")
    @CsvSource({"300, 300", "1800, 1800", "3600, 1800", "65535, 1800"})
    @DisplayName("§3.7.3.2: a visitor's lifetime is the granted one, or our maximum")
    void lifetime(int granted, int served) {
        assertEquals(
                NOW.plusSeconds(served), serve(agent, NOW, request(), granted).expiry());
    }

    @Test
    @DisplayName("§3.7.3.2: an infinite lifetime never ends")
    void infiniteLifetime() {
        var unlimited = new ForeignAgent(new Policy(
                CARE_OF,
                POLICY.links(),
                RegistrationMessage.INFINITE_LIFETIME,
                5,
                10,
                DEFAULT_ENTERPRISE_NUMBER,
                true,
                Map.of(),
                POLICY.homeAgents()));

        var visitor = serve(unlimited, NOW, request(HOME, 0xffff, ID), 0xffff);

        assertEquals(Visitor.NEVER, visitor.expiry());
    }

    @Test
    @DisplayName("§3.7.3.2: a denied renewal leaves the visitor as it is")
    void deniedRenewal() {
        var visitor = serve(agent, NOW, request(), 300);
        var renewal = request(HOME, 300, ID.next());
        agent.handle(requestReceived(NOW, sealed(renewal)));
        var denied = reply(renewal, ReplyCode.HA_MOBILE_NODE_FAILED_AUTHENTICATION, 300);

        var actions = agent.handle(replyReceived(NOW, sealed(denied)));

        assertEquals(List.of(toVisitor(Seal.encode(denied, BY_HOME_AGENT))), deeds(actions));
        assertEquals(List.of(visitor), agent.visitors());
        assertEquals(List.of(), agent.pending());
    }

    @Test
    @DisplayName("§3.7.3.2: a deregistration of another care-of address leaves the visitor as it is")
    void deregistrationOfAnotherCareOfAddress() {
        var visitor = serve(agent, NOW, request(), 300);
        var elsewhere = withCareOfAddress(request(HOME, 0, ID.next()), Ipv4Address.of("192.0.2.2"));
        agent.handle(requestReceived(NOW, sealed(elsewhere)));

        agent.handle(replyReceived(NOW, sealed(reply(elsewhere, ReplyCode.ACCEPTED, 0))));

        assertEquals(List.of(visitor), agent.visitors());
    }

    @Test
    @DisplayName("§3.7.3.2: a deregistration that overtakes the kernel's answer wins")
    void deregistrationOvertakes() {
        agent.handle(requestReceived(NOW, sealed(request())));
        agent.handle(replyReceived(NOW, sealed(ACCEPTED)));
        var deregistration = withCareOfAddress(request(HOME, 0, ID.next()), HOME);
        agent.handle(requestReceived(NOW, sealed(deregistration)));

        var actions = agent.handle(replyReceived(NOW, sealed(reply(deregistration, ReplyCode.ACCEPTED, 0))));
        var late = agent.handle(new Event.VisitorInstalled(NOW, visitor(request(), NOW.plusSeconds(300))));

        assertEquals(new Action.RemoveVisitor(HOME), actions.get(0));
        assertEquals(List.of(), late);
        assertEquals(List.of(), agent.visitors());
    }

    @Test
    @DisplayName("§3.7.3.2: with a co-located care-of address no tunnel ends here")
    void coLocated() {
        var request = withFlags(
                withCareOfAddress(request(), Ipv4Address.of("10.2.0.77")), Flags.DECAPSULATION_BY_MOBILE_NODE);
        var accepted = reply(request, ReplyCode.ACCEPTED, 300);
        agent.handle(requestReceived(NOW, sealed(request)));

        var actions = agent.handle(replyReceived(NOW, sealed(accepted)));

        assertEquals(
                List.of(
                        new Action.ArmTimer(new Timer(Timer.Purpose.CO_LOCATED_VISITOR, HOME), NOW.plusSeconds(300)),
                        new Action.StoreCoLocated(agent.coLocated().get(0)),
                        toVisitor(Seal.encode(accepted, BY_HOME_AGENT))),
                deeds(actions));
        assertEquals(List.of(), agent.visitors());
    }

    @Test
    @DisplayName("§3.7.1: it is listed with its care-of address until its lifetime is over")
    void coLocatedIsListed() {
        var own = Ipv4Address.of("10.2.0.77");
        serveCoLocated(own);

        var listed = agent.coLocated().get(0);
        assertEquals(
                List.of(HOME, own, HOME_AGENT, LINK, MAC, asked(300), NOW.plusSeconds(300)),
                List.of(
                        listed.homeAddress(),
                        listed.careOfAddress(),
                        listed.homeAgent(),
                        listed.link(),
                        listed.linkAddress(),
                        listed.asked(),
                        listed.expiry()));
        agent.handle(timerFired(NOW.plusSeconds(299)));
        assertEquals(List.of(listed), agent.coLocated());
        var over = agent.handle(timerFired(NOW.plusSeconds(300)));
        assertEquals(List.of(), agent.coLocated());
        assertEquals(List.of(new Action.ForgetCoLocated(listed)), deeds(over));
    }

    @Test
    @DisplayName(
            "§3.7.1: it is listed after a restart, for as long as its lifetime is not over and its link is configured")
    void coLocatedOutlivesARestart() {
        serveCoLocated(Ipv4Address.of("10.2.0.77"));
        var listed = agent.coLocated().get(0);

        var soon = NOW.plusSeconds(299);
        var restarted = new ForeignAgent(POLICY);
        var restored = restarted.handle(restored(soon, listed));
        assertEquals(
                List.of(new Action.ArmTimer(new Timer(Timer.Purpose.CO_LOCATED_VISITOR, HOME), NOW.plusSeconds(300))),
                deeds(restored).stream()
                        .filter(action -> action instanceof Action.ArmTimer || action instanceof Action.ForgetCoLocated)
                        .toList());
        assertEquals(List.of(listed), restarted.coLocated());
        assertEquals(List.of(), restarted.visitors(), "no tunnel ends here");

        var late = new ForeignAgent(POLICY);
        assertTrue(late.handle(restored(NOW.plusSeconds(300), listed)).contains(new Action.ForgetCoLocated(listed)));
        assertEquals(List.of(), late.coLocated());
    }

    private static Event restored(Instant at, Visitor coLocated) {
        return new Event.Restored(at, List.of(), List.of(), List.of(coLocated), List.of());
    }

    private static Event timerFired(Instant at) {
        return new Event.TimerFired(at, new Timer(Timer.Purpose.CO_LOCATED_VISITOR, HOME));
    }

    @Test
    @DisplayName(
            "§3.8.2.1: a deregistration of its care-of address, or of all, takes it off the list; one of another doesn't")
    void coLocatedIsDeregistered() {
        var own = Ipv4Address.of("10.2.0.77");
        serveCoLocated(own);
        deregister(Ipv4Address.of("10.2.0.78"));
        assertEquals(1, agent.coLocated().size());
        deregister(own);
        assertEquals(List.of(), agent.coLocated());
        serveCoLocated(own);
        deregister(HOME);
        assertEquals(List.of(), agent.coLocated());
    }

    @Test
    @DisplayName("§3.7.3.2: one whose registration is denied is not listed")
    void coLocatedIsDenied() {
        var request = coLocated(Ipv4Address.of("10.2.0.77"), 300);
        agent.handle(requestReceived(NOW, sealed(request)));
        agent.handle(replyReceived(NOW, sealed(reply(request, ReplyCode.HA_INSUFFICIENT_RESOURCES, 300))));
        assertEquals(List.of(), agent.coLocated());
    }

    private RegistrationRequest coLocated(Ipv4Address careOfAddress, int lifetime) {
        ids = ids.next();
        return withFlags(
                withCareOfAddress(request(HOME, lifetime, ids), careOfAddress), Flags.DECAPSULATION_BY_MOBILE_NODE);
    }

    private void serveCoLocated(Ipv4Address careOfAddress) {
        var request = coLocated(careOfAddress, 300);
        agent.handle(requestReceived(NOW, sealed(request)));
        agent.handle(replyReceived(NOW, sealed(reply(request, ReplyCode.ACCEPTED, 300))));
    }

    private void deregister(Ipv4Address careOfAddress) {
        var request = coLocated(careOfAddress, 0);
        agent.handle(requestReceived(NOW, sealed(request)));
        agent.handle(replyReceived(NOW, sealed(reply(request, ReplyCode.ACCEPTED, 0))));
    }

    @Test
    @DisplayName("RFC 5944 §3.7.3.1: of two that ask for one home address, the NAI says which is meant")
    void naiTellsRequestsApart() {
        var one = withExtensions(request(), Nai.of("one@example.net"));
        var other = withExtensions(request(), Nai.of("other@example.net"));
        agent.handle(requestReceived(NOW, sealed(one)));
        var fromElsewhere = new Origin(LINK, Octets.ofHex("525400010066"), HOME, PORT, LINK_ADDRESS, 255);
        agent.handle(requestReceived(NOW, fromElsewhere, sealed(other)));

        var denied = new RegistrationReply(
                ReplyCode.HA_INSUFFICIENT_RESOURCES, 300, HOME, HOME_AGENT, ID, List.of(Nai.of("other@example.net")));
        var told = assertInstanceOf(
                Action.SendToVisitor.class,
                deeds(agent.handle(replyReceived(NOW, sealed(denied)))).get(0));

        assertEquals(fromElsewhere.linkAddress(), told.linkAddress());
        assertEquals(
                List.of(ORIGIN),
                agent.pending().stream().map(PendingRequest::origin).toList());
    }

    @Test
    @DisplayName("RFC 5563 §5.3: packets go to the device that the request names, the reply to its sender")
    void deviceIdentifier() {
        var guest = Octets.ofHex("525400010051");
        var request = withExtensions(request(), DeviceId.ethernet(guest));
        agent.handle(requestReceived(NOW, sealed(request)));

        var actions = agent.handle(replyReceived(NOW, sealed(ACCEPTED)));

        var visitor = new Visitor(
                HOME,
                LINK,
                guest,
                HOME_AGENT,
                CARE_OF,
                Encapsulation.IPIP,
                true,
                Optional.empty(),
                asked(300),
                ID,
                NOW.plusSeconds(300),
                Optional.empty(),
                Optional.empty());
        assertEquals(List.of(new Action.InstallVisitor(visitor)), actions);
        agent.handle(new Event.VisitorInstalled(NOW, visitor));
        assertEquals(
                toVisitor(Seal.encode(ACCEPTED, BY_HOME_AGENT)),
                agent.handle(new Event.VisitorStored(NOW, visitor)).get(0));
    }

    @Test
    @DisplayName("RFC 5563 §5: a Device ID behind the mobile-home authentication may be anybody's")
    void uncoveredDeviceIdentifier() {
        var guest = RegistrationCodec.encode(List.of(DeviceId.ethernet(Octets.ofHex("525400010051"))));
        agent.handle(requestReceived(NOW, sealed(request()).concat(guest)));

        var actions = agent.handle(replyReceived(NOW, sealed(ACCEPTED)));

        var installed = assertInstanceOf(Action.InstallVisitor.class, actions.get(0));
        assertEquals(MAC, installed.visitor().linkAddress());
    }

    @Test
    @DisplayName(
            "§3.7.3.2: extensions for us are removed, a Mobile-Foreign one is added where an association is shared")
    void extensions() {
        var shared = new ForeignAgent(new Policy(
                CARE_OF,
                POLICY.links(),
                MAX_LIFETIME,
                5,
                10,
                DEFAULT_ENTERPRISE_NUMBER,
                true,
                Map.of(HOME, List.of(MOBILE_FOREIGN)),
                POLICY.homeAgents()));
        var seal = new Seal(Kind.MOBILE_FOREIGN, MOBILE_FOREIGN);
        shared.handle(requestReceived(NOW, seal.appendTo(sealed(request()))));
        var denied = Seal.encode(reply(request(), ReplyCode.HA_REASON_UNSPECIFIED, 0), BY_HOME_AGENT);

        var actions =
                shared.handle(replyReceived(NOW, FOR_FOREIGN_AGENT.appendTo(denied.concat(Octets.ofHex("c801aa")))));

        assertEquals(List.of(toVisitor(seal.appendTo(denied))), deeds(actions));
    }

    @ParameterizedTest(name = "ICMP type {0}, code {1}: code {2}")
    @CsvSource({"3, 0, 80", "3, 1, 81", "3, 3, 82", "3, 2, 88", "3, 13, 88", "11, 0, 88"})
    void tellsOfAnUnreachableHomeAgent(int type, int code, int replyCode) {
        agent.handle(requestReceived(NOW, sealed(request())));

        var actions = agent.handle(new Event.HomeAgentUnreachable(NOW, HOME_AGENT, type, code, Optional.empty()));

        assertEquals(Optional.of(reply(request(), new ReplyCode(replyCode), 300)), denial(actions));
        assertEquals(List.of(), agent.pending());
    }

    @Test
    void ignoresAnIcmpErrorThatMatchesNoRequest() {
        agent.handle(requestReceived(NOW, sealed(request())));

        assertEquals(
                List.of(),
                agent.handle(new Event.HomeAgentUnreachable(NOW, Ipv4Address.of("10.9.0.1"), 3, 1, Optional.empty())));
        assertEquals(
                List.of(), agent.handle(new Event.HomeAgentUnreachable(NOW, HOME_AGENT, 3, 1, Optional.of(ID.next()))));
        assertEquals(1, agent.pending().size());
    }

    private static void assertDiscarded(Fact.Discard reason, List<Action> actions) {
        assertEquals(List.of(new Action.Report(new Fact.Discarded(HOME_AGENT.toString(), reason))), actions);
    }

    private static RegistrationReply withExtension(RegistrationReply reply, Extension extension) {
        return new RegistrationReply(
                reply.code(),
                reply.lifetime(),
                reply.homeAddress(),
                reply.homeAgent(),
                reply.identification(),
                List.of(extension));
    }
}
