package org.mooring.lab.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Locale;

/**
 * Many guests that were committed at once. Times are in milliseconds, from when the first COMMIT left its host.
 *
 * @param number from 1; 0 is the first one after the agents' start
 * @param commits that left the hosts, those included that were sent again because no answer had come after 30 ms, and after 100 ms
 * @param accepted guests whose COMMIT the home agent accepted
 * @param flipped guests of whom the home agent has said, into the old tunnel, that the binding is another one
 * @param dropped datagrams and frames that came to a full socket, on any router
 * @param sent when each guest's first COMMIT left its host
 * @param heard when each guest's first COMMIT came to the home agent
 * @param flip when the home agent said that each binding is another one
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Burst(
        int number,
        String from,
        String to,
        int guests,
        int commits,
        int accepted,
        int flipped,
        int dropped,
        Delays sent,
        Delays heard,
        Delays flip) {
    private static final String COLUMNS = "%6s  %-6s %7s %8s %9s %8s %8s %9s %9s %9s %9s%n";

    /** Whether each guest was handed over, and nothing lost at a socket. */
    public boolean isComplete() {
        return accepted == guests && flipped == guests && dropped == 0;
    }

    /** What stands above {@link #row}. */
    public static String heading() {
        return String.format(
                Locale.ROOT,
                COLUMNS,
                "burst",
                "way",
                "guests",
                "commits",
                "accepted",
                "flipped",
                "dropped",
                "sent",
                "heard",
                "flip p50",
                "flip");
    }

    /** In one line. */
    public String row() {
        return String.format(
                Locale.ROOT,
                COLUMNS,
                number == 0 ? "first" : Integer.toString(number),
                from + " > " + to,
                guests,
                commits,
                accepted,
                flipped,
                dropped,
                milliseconds(sent.maxMs()),
                milliseconds(heard.maxMs()),
                milliseconds(flip.p50Ms()),
                milliseconds(flip.maxMs()));
    }

    private static String milliseconds(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
