package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.datapath.Encapsulation;
import org.mooring.hook.Action.FollowAgent;
import org.mooring.hook.Action.ForgetAgent;
import org.mooring.hook.Action.ResolveAgent;
import org.mooring.hook.Action.SendRequest;
import org.mooring.hook.Action.SetPort;
import org.mooring.hook.Action.Solicit;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("RFC 3344 §2.4 Mobile Node Considerations")
class Section2_4Test {
    private static final String FIRST = "10.2.0.2";
    private static final String SECOND = "10.2.0.3";
    private static final String CARE_OF = "198.51.100.2";
    private static final String OTHER_CARE_OF = "198.51.100.3";
    private static final Duration SECOND_LONG = Duration.ofSeconds(1);

    private final Scene scene = Scene.discovering();

    @Test
    @DisplayName("§2.4: three solicitations a second apart, then twice as long each time, up to a minute")
    void solicitationsBecomeRarer() {
        scene.handle(new Event.Started(scene.now()));
        List<Duration> intervals = intervals(14);
        for (int i = 0; i < intervals.size(); i++) {
            Duration nominal = SECOND_LONG.multipliedBy(Math.min(64, 1L << Math.max(0, i - 1)));
            Duration interval = intervals.get(i);
            assertTrue(interval.compareTo(nominal) >= 0, i + ": " + interval);
            assertTrue(interval.compareTo(nominal.multipliedBy(5).dividedBy(4)) <= 0, i + ": " + interval);
        }
    }

    @Test
    @DisplayName("RFC 1256 §5.1: solicitations are spread in time")
    void solicitationsAreRandomized() {
        scene.handle(new Event.Started(scene.now()));
        List<Duration> parts = new ArrayList<>();
        List<Duration> intervals = intervals(14);
        for (int i = 8; i < intervals.size(); i++) {
            parts.add(intervals.get(i));
        }
        assertTrue(parts.stream().distinct().count() > 1, parts::toString);
    }

    @Test
    @DisplayName("§2.4: not more often again, but for a guest that has just come to this link")
    void aGuestThatComesIsReasonToAskAnew() {
        scene.handle(new Event.Started(scene.now()));
        assertEquals(10, intervals(10).size());
        scene.wait(Duration.ofSeconds(3));
        scene.happens(Happening.ARRIVING);
        assertTrue(scene.lastActions().contains(new Solicit()));
        Instant asked = scene.now();
        assertTrue(Duration.between(asked, scene.discoveryDue().orElseThrow()).compareTo(Duration.ofMillis(1250)) <= 0);
        // Within the second after a solicitation there is none, whatever happens.
        scene.wait(Duration.ofMillis(100));
        scene.happens(Happening.ENDED, Happening.ARRIVING);
        assertFalse(scene.lastActions().contains(new Solicit()));
    }

    @Test
    void whoIsHeardIsNotAskedAgain() {
        scene.handle(new Event.Started(scene.now()));
        scene.discover();
        hears(Advertised.by(FIRST, 0, CARE_OF));
        assertEquals(List.of(new FollowAgent(Ipv4Address.of(FIRST))), followed());
        assertEquals(Optional.of(scene.now().plusSeconds(20)), scene.discoveryDue(), "two of three lost");
        scene.discover();
        assertTrue(scene.lastActions().contains(new Solicit()), "it may be gone");
    }

    @Test
    @DisplayName("§2.4: a registration lets the next search begin as the first did")
    void afterARegistrationTheSearchBeginsAsAtFirst() {
        scene.handle(new Event.Started(scene.now()));
        assertEquals(8, intervals(8).size());
        hears(Advertised.by(FIRST, 0, CARE_OF).lifetime(9));
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.wait(Duration.ofSeconds(6));
        scene.handle(new Event.DiscoveryDue(scene.now()));
        assertTrue(scene.lastActions().contains(new Solicit()));
        Duration next = Duration.between(scene.now(), scene.discoveryDue().orElseThrow());
        assertTrue(next.compareTo(Duration.ofMillis(1250)) <= 0, next::toString);
    }

    @Test
    @DisplayName("§3.6.1.1: with the agent that advertises itself, and the care-of address that it offers")
    void aVisitorRegistersWithWhomItHears() {
        hears(Advertised.by(FIRST, 0, CARE_OF, OTHER_CARE_OF));
        scene.happens(Happening.RUNNING);
        SendRequest sent = scene.request();
        assertEquals(Ipv4Address.of(FIRST), sent.agent());
        assertEquals(Action.Agent.FOREIGN_AGENT, sent.to());
        assertEquals(Ipv4Address.of(CARE_OF), sent.request().careOfAddress());
        assertEquals(Flags.REVERSE_TUNNELING, sent.request().flags());
        assertEquals(Optional.of(Ipv4Address.of(FIRST)), router());
        scene.homeAgentReplies(sent, 0, 300);
        assertEquals("accepted", scene.status().registration());
        assertEquals(
                Optional.of(foreignAgent(FIRST, CARE_OF, 1800)), scene.status().tunnelEnd());
    }

