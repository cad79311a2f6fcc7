package org.mooring.runtime.handover;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.mooring.protocol.handover.Arrival;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.wire.Ipv4Address;

/** How the packets of mobile nodes that came were put in order, each one's last handover, for the control socket. */
public record ArrivalsView(List<Row> arrivals) {
    /** On the control socket. */
    public static final String PATH = "/arrivals";

    /** For {@code --help}. */
    public static final String SAYS = "how packets were put in order in the last handovers";

    /**
     * The last handover of a mobile node to this site.
     *
     * @param rescued packets that came from where it was
     * @param of how many there are, says its hook there; missing as long as it hasn't said so
     * @param kept rescued packets that wait for one that is missing, or for the mobile node to stop
     * @param held packets that had to wait
     * @param oldPath why packets wait no longer that were redirected from where it was, "held" if they do, or "none" if there aren't any
     * @param newPath the same of those that come from the home agent, or at home from elsewhere
     */
    public record Row(
            Ipv4Address homeAddress,
            String handover,
            int rescued,
            Optional<String> of,
            int kept,
            long held,
            String oldPath,
            String newPath) {}

    public static ArrivalsView of(List<Arrival> arrivals) {
        return new ArrivalsView(arrivals.stream().map(ArrivalsView::row).toList());
    }

    private static Row row(Arrival arrival) {
        return new Row(
                arrival.homeAddress(),
                arrival.id().toString(),
                arrival.rescued(),
                count(arrival.count()),
                arrival.kept(),
                arrival.held(),
                path(arrival, Room.OLD),
                path(arrival, Room.NEW));
    }

    private static Optional<String> count(OptionalInt count) {
        return count.isPresent() ? Optional.of(Integer.toUnsignedString(count.getAsInt())) : Optional.empty();
    }

    private static String path(Arrival arrival, Room room) {
        if (arrival.closed().contains(room)) {
            return "held";
        }
        return arrival.opening(room).map(ArrivalsView::word).orElse("none");
    }

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
