package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mooring.hook.Fact;
import org.mooring.hook.Happening;
import org.mooring.hook.daemon.Handovers.Handover;
import org.mooring.hook.daemon.Handovers.Step;

class HandoversTest {
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    private final Handovers handovers = new Handovers();

    @Test
    void aStepHasBothTheTimeItWasTakenAndTheTimeItWasTold() {
        handovers.happened("web", Happening.ARRIVING, START, START.plusMillis(3));
        assertEquals(
                List.of(new Handover(
                        "web",
                        START,
                        List.of(
                                new Step(START, "qemu", "arriving"),
                                new Step(START.plusMillis(3), "hook", "arriving received")))),
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

    private static Fact fact(String line, boolean settling) {
        return new Fact(Fact.Severity.INFO, "web", line, settling);
    }
}