    @Test
    void aVisitorThatHearsNobodyIsRegisteredWhenItDoes() {
        scene.happens(Happening.RUNNING);
        assertEquals(List.of(), scene.requests());
        assertTrue(
                scene.facts().contains(Fact.noForeignAgentHeard(scene.guest())),
                () -> scene.facts().toString());
        assertTrue(scene.lastActions().contains(new Solicit()));
        scene.wait(Duration.ofSeconds(5));
        hears(Advertised.by(FIRST, 7, CARE_OF));
        assertEquals(Ipv4Address.of(FIRST), scene.request().agent());
        assertEquals(Optional.of(Ipv4Address.of(FIRST)), router());
    }

    @Test
    @DisplayName("§3.6.1.2: no longer a lifetime than is advertised, M7")
    void noLongerALifetimeThanIsAdvertised() {
        hears(Advertised.by(FIRST, 0, CARE_OF).registrationLifetime(120));
        scene.happens(Happening.RUNNING);
        assertEquals(120, scene.request().request().lifetime());
        scene.homeAgentReplies(scene.request(), 0, 120);
        Instant renewal = scene.due(Timer.REGISTRATION).orElseThrow();
        hears(Advertised.by(FIRST, 1, CARE_OF).registrationLifetime(60));
        assertEquals(List.of(), scene.requests());
        scene.wait(Duration.between(scene.now(), renewal));
        scene.handle(new Event.TimerFired(renewal, Scene.NAME, Timer.REGISTRATION));
        assertEquals(60, scene.request().request().lifetime());
    }

    @Test
    @DisplayName("RFC 3024 §3.1: no reverse tunnel where none is offered; but with whom offers it rather")
    void reverseTunnelsAreAskedForWhereTheyAreOffered() {
        hears(Advertised.by(FIRST, 0, CARE_OF).without(MobilityAgent.REVERSE_TUNNELING));
        scene.happens(Happening.RUNNING);
        assertEquals(Flags.NONE, scene.request().request().flags());

        Scene both = Scene.discovering();
        both.handle(Advertised.by(FIRST, 0, CARE_OF)
                .without(MobilityAgent.REVERSE_TUNNELING)
                .at(both.now()));
        both.handle(Advertised.by(SECOND, 0, OTHER_CARE_OF).at(both.now()));
        both.happens(Happening.RUNNING);
        assertEquals(Ipv4Address.of(SECOND), both.request().agent());
    }

    @ParameterizedTest
    @CsvSource({"GRE, 0x0400, 0x08", "MINIMAL, 0x0800, 0x10"})
    @DisplayName("§3.6.1.2: G and M only where they are advertised, else IP in IP")
    void encapsulationsAreAskedForWhereTheyAreOffered(Encapsulation encapsulation, String flag, String bit) {
        for (boolean offered : new boolean[] {true, false}) {
            Scene heard = Scene.discovering(encapsulation);
            Advertised agent = Advertised.by(FIRST, 0, CARE_OF);
            heard.handle((offered ? agent.with(Integer.decode(flag)) : agent).at(heard.now()));
            heard.happens(Happening.RUNNING);
            int asked = Flags.GRE_ENCAPSULATION.octet() | Flags.MINIMAL_ENCAPSULATION.octet();
            assertEquals(
                    offered ? Integer.decode(bit) : 0,
                    heard.request().request().flags().octet() & asked);
        }
    }

