package org.mooring.runtime.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Timers")
class TimersTest {
    private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");

    private final Timers<String> timers = new Timers<>();

    private void arm(String key, int second) {
        timers.arm(key, T.plusSeconds(second), now -> key + "@" + (now.getEpochSecond() - T.getEpochSecond()));
    }

    @Test
    void fireInTheOrderOfTheirTimesOnceTheyHaveCome() {
        arm("c", 3);
        arm("a", 1);
        arm("b", 2);
        assertEquals(Optional.of(T.plusSeconds(1)), timers.next());
        assertEquals(List.of(), timers.due(T));
        assertEquals(List.of("a@2", "b@2"), timers.due(T.plusSeconds(2)));
        assertEquals(List.of(), timers.due(T.plusSeconds(2)));
        assertEquals(List.of("c@9"), timers.due(T.plusSeconds(9)));
        assertEquals(Optional.empty(), timers.next());
    }

    @Test
    void ofTheSameTimeFireInTheOrderTheyWereArmed() {
        arm("b", 1);
        arm("a", 1);
        assertEquals(List.of("b@1", "a@1"), timers.due(T.plusSeconds(1)));
    }

    @Test
    void areReplacedByOnesWithTheSameKey() {
        arm("a", 1);
        arm("a", 5);
        assertEquals(List.of(), timers.due(T.plusSeconds(4)));
        assertEquals(List.of("a@5"), timers.due(T.plusSeconds(5)));
    }

    @Test
    void canBeDisarmed() {
        arm("a", 1);
        timers.disarm("a");
        timers.disarm("never armed");
        assertEquals(Optional.empty(), timers.next());
        assertEquals(List.of(), timers.due(T.plusSeconds(9)));
    }
}
