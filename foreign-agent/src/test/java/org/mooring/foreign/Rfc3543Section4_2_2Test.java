package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.foreign.Site.*;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mooring.foreign.Event.Timer.Purpose;
import org.mooring.foreign.Fact.VisitorLeft.Why;
import org.mooring.foreign.Policy.Revocability;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.Revocation;
import org.mooring.protocol.wire.RevocationAcknowledgment;
import org.mooring.protocol.wire.RevocationSupport;

@DisplayName("RFC 3543 §3.5, §4.1, §4.2.2.2 The home agent revokes")
class Rfc3543Section4_2_2Test extends RevocationSite {
    @Test
    @DisplayName("T95: the visitor is removed from kernel and store, and then it is acknowledged to where it came from")
    void endsTheVisit() {
        serve();
        pass(Duration.ofSeconds(2));
        done.clear();
        var actions = agent.handle(received(revocationByHomeAgent(false)));
        assertEquals(
                List.of(new Action.RemoveVisitor(HOME), new Action.ForgetVisitor(HOME), new Action.ForgetVisitor(HOME)),
                deeds(actions));
        assertEquals(List.of(), agent.visitors());
        handle(new Event.VisitorForgotten(now, HOME));
        assertEquals(new RevocationAcknowledgment(0, 0, HOME, nowAtHome(), List.of()), acknowledgmentSent());
        assertEquals(0, agent.revocations().size());
    }

    @Test
    @DisplayName("T95: a replay changes nothing and is not acknowledged, also when the mobile node is back")
    void replay() {
        serve();
        pass(Duration.ofSeconds(2));
        var revocation = revocationByHomeAgent(false);
        receive(revocation);
        done.clear();
        receive(revocation);
        assertEquals(List.of(), deeds(done));

        pass(Duration.ofSeconds(2));
        serve();
        done.clear();
        receive(revocation);
        assertEquals(List.of(), deeds(done));
        assertEquals(1, agent.visitors().size());
        assertEquals(List.of(Fact.Discard.REVOCATION_REPLAYED), discards());
    }

    @Test
    @DisplayName("T95: what the foreign agent itself has sent, and somebody reflects, changes nothing")
    void reflection() {
        serve();
        pass(Duration.ofSeconds(2));
        done.clear();
        receive(revocation(0, HOME_AGENT, nowAtHome(), FOREIGN_HOME));
        assertEquals(List.of(), deeds(done));
        assertEquals(1, agent.visitors().size());
        assertEquals(List.of(Fact.Discard.REVOCATION_REFLECTED), discards());
    }

    @Test
    @DisplayName("T96: one that is not later than the home agent's time at the registration is discarded")
    void olderThanTheRegistration() {
        serve();
        done.clear();
        receive(revocation(Revocation.FROM_HOME_AGENT, HOME_AGENT, nowAtHome(), FOREIGN_HOME));
        assertEquals(List.of(), deeds(done));
        assertEquals(1, agent.visitors().size());
        receive(revocation(Revocation.FROM_HOME_AGENT, HOME_AGENT, nowAtHome() + 1, FOREIGN_HOME));
        assertEquals(List.of(), agent.visitors());
    }

    @Test
    @DisplayName("T96: the same while the registration waits for the kernel")
    void olderThanTheRegistrationUnderWay() {
        var request = ask(300);
        var reply = Seal.encode(reply(request, ReplyCode.ACCEPTED, 300), BY_HOME_AGENT);
        var support = RegistrationCodec.encode(List.of(new RevocationSupport(true, nowAtHome())));
        agent.handle(replyReceived(now, FOR_FOREIGN_AGENT.appendTo(reply.concat(support))));
        done.clear();
        receive(revocation(Revocation.FROM_HOME_AGENT, HOME_AGENT, nowAtHome(), FOREIGN_HOME));
        assertEquals(List.of(Fact.Discard.REVOCATION_REPLAYED), discards());
    }

