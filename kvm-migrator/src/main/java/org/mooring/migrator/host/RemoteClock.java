package org.mooring.migrator.host;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How far another host's clock is from ours, by asking it for the time: it read its clock at some moment of the round trip, so the answer
 * that came back fastest says most.
 */
final class RemoteClock {
    /** @param ahead how far the other clock is ahead of ours, give or take {@code uncertainty} */
    record Offset(Duration ahead, Duration uncertainty) {
        private boolean isCertain() {
            return ahead.abs().compareTo(uncertainty) > 0;
        }
    }

    private final Map<Integer, Instant> asked = new HashMap<>();
    private int last;
    private Optional<Offset> best = Optional.empty();

    /** Notes a question; returns its number. */
    int ask(Instant now) {
        asked.put(++last, now);
        return last;
    }

    void answer(int number, Instant there, Instant now) {
        Instant sent = asked.remove(number);
        if (sent == null) {
            return;
        }
        Duration half = Duration.between(sent, now).dividedBy(2);
        if (best.isEmpty() || half.compareTo(best.get().uncertainty()) < 0) {
            best = Optional.of(new Offset(Duration.between(sent.plus(half), there), half));
        }
    }

    /** Empty before the first answer. */
    Optional<Offset> offset() {
        return best;
    }

    /** A time by the other host's clock, by ours. Where no difference is certain there is none: most hosts run NTP. */
    Instant ours(Instant theirs) {
        return best.isPresent() && best.get().isCertain()
                ? theirs.minus(best.get().ahead())
                : theirs;
    }
}
