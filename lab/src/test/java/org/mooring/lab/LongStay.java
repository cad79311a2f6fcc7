package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A guest stays abroad for longer than its ARP cache keeps what it knew at home ({@code gc_stale_time}, 60 s, and then some),
 * and longer than a registration lives, so that renewals and its own new questions are part of the stay. Takes minutes,
 * so it runs only when named: {@code -Dtest=LongStay}, with {@code -Dmooring.lab.stay=SECONDS} for another length.
 */
@Tag("e2e")
class LongStay {
    @Test
    void sessionsLiveThroughALongStay() {
        Duration stay = Duration.ofSeconds(Long.getLong("mooring.lab.stay", 120));
        Lab lab = Testbed.raise();
        try {
            lab.startDaemons();
            lab.start(Guest.ONE);
            try (var sessions = new Sessions(lab, Guest.ONE)) {
                var mover = new Mover(lab, Guest.ONE, sessions);
                mover.move(Site.A, Site.B);
                long end = System.nanoTime() + stay.toNanos();
                Await.until(
                        "the stay is over",
                        stay.plusMinutes(1),
                        () -> !sessions.broken().isEmpty() || System.nanoTime() > end);
                sessions.awaitLife(Clock.now());
                mover.move(Site.B, Site.A);
                sessions.awaitLife(Clock.now());
                assertEquals(
                        List.of(), sessions.broken().stream().map(Session::name).toList());
            }
        } finally {
            Testbed.close(lab, "long-stay");
        }
    }
}