    @Test
    @DisplayName("after a restart the registration's time is known still")
    void olderThanARestoredRegistration() {
        serve();
        var visitor = agent.visitors().get(0);
        agent = new ForeignAgent(policy(Revocability.OPTIONAL, Advertising.ON_SOLICITATION));
        handle(new Event.Restored(now, List.of(visitor)));
        receive(revocation(Revocation.FROM_HOME_AGENT, HOME_AGENT, nowAtHome(), FOREIGN_HOME));
        assertEquals(1, agent.visitors().size());
    }

    @Test
    @DisplayName("§3.3: without a valid authenticator, or a home agent's address, it is discarded")
    void notAuthentic() {
        serve();
        pass(Duration.ofSeconds(2));
        done.clear();
        receive(revocation(Revocation.FROM_HOME_AGENT, HOME_AGENT, nowAtHome(), MOBILE_FOREIGN));
        receive(revocationByHomeAgent(false).slice(0, Revocation.FIXED_LENGTH));
        receive(revocation(Revocation.FROM_HOME_AGENT, Ipv4Address.UNSPECIFIED, nowAtHome(), FOREIGN_HOME));
        receive(revocation(Revocation.FROM_HOME_AGENT, Ipv4Address.of("10.9.0.1"), nowAtHome(), FOREIGN_HOME));
        assertEquals(List.of(), deeds(done));
        assertEquals(1, agent.visitors().size());
        assertEquals(
                List.of(
                        Fact.Discard.REVOCATION_NOT_AUTHENTIC,
                        Fact.Discard.REVOCATION_NOT_AUTHENTIC,
                        Fact.Discard.REVOCATION_NOT_AUTHENTIC,
                        Fact.Discard.REVOCATION_NOT_AUTHENTIC),
                discards());
    }

    @Test
    @DisplayName("§4.2.1: what was not registered as revocable is not revoked")
    void notAgreed() {
        answer(ask(300), 300);
        pass(Duration.ofSeconds(2));
        done.clear();
        receive(revocationByHomeAgent(false));
        assertEquals(List.of(), deeds(done));
        assertEquals(List.of(Fact.Discard.REVOCATION_NOT_AGREED), discards());
    }

    @Test
    @DisplayName("a lost acknowledgment is given again to the repeated revocation")
    void acknowledgesAgain() {
        serve();
        pass(Duration.ofSeconds(2));
        receive(revocationByHomeAgent(false));
        done.clear();
        pass(Duration.ofSeconds(1));
        receive(revocationByHomeAgent(false));
        assertEquals(nowAtHome(), acknowledgmentSent().identifier());
    }

    @Nested
    @DisplayName("F15, §4.1: the mobile node")
    class MobileNode {
        @Test
        @DisplayName(
                "is told by an advertisement with sequence number 0 if I says so, and the acknowledgment says that it was")
        void isToldIfIIsSet() {
            serve();
            pass(Duration.ofSeconds(2));
            done.clear();
            receive(revocationByHomeAgent(true));
            assertEquals(Optional.of(0), told().map(MobilityAgent::sequence));
            assertEquals(0, told().orElseThrow().flags() & MobilityAgent.BUSY);
            assertTrue(acknowledgmentSent().informs());
        }

        @Test
        @DisplayName("is not told if I was agreed on and is not set")
        void isNotToldIfIIsNotSet() {
            serve();
            pass(Duration.ofSeconds(2));
            done.clear();
            receive(revocationByHomeAgent(false));
            assertEquals(Optional.empty(), told());
            assertFalse(acknowledgmentSent().informs());
        }

        @Test
        @DisplayName("is told where I was not agreed on, and the acknowledgment's I stays zero")
        void isToldByDefault() {
            serve(300, false);
            pass(Duration.ofSeconds(2));
            done.clear();
            receive(revocationByHomeAgent(false));
            assertEquals(Optional.of(0), told().map(MobilityAgent::sequence));
            assertFalse(acknowledgmentSent().informs());
        }

        @Test
        @DisplayName("and nobody else: the link's own numbers go on")
        void othersCountOn() {
            handle(new Event.SolicitationReceived(now, LINK, MAC, HOME));
            handle(new Event.SolicitationReceived(now, LINK, MAC, HOME));
            serve();
            pass(Duration.ofSeconds(2));
            receive(revocationByHomeAgent(true));
            done.clear();
            handle(new Event.SolicitationReceived(now, LINK, MAC, HOME));
            assertEquals(Optional.of(2), told().map(MobilityAgent::sequence));
        }
    }