    @Test
    @DisplayName("§2.3: a busy agent keeps its visitors and gets no others")
    void aBusyAgentGetsNoOthers() {
        register(FIRST);
        hears(Advertised.by(FIRST, 1, CARE_OF).with(MobilityAgent.BUSY));
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF));
        assertEquals(List.of(), scene.requests(), "it keeps those that it has");
        assertEquals("accepted", scene.status().registration());
        scene.happensLater(Happening.ENDED);
        scene.happensLater(Happening.RUNNING);
        assertEquals(Ipv4Address.of(SECOND), scene.request().agent());
    }

    @Test
    void anAgentThatBecomesBusyBeforeItAnswersIsLeft() {
        hears(Advertised.by(FIRST, 0, CARE_OF));
        scene.happens(Happening.RUNNING);
        assertEquals(Ipv4Address.of(FIRST), scene.request().agent());
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF));
        scene.wait(SECOND_LONG);
        hears(Advertised.by(FIRST, 1, CARE_OF).with(MobilityAgent.BUSY));
        assertEquals(Ipv4Address.of(SECOND), scene.request().agent());
    }

    @Test
    @DisplayName("§2.1.1: who is no foreign agent is not taken for one")
    void onlyForeignAgentsServe() {
        hears(Advertised.by(FIRST, 0).without(MobilityAgent.FOREIGN_AGENT).with(MobilityAgent.HOME_AGENT));
        assertEquals(List.of(), scene.hook().agents());
        hears(Advertised.by(FIRST, 1, CARE_OF));
        hears(Advertised.by(FIRST, 2).without(MobilityAgent.FOREIGN_AGENT));
        scene.happens(Happening.RUNNING);
        assertEquals(List.of(), scene.requests(), "it serves no more");
    }

    @Test
    @DisplayName("§3.7.2: a guest's own home agent is none of its foreign agents")
    void itsHomeAgentIsNoForeignAgentForIt() {
        Scene atItsAgents = Scene.visiting(new Link(Scene.HOST, null, new Discoverable(any -> true, any -> true)));
        atItsAgents.handle(Advertised.by(Scene.HOME_AGENT.toString(), 0, CARE_OF)
                .with(MobilityAgent.HOME_AGENT)
                .at(atItsAgents.now()));
        atItsAgents.happens(Happening.RUNNING);
        assertEquals(List.of(), atItsAgents.requests());
    }

    @Test
    @DisplayName("§2.4.2: another agent that is heard is no reason to leave the present one")
    void newAgentsAreNoReasonToChange() {
        register(FIRST);
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF));
        assertEquals(List.of(), scene.requests());
        renew();
        assertEquals(Ipv4Address.of(FIRST), scene.request().agent());
    }

    @Test
    @DisplayName("§2.4.2.1: an agent that is silent for the lifetime of its advertisement is gone")
    void anAgentThatIsSilentForTooLongIsGone() {
        register(FIRST);
        scene.wait(Duration.ofSeconds(10));
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF));
        scene.wait(Duration.ofSeconds(Advertised.USUAL_LIFETIME - 10));
        scene.handle(new Event.DiscoveryDue(scene.now()));
        SendRequest sent = scene.request();
        assertEquals(Ipv4Address.of(SECOND), sent.agent());
        assertEquals(Ipv4Address.of(OTHER_CARE_OF), sent.request().careOfAddress());
        assertEquals(Optional.of(Ipv4Address.of(SECOND)), router());
        scene.homeAgentReplies(sent, 0, 300);
        // Its being heard again is no reason to go back.
        hears(Advertised.by(FIRST, 9, CARE_OF));
        assertEquals(List.of(), scene.requests());
    }

    @Test
    void whereNobodyElseIsHeardTheGuestStaysWithTheAgentThatWasThere() {
        register(FIRST);
        scene.wait(Duration.ofSeconds(Advertised.USUAL_LIFETIME));
        scene.handle(new Event.DiscoveryDue(scene.now()));
        assertEquals(List.of(), scene.requests());
        assertTrue(scene.lastActions().contains(new Solicit()));
        assertEquals(1, scene.facts().size());
        assertTrue(scene.facts().get(0).line().startsWith("foreign agent no longer heard agent=10.2.0.2"));
        hears(Advertised.by(FIRST, 9, CARE_OF));
        assertEquals(List.of(), scene.requests(), "it has forgotten nothing");
    }

    @Test
    @DisplayName("RFC 1256 §4.1: a lifetime of zero says that it goes")
    void anAgentMaySayThatItGoes() {
        register(FIRST);
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF));
        scene.wait(SECOND_LONG);
        hears(Advertised.by(FIRST, 1, CARE_OF).lifetime(0));
        assertEquals(Ipv4Address.of(SECOND), scene.request().agent());
    }

    @ParameterizedTest(name = "{0}, then {1}")
    @CsvSource({"300, 0", "300, 255", "65535, 1", "5, 4"})
    @DisplayName("§2.3.2: a lower sequence number below 256 tells of a start: register again")
    void anAgentThatStartedAnewIsRegisteredWithAgain(int before, int after) {
        hears(Advertised.by(FIRST, before, CARE_OF));
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.wait(SECOND_LONG);
        hears(Advertised.by(FIRST, after, CARE_OF));
        assertEquals(Ipv4Address.of(FIRST), scene.request().agent());
        hears(Advertised.by(FIRST, after + 1, CARE_OF));
        assertEquals(List.of(), scene.requests());
    }

    @ParameterizedTest(name = "{0}, then {1}")
    @CsvSource({"65535, 256", "65535, 300", "0, 1", "7, 7", "700, 700"})
    @DisplayName("§2.3.2: a lower one from 256 on only that the counter went around")
    void aCounterThatWentAroundIsNoReasonToRegister(int before, int after) {
        hears(Advertised.by(FIRST, before, CARE_OF));
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.wait(SECOND_LONG);
        hears(Advertised.by(FIRST, after, CARE_OF));
        assertEquals(List.of(), scene.requests());
    }

    @Test
    @DisplayName("§3.6: an agent that starts again and again is registered with once a second")
    void registrationsKeepTheirDistance() {
        register(FIRST);
        Instant last = Scene.START;
        for (int i = 0; i < 20; i++) {
            scene.wait(Duration.ofMillis(100));
            hears(Advertised.by(FIRST, i % 2 == 0 ? 100 : 0, CARE_OF));
            for (Instant due : scene.due(Timer.REGISTRATION).stream().toList()) {
                assertFalse(due.isBefore(last.plus(SECOND_LONG)), "asked at " + last + " and " + due);
            }
            if (!scene.requests().isEmpty()) {
                assertFalse(scene.now().isBefore(last.plus(SECOND_LONG)));
                last = scene.now();
            }
        }
    }

    @Test
    @DisplayName("§2.4.2.2: at its renewal, a guest leaves an agent that is silent for one whose network is another")
    void anotherNetworkTellsOfAMove() {
        hears(Advertised.by(FIRST, 0, CARE_OF).on("10.2.0.1", 24).lifetime(400));
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        Instant renewal = scene.due(Timer.REGISTRATION).orElseThrow();
        scene.wait(SECOND_LONG);
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF).on("10.9.0.1", 24).lifetime(400));
        assertEquals(List.of(), scene.requests(), "not before its renewal");
        renewAt(renewal);
        assertEquals(Ipv4Address.of(FIRST), scene.request().agent(), "one advertisement may be lost");
        scene.homeAgentReplies(scene.request(), 0, 300);
        renew();
        assertEquals(Ipv4Address.of(SECOND), scene.request().agent());
    }

    @ParameterizedTest(name = "{0}/{1}")
    @CsvSource({"10.2.0.7, 24", "10.9.0.1, 0"})
    @DisplayName("§2.4.2.2: the same network, or none that is told, does not")
    void theSameNetworkTellsOfNone(String router, int length) {
        hears(Advertised.by(FIRST, 0, CARE_OF).on("10.2.0.1", 24).lifetime(250));
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        Instant renewal = scene.due(Timer.REGISTRATION).orElseThrow();
        scene.wait(SECOND_LONG);
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF).on(router, length).lifetime(250));
        renewAt(renewal);
        assertEquals(Ipv4Address.of(FIRST), scene.request().agent());
    }

    @Test
    void whereTwoNetworksAreHeardNobodyHasMoved() {
        hears(Advertised.by(FIRST, 0, CARE_OF).on("10.2.0.1", 24).lifetime(200));
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        Instant renewal = scene.due(Timer.REGISTRATION).orElseThrow();
        scene.wait(Duration.ofSeconds(100));
        hears(Advertised.by(FIRST, 1, CARE_OF).on("10.2.0.1", 24).lifetime(200));
        scene.wait(SECOND_LONG);
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF).on("10.9.0.1", 24).lifetime(200));
        renewAt(renewal);
        assertEquals(Ipv4Address.of(FIRST), scene.request().agent());
    }

    @ParameterizedTest(name = "code {0}")
    @ValueSource(ints = {64, 65, 66, 72, 77, 78, 80})
    void anAgentThatDeniesAGuestIsLeftForAnother(int code) {
        hears(Advertised.by(FIRST, 0, CARE_OF));
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF));
        scene.happens(Happening.RUNNING);
        scene.foreignAgentReplies(scene.request(), code, 0);
        assertEquals(List.of(), scene.requests(), "§3.6: not within the second");
        scene.fire(Timer.REGISTRATION);
        assertEquals(Ipv4Address.of(SECOND), scene.request().agent());
        scene.foreignAgentReplies(scene.request(), code, 0);
        scene.fire(Timer.REGISTRATION);
        assertEquals(Ipv4Address.of(SECOND), scene.request().agent(), "both have denied it");
    }

    @Test
    void theHomeAgentsDenialIsNoReasonToChangeTheForeignAgent() {
        hears(Advertised.by(FIRST, 0, CARE_OF));
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF));
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 130, 0);
        scene.fire(Timer.REGISTRATION);
        assertEquals(Ipv4Address.of(FIRST), scene.request().agent());
    }

    @Test
    void anAgentThatIsSilentIsLeftForAnother() {
        hears(Advertised.by(FIRST, 0, CARE_OF));
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF));
        scene.happens(Happening.RUNNING);
        for (int i = 0; i < 2; i++) {
            scene.firePastRepetitions(Timer.REGISTRATION);
            assertEquals(Ipv4Address.of(FIRST), scene.request().agent());
        }
        scene.firePastRepetitions(Timer.REGISTRATION);
        assertEquals(Ipv4Address.of(SECOND), scene.request().agent());
    }

    @Test
    @DisplayName("§3.6.3: the next agent is asked as patiently as the first was, and its silence is told, too")
    void theNextAgentIsAskedAsTheFirstWas() {
        hears(Advertised.by(FIRST, 0, CARE_OF));
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF));
        scene.happens(Happening.RUNNING);
        for (int i = 0; i < 3; i++) {
            scene.firePastRepetitions(Timer.REGISTRATION);
        }
        assertEquals(Ipv4Address.of(SECOND), scene.request().agent());
        Instant asked = scene.now();
        scene.firePastRepetitions(Timer.REGISTRATION);
        assertEquals(asked.plusSeconds(1), scene.now());
        assertEquals(Ipv4Address.of(SECOND), scene.request().agent());
        scene.firePastRepetitions(Timer.REGISTRATION);
        assertEquals(asked.plusSeconds(3), scene.now());
        assertEquals(
                List.of("no answer to 2 requests guest=" + Scene.NAME
                        + " from=foreign-agent 10.2.0.3: is it running, and does UDP port 434 pass?"),
                scene.facts().stream().map(Fact::line).toList());
    }

    @Test
    void aGuestThatComesAnewAsksWhoHasDeniedItBefore() {
        hears(Advertised.by(FIRST, 0, CARE_OF));
        scene.happens(Happening.RUNNING);
        scene.foreignAgentReplies(scene.request(), 66, 0);
        scene.happensLater(Happening.ENDED);
        scene.happensLater(Happening.RUNNING);
        assertEquals(Ipv4Address.of(FIRST), scene.request().agent());
    }

    @Test
    @DisplayName("what is heard of an agent is told when it changes, and only then")
    void newsOfAnAgentAreToldOnce() {
        hears(Advertised.by(FIRST, 300, CARE_OF));
        assertTold("foreign agent heard agent=10.2.0.2 care-of=198.51.100.2 reverse-tunnels=yes busy=no");
        hears(Advertised.by(FIRST, 301, CARE_OF));
        assertTold();
        hears(Advertised.by(FIRST, 302, CARE_OF).with(MobilityAgent.BUSY));
        assertTold("foreign agent heard agent=10.2.0.2 care-of=198.51.100.2 reverse-tunnels=yes busy=yes");
        hears(Advertised.by(FIRST, 303, CARE_OF, OTHER_CARE_OF).with(MobilityAgent.BUSY));
        assertTold("foreign agent heard agent=10.2.0.2 care-of=198.51.100.2,198.51.100.3 reverse-tunnels=yes busy=yes");
        hears(Advertised.by(FIRST, 0, CARE_OF, OTHER_CARE_OF).with(MobilityAgent.BUSY));
        assertTold("foreign agent has started anew, its visitors register again agent=10.2.0.2");
        scene.wait(Duration.ofSeconds(Advertised.USUAL_LIFETIME));
        scene.handle(new Event.DiscoveryDue(scene.now()));
        assertEquals(1, scene.facts().size());
        scene.handle(new Event.DiscoveryDue(scene.now()));
        assertTold();
        hears(Advertised.by(FIRST, 1, CARE_OF, OTHER_CARE_OF).with(MobilityAgent.BUSY));
        assertEquals(1, scene.facts().size(), "it is back");
        hears(Advertised.by(SECOND, 0, CARE_OF).without(MobilityAgent.REVERSE_TUNNELING));
        assertTold("foreign agent heard agent=10.2.0.3 care-of=198.51.100.2 reverse-tunnels=no busy=no");
    }

    private void assertTold(String... lines) {
        assertEquals(List.of(lines), scene.facts().stream().map(Fact::line).toList());
    }

    @Test
    @DisplayName("who would serve another visitor: nobody who is busy, or silent")
    void whoWouldServeAnotherVisitor() {
        assertEquals(Optional.empty(), scene.hook().tunnelEnd(scene.now()));
        hears(Advertised.by(FIRST, 0, CARE_OF).with(MobilityAgent.BUSY));
        assertEquals(Optional.empty(), scene.hook().tunnelEnd(scene.now()));
        hears(Advertised.by(FIRST, 1, CARE_OF));
        assertEquals(
                Optional.of(foreignAgent(FIRST, CARE_OF, 1800)), scene.hook().tunnelEnd(scene.now()));
        Instant silent = scene.now().plusSeconds(Advertised.USUAL_LIFETIME);
        assertEquals(Optional.empty(), scene.hook().tunnelEnd(silent));
        assertEquals(Optional.of(Scene.FOREIGN_AGENT), Scene.visiting().hook().tunnelEnd(silent));
    }

    @Test
    void anAgentThatWithdrawsItsCareOfAddressIsAskedForAnother() {
        register(FIRST);
        scene.wait(SECOND_LONG);
        hears(Advertised.by(FIRST, 1, OTHER_CARE_OF));
        assertEquals(Ipv4Address.of(OTHER_CARE_OF), scene.request().request().careOfAddress());
    }

    @Test
    @DisplayName("docs/handover.md: PREPARE, CONFIRM, ARM and COMMIT go to the agent that was discovered")
    void aHandoverGoesByTheDiscoveredAgent() {
        hears(Advertised.by(FIRST, 0, CARE_OF));
        scene.happens(Happening.ARRIVING);
        SendRequest prepare = scene.request();
        assertEquals(Ipv4Address.of(FIRST), prepare.agent());
        var id = Scene.said(prepare, Prepare.class).orElseThrow().id();
        scene.homeAgentReplies(prepare, 0, 60, new Staged(id, Ipv4Address.of(CARE_OF), 60));
        assertEquals(Optional.of(PreparationOutcome.staged()), scene.prepared());
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF));
        scene.happens(Happening.RUNNING);
        SendRequest confirm = scene.request();
        assertEquals(Ipv4Address.of(FIRST), confirm.agent());
        scene.homeAgentReplies(confirm, 0, 300);
        scene.happensLater(Happening.MIGRATION_STARTED);
        assertEquals(Ipv4Address.of(FIRST), scene.request().agent());
        scene.homeAgentReplies(scene.request(), 0, 300, new Staged(id, Ipv4Address.of("192.0.2.2"), 60));
        scene.happens(Happening.STOPPED);
        SendRequest commit = scene.requests().get(0);
        assertTrue(Scene.said(commit, HandoverExtension.Commit.class).isPresent());
        assertEquals(Ipv4Address.of(FIRST), commit.agent());
    }

    @Test
    void aGuestThatComesBeforeAnyAgentIsHeardIsPreparedAsSoonAsOneIs() {
        scene.happens(Happening.ARRIVING);
        assertEquals(List.of(), scene.requests());
        assertEquals(Optional.empty(), scene.prepared());
        assertTrue(scene.lastActions().contains(new Solicit()));
        scene.wait(Duration.ofMillis(20));
        hears(Advertised.by(FIRST, 0, CARE_OF));
        assertTrue(Scene.said(scene.request(), Prepare.class).isPresent());
        assertEquals(Optional.of(Ipv4Address.of(FIRST)), router());
        List<Action> actions = scene.lastActions();
        int resolved =
                actions.indexOf(new ResolveAgent(scene.guest(), Action.Agent.FOREIGN_AGENT, Ipv4Address.of(FIRST)));
        assertTrue(0 <= resolved && resolved < actions.indexOf(scene.request()), actions::toString);
    }

    @Test
    @DisplayName("who is asked later is resolved later: until an agent is heard, nobody is")
    void nobodyIsResolvedBeforeAnAgentIsHeard() {
        scene.happens(Happening.ARRIVING);
        assertTrue(scene.lastActions().stream().noneMatch(ResolveAgent.class::isInstance));
    }

    @Test
    @DisplayName("§3.6.1.2: nor is it prepared for longer than is advertised")
    void noLongerAHoldTimeThanIsAdvertised() {
        hears(Advertised.by(FIRST, 0, CARE_OF).registrationLifetime(20));
        scene.happens(Happening.ARRIVING);
        assertEquals(20, scene.request().request().lifetime());
        assertEquals(
                20, Scene.said(scene.request(), Prepare.class).orElseThrow().holdSeconds());
    }

    @Test
    void aGuestThatNoLongerComesIsPreparedForByNobodyWhoIsHeardLater() {
        scene.happens(Happening.ARRIVING);
        scene.happens(Happening.ENDED);
        assertEquals(
                PreparationOutcome.Prepared.PLAIN,
                scene.prepared().orElseThrow().prepared());
        hears(Advertised.by(FIRST, 0, CARE_OF));
        assertEquals(List.of(), scene.requests());
    }

    @Test
    @DisplayName("an agent that knows no handovers is known for that when it is heard again: nobody waits")
    void whoKnowsNoHandoversIsNotAskedWhenItIsHeardAgain() {
        hears(Advertised.by(FIRST, 0, CARE_OF).lifetime(5));
        scene.happens(Happening.ARRIVING);
        scene.foreignAgentReplies(scene.request(), 100, 0);
        PreparationOutcome plain = scene.prepared().orElseThrow();
        scene.happens(Happening.ENDED);
        scene.wait(Duration.ofSeconds(10));
        scene.happens(Happening.ARRIVING);
        assertEquals(Optional.empty(), scene.prepared());
        hears(Advertised.by(FIRST, 1, CARE_OF));
        assertEquals(List.of(), scene.requests());
        assertEquals(Optional.of(plain), scene.prepared());
        scene.wait(Duration.ofSeconds(5));
        assertEquals(List.of(), scene.handle(new Event.TimerFired(scene.now(), Scene.NAME, Timer.PREPARATION)));
    }

    @Test
    @DisplayName("what a silent agent has prepared ends with its hold time: nobody goes on aborting it")
    void anAbortEndsWithItsAgent() {
        hears(Advertised.by(FIRST, 0, CARE_OF).lifetime(3));
        scene.happens(Happening.ARRIVING);
        scene.happensLater(Happening.ENDED);
        assertEquals(RequestKind.ABORT, scene.request().kind());
        scene.wait(Duration.ofSeconds(3));
        scene.handle(new Event.CheckRequested(scene.now(), Scene.NAME));
        assertEquals(List.of(), scene.handle(new Event.TimerFired(scene.now(), Scene.NAME, Timer.PREPARATION)));
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF));
        assertEquals(RequestKind.CHECK, scene.request().kind());
        scene.wait(SECOND_LONG);
        assertEquals(List.of(), scene.handle(new Event.TimerFired(scene.now(), Scene.NAME, Timer.PREPARATION)));
    }

    @Test
    void aGuestThatComesWhereNoAgentIsHeardComesPlain() {
        scene.happens(Happening.ARRIVING);
        scene.fire(Timer.PREPARATION);
        assertEquals(Scene.START.plusSeconds(3), scene.now());
        assertEquals(Optional.of(PreparationOutcome.plain(Fact.NOBODY_HEARD)), scene.prepared());
        scene.wait(Duration.ofSeconds(5));
        assertEquals(List.of(), scene.handle(new Event.TimerFired(scene.now(), Scene.NAME, Timer.PREPARATION)));
    }

    @Test
    @DisplayName("§2.3: who is prepared for is served, though the agent has become busy meanwhile")
    void whoIsPreparedForStaysWithItsAgent() {
        hears(Advertised.by(FIRST, 0, CARE_OF));
        scene.happens(Happening.ARRIVING);
        var id = Scene.said(scene.request(), Prepare.class).orElseThrow().id();
        scene.homeAgentReplies(scene.request(), 0, 60, new Staged(id, Ipv4Address.of(CARE_OF), 60));
        hears(Advertised.by(FIRST, 1, CARE_OF).with(MobilityAgent.BUSY));
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF));
        scene.happens(Happening.RUNNING);
        assertEquals(Ipv4Address.of(FIRST), scene.request().agent());
    }

    @Test
    @DisplayName("§2.4.2: a guest that comes again is registered with whom it had before")
    void aGuestThatComesAgainStaysWithItsAgent() {
        hears(Advertised.by(FIRST, 0, CARE_OF).with(MobilityAgent.BUSY));
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF));
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        hears(Advertised.by(FIRST, 1, CARE_OF));
        scene.happensLater(Happening.ENDED);
        scene.happensLater(Happening.RUNNING);
        assertEquals(Ipv4Address.of(SECOND), scene.request().agent());
    }

    @Test
    @DisplayName("§2.4.2.1: that an agent is gone is noticed as soon as its time is over, whoever else is heard")
    void thatAnAgentIsGoneIsNoticedInTime() {
        hears(Advertised.by(FIRST, 0, CARE_OF));
        Instant gone = scene.now().plusSeconds(Advertised.USUAL_LIFETIME);
        scene.wait(Duration.ofSeconds(5));
        hears(Advertised.by(SECOND, 0, OTHER_CARE_OF));
        while (scene.now().isBefore(gone)) {
            scene.discover();
        }
        assertEquals(gone, scene.now());
        assertEquals(1, scene.facts().size());
        assertTrue(scene.facts().get(0).line().startsWith("foreign agent no longer heard agent=10.2.0.2"));
    }

    @Test
    void aCheckWaitsForAnAgentAsLongAsItMay() {
        scene.handle(new Event.CheckRequested(scene.now(), Scene.NAME));
        assertEquals(List.of(), scene.requests());
        assertTrue(scene.lastActions().contains(new Solicit()));
        Instant deadline = scene.due(Timer.CHECK).orElseThrow();
        hears(Advertised.by(FIRST, 0, CARE_OF));
        scene.homeAgentReplies(scene.request(), 0, 0);
        var outcome = scene.checked().orElseThrow();
        assertTrue(outcome.isWell());
        assertEquals(Optional.of(foreignAgent(FIRST, CARE_OF, 1800)), outcome.foreignAgent());

        Scene silent = Scene.discovering();
        silent.handle(new Event.CheckRequested(silent.now(), Scene.NAME));
        silent.wait(Duration.between(silent.now(), deadline));
        silent.handle(new Event.TimerFired(silent.now(), Scene.NAME, Timer.CHECK));
        assertEquals(Fact.NOBODY_HEARD, silent.checked().orElseThrow().verdict());
    }

    @Test
    @DisplayName("§2: advertisements are not authenticated, so only those are believed that the configuration allows")
    void onlyWhatIsAllowedIsBelieved() {
        hears(Advertised.by(FIRST, 0, "203.0.113.9"));
        assertEquals(1, scene.facts().size());
        assertTrue(scene.facts()
                .get(0)
                .line()
                .startsWith("advertisement not believed agent=10.2.0.2 care-of=203.0.113.9"));
        hears(Advertised.by(FIRST, 1, "203.0.113.9"));
        assertEquals(List.of(), scene.facts(), "said once");
        hears(Advertised.by("10.7.0.2", 0, CARE_OF));
        assertEquals(List.of(), scene.hook().agents(), "it is no neighbour");
        hears(Advertised.by(SECOND, 0, "203.0.113.9", OTHER_CARE_OF));
        scene.happens(Happening.RUNNING);
        assertEquals(Ipv4Address.of(OTHER_CARE_OF), scene.request().request().careOfAddress());
    }

    @Test
    @DisplayName("who claims to be many agents gets no more than sixteen places, and loses them when it falls silent")
    void thereIsRoomForSixteen() {
        for (int i = 0; i < 40; i++) {
            hears(Advertised.by("10.2.0." + (100 + i), 0, CARE_OF));
        }
        assertEquals(16, scene.hook().agents().size());
        assertEquals(
                Ipv4Address.of("10.2.0.100"), scene.hook().agents().get(0).address(), "who serves keeps its place");
        scene.wait(Duration.ofSeconds(Advertised.USUAL_LIFETIME));
        hears(Advertised.by(FIRST, 0, CARE_OF));
        assertEquals(16, scene.hook().agents().size());
        assertTrue(scene.lastActions().stream().anyMatch(ForgetAgent.class::isInstance));
        scene.happens(Happening.RUNNING);
        assertEquals(Ipv4Address.of(FIRST), scene.request().agent());
    }

    @Test
    void aGuestAtHomeTakesNoNotice() {
        Scene home = Scene.home();
        home.happens(Happening.RUNNING);
        home.homeAgentReplies(home.request(), 0, 0);
        assertEquals(List.of(), home.handle(Advertised.by(FIRST, 0, CARE_OF).at(home.now())));
    }

    private void hears(Advertised advertised) {
        scene.handle(advertised.at(scene.now()));
    }

    private void register(String agent) {
        hears(Advertised.by(agent, 0, CARE_OF));
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
    }

    private void renew() {
        renewAt(
                Scene.START.plusSeconds(150).isAfter(scene.now())
                        ? Scene.START.plusSeconds(150)
                        : scene.due(Timer.REGISTRATION).orElseThrow());
    }

    private void renewAt(Instant renewal) {
        scene.wait(Duration.between(scene.now(), renewal));
        scene.handle(new Event.TimerFired(renewal, Scene.NAME, Timer.REGISTRATION));
    }

    /** How far apart the next solicitations are, with nobody to answer. */
    private List<Duration> intervals(int number) {
        List<Duration> intervals = new ArrayList<>();
        Optional<Instant> before = Optional.empty();
        while (intervals.size() < number) {
            if (scene.discover().contains(new Solicit())) {
                Instant now = scene.now();
                before.map(then -> Duration.between(then, now)).ifPresent(intervals::add);
                before = Optional.of(now);
            }
        }
        return intervals;
    }

    private List<Action> followed() {
        return scene.lastActions().stream()
                .filter(FollowAgent.class::isInstance)
                .toList();
    }

    private Optional<Ipv4Address> router() {
        return scene.lastActions().stream()
                .filter(SetPort.class::isInstance)
                .map(action -> ((SetPort) action).router())
                .map(router -> ((ForeignAgent) router).address())
                .reduce((first, second) -> second);
    }

    private static ForeignAgent foreignAgent(String address, String careOfAddress, int longestLifetime) {
        return new ForeignAgent(
                Ipv4Address.of(address),
                Ipv4Address.of(careOfAddress),
                longestLifetime,
                true,
                Set.of(),
                false,
                Optional.empty());
    }
}
