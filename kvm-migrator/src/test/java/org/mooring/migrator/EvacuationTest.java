package org.mooring.migrator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mooring.migrator.Evacuation.Tally;
import org.mooring.migrator.EvacuationAction.Begin;
import org.mooring.migrator.EvacuationAction.Cancel;
import org.mooring.migrator.EvacuationAction.Finish;
import org.mooring.migrator.EvacuationEvent.CancelRequested;
import org.mooring.migrator.EvacuationEvent.Ended;
import org.mooring.migrator.Outcome.Whereabouts;

class EvacuationTest {
    private static final Outcome MOVED = new Outcome.Moved(Duration.ofSeconds(3), Duration.ofMillis(20));
    private static final Outcome FAILED = stays("the stream failed");
    private static final Outcome NOT_BEGUN = stays("not begun, cancelled");

    @Test
    void beginsAsManyAsMayMoveAtOnceAndTheNextWhenOneHasEnded() {
        Evacuation evacuation = evacuate(2, "a", "b", "c");
        assertEquals(List.of(new Begin("a"), new Begin("b")), evacuation.begin());
        assertEquals(new Tally(0, 0, 2, 1), evacuation.tally());
        assertEquals(List.of(new Begin("c")), evacuation.handle(new Ended("b", MOVED)));
        assertEquals(new Tally(1, 0, 2, 0), evacuation.tally());
        assertEquals(List.of(), evacuation.handle(new Ended("a", MOVED)));
        assertEquals(
                List.of(new Finish(Map.of("a", MOVED, "b", MOVED, "c", MOVED))),
                evacuation.handle(new Ended("c", MOVED)));
        assertEquals(new Tally(3, 0, 0, 0), evacuation.tally());
    }

    @Test
    void isOverAtOnceWithoutGuests() {
        assertEquals(List.of(new Finish(Map.of())), evacuate(2).begin());
    }

    @Test
    void goesOnWhenOneFails() {
        Evacuation evacuation = evacuate(1, "a", "b");
        evacuation.begin();
        assertEquals(List.of(new Begin("b")), evacuation.handle(new Ended("a", FAILED)));
        assertEquals(List.of(new Finish(Map.of("a", FAILED, "b", MOVED))), evacuation.handle(new Ended("b", MOVED)));
    }

    @Test
    void beginsNoOtherAfterAFailureIfToldSoButLetsTheOthersArrive() {
        Evacuation evacuation = new Evacuation(List.of("a", "b", "c"), Map.of(), 2, true);
        evacuation.begin();
        assertEquals(List.of(), evacuation.handle(new Ended("a", FAILED)));
        assertEquals(new Tally(0, 2, 1, 0), evacuation.tally());
        assertEquals(
                List.of(new Finish(
                        Map.of("a", FAILED, "b", MOVED, "c", stays("not begun, because guest a has not moved")))),
                evacuation.handle(new Ended("b", MOVED)));
    }

    @Test
    void tellsOfThoseThatCannotMoveAndMovesTheOthers() {
        Evacuation evacuation = new Evacuation(List.of("a"), Map.of("bound", "it has a disk here"), 2, false);
        assertEquals(List.of(new Begin("a")), evacuation.begin());
        assertEquals(
                List.of(new Finish(Map.of("a", MOVED, "bound", stays("it has a disk here")))),
                evacuation.handle(new Ended("a", MOVED)));
    }

    @Test
    void beginsNoneIfOneCannotMoveAndToldToFailFast() {
        Evacuation evacuation = new Evacuation(List.of("a"), Map.of("bound", "it has a disk here"), 2, true);
        assertEquals(
                List.of(new Finish(Map.of(
                        "a",
                        stays("not begun, because guest bound has not moved"),
                        "bound",
                        stays("it has a disk here")))),
                evacuation.begin());
    }

    @Test
    void cancelsThoseUnderWayAndBeginsNoOther() {
        Evacuation evacuation = evacuate(2, "a", "b", "c");
        evacuation.begin();
        assertEquals(List.of(new Cancel("a"), new Cancel("b")), evacuation.handle(new CancelRequested()));
        assertEquals(List.of(), evacuation.handle(new Ended("a", stays("cancelled"))));
        // One that was stopped already arrives.
        assertEquals(
                List.of(new Finish(Map.of("a", stays("cancelled"), "b", MOVED, "c", NOT_BEGUN))),
                evacuation.handle(new Ended("b", MOVED)));
        assertEquals(List.of(), evacuation.handle(new CancelRequested()));
    }

    @Test
    void keepsTheOrderOfTheGuests() {
        Evacuation evacuation = evacuate(3, "c", "a", "b");
        evacuation.begin();
        evacuation.handle(new Ended("b", MOVED));
        evacuation.handle(new Ended("a", MOVED));
        Finish finish = (Finish) evacuation.handle(new Ended("c", MOVED)).get(0);
        assertEquals(List.of("c", "a", "b"), List.copyOf(finish.outcomes().keySet()));
    }

    @Test
    void whateverHappensItBeginsEachAtMostOnceNeverTooManyAndEndsOnce() {
        for (int seed = 0; seed < 5_000; seed++) {
            check(seed);
        }
    }

    private static void check(int seed) {
        Random random = new Random(seed);
        List<String> guests = List.of("a", "b", "c", "d", "e").subList(0, random.nextInt(6));
        Map<String, String> refused = random.nextInt(4) == 0 ? Map.of("z", "refused") : Map.of();
        int parallel = 1 + random.nextInt(3);
        Evacuation evacuation = new Evacuation(guests, refused, parallel, random.nextBoolean());
        Set<String> underWay = new LinkedHashSet<>();
        Map<String, Outcome> expected = new LinkedHashMap<>();
        List<Finish> finished = new ArrayList<>();
        List<EvacuationAction> actions = evacuation.begin();
        while (true) {
            for (EvacuationAction action : actions) {
                if (action instanceof Begin begin) {
                    assertTrue(underWay.add(begin.guest()) && !expected.containsKey(begin.guest()), "seed " + seed);
                } else if (action instanceof Cancel cancel) {
                    assertTrue(underWay.contains(cancel.guest()), "seed " + seed);
                } else if (action instanceof Finish finish) {
                    finished.add(finish);
                }
            }
            assertTrue(underWay.size() <= parallel, "seed " + seed);
            if (underWay.isEmpty()) {
                break;
            }
            if (random.nextInt(6) == 0) {
                actions = evacuation.handle(new CancelRequested());
            } else {
                String guest = List.copyOf(underWay).get(random.nextInt(underWay.size()));
                underWay.remove(guest);
                expected.put(guest, random.nextBoolean() ? MOVED : FAILED);
                actions = evacuation.handle(new Ended(guest, expected.get(guest)));
            }
        }
        assertEquals(1, finished.size(), "seed " + seed);
        Map<String, Outcome> told = finished.get(0).outcomes();
        assertEquals(guests.size() + refused.size(), told.size(), "seed " + seed);
        expected.forEach((guest, outcome) -> assertEquals(outcome, told.get(guest), "seed " + seed));
    }

    private static Evacuation evacuate(int parallel, String... guests) {
        return new Evacuation(List.of(guests), Map.of(), parallel, false);
    }

    private static Outcome stays(String reason) {
        return new Outcome.NotMoved(Whereabouts.STAYED, reason);
    }
}
