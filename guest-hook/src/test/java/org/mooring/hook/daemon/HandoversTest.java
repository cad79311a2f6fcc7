package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.mooring.hook.Fact;
import org.mooring.hook.Fact.Answer;
import org.mooring.hook.Happening;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.runtime.json.Json;
import org.mooring.timeline.HandoverRecord;
import org.mooring.timeline.HandoverRecord.Step;

class HandoversTest {
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    private final Handovers handovers = new Handovers();

    @Test
    void aStepHasBothTheTimeItWasTakenAndTheTimeItWasTold() {
        handovers.happened("web", Happening.ARRIVING, START, START.plusMillis(3));
        assertEquals(
                List.of(new HandoverRecord(
                        "web",
                        null,
                        true,
                        START,
                        null,
                        Map.of(),
                        List.of(
                                new Step(START, "qemu", "arriving", 0),
                                new Step(START.plusMillis(3), "hook", "arriving received", 0)))),
                handovers.all());
    }

    @Test
    void whatComesAfterItWasSettledIsNoPartOfIt() {
        handovers.happened("web", Happening.ARRIVING, START, START);
        handovers.told(fact("registration accepted", true), START.plusSeconds(1));
        handovers.sent("web", START.plusSeconds(150), "request sent");
        handovers.told(fact("registration renewed", false), START.plusSeconds(151));
        assertEquals(3, handovers.all().get(0).steps().size());
    }

    @Test
    void aPauseIsNone() {
        handovers.happened("web", Happening.STOPPED, START, START);
        handovers.happened("web", Happening.RUNNING, START, START);
        assertEquals(List.of(), handovers.all());
    }

    @Test
    void eachGuestHasItsOwn() {
        handovers.happened("web", Happening.ARRIVING, START, START);
        handovers.happened("db", Happening.MIGRATION_STARTED, START, START);
        handovers.told(fact("guest running", false), START.plusSeconds(1));
        assertEquals(3, handovers.all().get(0).steps().size());
        assertEquals(2, handovers.all().get(1).steps().size());
    }

    @Test
    void theOldestAreForgotten() {
        for (int i = 0; i < 150; i++) {
            handovers.happened("guest" + i, Happening.ARRIVING, START, START);
        }
        assertEquals(100, handovers.all().size());
        assertEquals("guest50", handovers.all().get(0).guest());
        handovers.sent("guest0", START, "request sent");
        assertEquals(2, handovers.all().get(0).steps().size());
    }

    @Test
    void whatTheHomeAgentAnswersItDidHalfWay() {
        handovers.happened("web", Happening.MIGRATION_STARTED, START, START);
        handovers.told(
                fact("armed", new HandoverId(0x123), new Answer("ARM answered", Duration.ofMillis(8), false)),
                START.plusMillis(20));
        handovers.told(
                fact("commit answered", null, new Answer("COMMIT accepted", Duration.ofMillis(6), true)),
                START.plusMillis(50));
        handovers.told(
                fact("commit answered", null, new Answer("COMMIT accepted", Duration.ofMillis(6), true)),
                START.plusMillis(60));
        HandoverRecord record = handovers.all().get(0);
        assertEquals("0000000000000123", record.handover());
        assertEquals(START.plusMillis(47), record.bound());
        assertEquals(
                List.of(
                        new Step(START.plusMillis(16), "home-agent", "ARM answered", 4),
                        new Step(START.plusMillis(20), "hook", "armed", 0),
                        new Step(START.plusMillis(47), "home-agent", "COMMIT accepted", 3)),
                record.steps().subList(2, 5));
    }

    @Test
    void packetsAreCountedAsLongAsItIsNotSettled() {
        handovers.happened("web", Happening.MIGRATION_STARTED, START, START);
        handovers.counted("web", HandoverRecord.RESCUED, 3);
        handovers.counted("web", HandoverRecord.RESCUED, 2);
        handovers.counted("db", HandoverRecord.RESCUED, 7);
        assertEquals(Map.of("rescued", 5L), handovers.all().get(0).counts());
        handovers.told(fact("guest left", true), START);
        handovers.counted("web", HandoverRecord.RESCUED, 1);
        assertEquals(Map.of("rescued", 5L), handovers.all().get(0).counts());
    }

    @Test
    void anAgentsWordIsPartOfItEvenIfItIsSettled() {
        HandoverId id = new HandoverId(0x123);
        handovers.happened("web", Happening.ARRIVING, START, START);
        handovers.told(fact("prepared", id, new Answer("PREPARE accepted", Duration.ofMillis(8), false)), START);
        handovers.told(fact("registration accepted", true), START.plusMillis(30));
        handovers.held(id, START.plusMillis(40), 12);
        handovers.held(id, START.plusMillis(50), 14);
        handovers.held(new HandoverId(1), START.plusMillis(60), 99);
        HandoverRecord record = handovers.all().get(0);
        assertEquals(Map.of("held", 14L), record.counts());
        assertEquals(
                new Step(START.plusMillis(50), "agent", "packets wait no longer held=14", 0),
                record.steps().get(record.steps().size() - 1));
    }

    @Test
    void whatWasSentAfterAGuestIsCountedWhereItHasLeft() {
        HandoverId id = new HandoverId(0x123);
        handovers.happened("web", Happening.MIGRATION_STARTED, START, START);
        handovers.told(fact("armed", id, new Answer("ARM accepted", Duration.ofMillis(8), false)), START);
        handovers.told(fact("guest left", true), START.plusMillis(30));
        handovers.redirected(id, START.plusSeconds(1), 12);
        assertEquals(Map.of("redirected", 12L), handovers.all().get(0).counts());

        handovers.happened("web", Happening.ARRIVING, START.plusSeconds(2), START.plusSeconds(2));
        handovers.redirected("db", START.plusSeconds(3), 1);
        handovers.redirected("web", START.plusSeconds(3), 13);
        assertEquals(Map.of("redirected", 13L), handovers.all().get(0).counts());
        assertEquals(Map.of(), handovers.all().get(1).counts());
    }

    @Test
    void areShownAsTimelines() {
        handovers.happened("web", Happening.MIGRATION_STARTED, START, START);
        handovers.happened("web", Happening.STOPPED, START.plusMillis(100), START.plusMillis(101));
        handovers.counted("web", HandoverRecord.RESCUED, 3);
        JsonNode answer = Json.MAPPER.valueToTree(Map.of("handovers", handovers.all()));
        assertEquals("""
                        guest web from this host, leaving
                          began 2026-03-01T12:00:00Z
                          packets: rescued 3
                              MS from STOP
                          -100.0  this host  qemu: migration started
                          -100.0  this host  hook: migration started received
                            +0.0  this host  qemu: stop
                            +1.0  this host  hook: stop received
                        """, String.join("\n", HandoverLines.of(answer)) + "\n");
        assertEquals(
                List.of("no handovers"), HandoverLines.of(Json.MAPPER.valueToTree(Map.of("handovers", List.of()))));
    }

    private static Fact fact(String line, boolean settling) {
        return new Fact(Fact.Severity.INFO, "web", line, settling, null, null);
    }

    private static Fact fact(String line, @Nullable HandoverId id, Answer answer) {
        return new Fact(Fact.Severity.INFO, "web", line, false, id, answer);
    }
}