    @Nested
    @DisplayName("docs/handover.md: a visitor that has left")
    class Left {
        private static final HandoverId HANDOVER = new HandoverId(0x3543);
        private static final Ipv4Address ELSEWHERE = Ipv4Address.of("198.51.100.3");

        @Test
        @DisplayName("is freed at once, and what still comes for it is redirected for some seconds")
        void isRedirectedForSomeSeconds() {
            leave();
            receive(revocationByHomeAgent(false));
            assertEquals(List.of(), agent.visitors());
            assertEquals(List.of(Why.REVOKED_BY_HOME_AGENT), left());
            assertEquals(List.of(), all(Action.RemoveVisitor.class));
            assertEquals(Optional.of(ELSEWHERE), agent.redirected(HOME));
            acknowledgmentSent();
            pass(Duration.ofSeconds(5));
            fire(Purpose.REDIRECT);
            assertEquals(List.of(new Action.RemoveVisitor(HOME)), all(Action.RemoveVisitor.class));
            assertEquals(Optional.empty(), agent.redirected(HOME));
        }

        @Test
        @DisplayName("is not told, because it is not here")
        void isNotTold() {
            leave();
            receive(revocationByHomeAgent(true));
            assertEquals(Optional.empty(), told());
            assertFalse(acknowledgmentSent().informs());
        }

        @Test
        @DisplayName("and comes back in these seconds is served")
        void isServedWhenItComesBack() {
            leave();
            receive(revocationByHomeAgent(false));
            pass(Duration.ofSeconds(1));
            done.clear();
            serve();
            assertEquals(1, all(Action.InstallVisitor.class).size());
            pass(Duration.ofSeconds(4));
            fire(Purpose.REDIRECT);
            assertEquals(List.of(), all(Action.RemoveVisitor.class));
            assertEquals(1, agent.visitors().size());
        }

        @Test
        @DisplayName("and whom the kernel refuses when it comes back is removed")
        void isRemovedIfTheKernelRefuses() {
            leave();
            receive(revocationByHomeAgent(false));
            pass(Duration.ofSeconds(1));
            var request = ask(300);
            var reply = Seal.encode(reply(request, ReplyCode.ACCEPTED, 300), BY_HOME_AGENT);
            var visitor = agent.handle(replyReceived(now, FOR_FOREIGN_AGENT.appendTo(reply))).stream()
                    .filter(Action.InstallVisitor.class::isInstance)
                    .map(action -> ((Action.InstallVisitor) action).visitor())
                    .findFirst()
                    .orElseThrow();
            done.clear();
            handle(new Event.VisitorNotInstalled(now, visitor, "no"));
            assertEquals(List.of(new Action.RemoveVisitor(HOME)), all(Action.RemoveVisitor.class));
        }

        private void leave() {
            serve();
            var armed = ask(300, says(new Arm()));
            var reply = Seal.encode(reply(armed, ReplyCode.ACCEPTED, 300), BY_HOME_AGENT);
            var said = RegistrationCodec.encode(
                    List.of(says(new Staged(HANDOVER, ELSEWHERE, 60)), new RevocationSupport(true, nowAtHome())));
            handle(replyReceived(now, FOR_FOREIGN_AGENT.appendTo(reply.concat(said))));
            ask(300, says(new Commit(HANDOVER)));
            handle(new Event.VisitorRedirected(now, HOME, HANDOVER));
            assertEquals(Optional.of(ELSEWHERE), agent.redirected(HOME));
            pass(Duration.ofSeconds(2));
            done.clear();
        }

        private static Extension says(HandoverExtension extension) {
            return extension.toExtension(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER);
        }
    }

    private Event received(Octets message) {
        return new Event.RevocationMessageReceived(
                now, HOME_AGENT, PORT_OF_HOME_AGENT, (Decoded.Message) RegistrationCodec.decode(message));
    }
}
