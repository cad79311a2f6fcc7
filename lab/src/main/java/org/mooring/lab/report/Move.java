package org.mooring.lab.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;

/**
 * One live migration, as measured from outside the programs. Times are in milliseconds.
 *
 * @param registeredVia "plain": registered at RESUME; "two-phase": prepared before STOP
 * @param qemuDowntimeMs from STOP at the source to RESUME at the destination
 * @param stuntimeMs longest silence at the correspondent, of the flow of 1,000 packets/s that the guest sends back, from a second before the decision
 *     until two after RESUME
 * @param addedMs from RESUME until a packet of the probe flow lies in the destination's tap, or reaches it; 0 if one lay there
 * @param udpSent packets of the probe flow that the correspondent sent
 * @param udpLost those of them that the receiver in the guest never had
 * @param udpDuplicated those that it had more than once
 * @param udpReordered those that it had after a later one (RFC 4737 §3)
 * @param tcpReset whether any of the TCP sessions broke in this move, or since the one before
 * @param tcpLongestSilenceMs longest silence of the TCP session with the correspondent in that time, so that a silence while the guest is copied counts, too
 * @param controlSilenceMs the same session's, over a stop/cont at home of the same length, watched for as long before
 * @param tcpRetransmitted segments that the guest and the correspondent sent once more, in all their sessions, from the decision until two seconds after
 *     RESUME
 * @param controlTcpRetransmitted the same, over that stop/cont
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Move(
        String from,
        String to,
        String registeredVia,
        double qemuDowntimeMs,
        double stuntimeMs,
        double addedMs,
        int udpSent,
        int udpLost,
        int udpDuplicated,
        int udpReordered,
        boolean tcpReset,
        double tcpLongestSilenceMs,
        double controlSilenceMs,
        long tcpRetransmitted,
        long controlTcpRetransmitted,
        List<Silence> sessions,
        List<TimelineEvent> events,
        @JsonIgnore Throughput throughput) {

    public Move {
        sessions = List.copyOf(sessions);
        events = List.copyOf(events);
    }

    /** By how much the session that was silent longest, beside its control, was silent longer, in milliseconds. */
    @JsonIgnore
    public double greatestExcessMs() {
        return sessions.stream()
                .mapToDouble(session -> session.longestSilenceMs() - session.controlSilenceMs())
                .max()
                .orElse(0);
    }

    /**
     * The same with what broke later, when nothing else had moved.
     *
     * @param broken why, by the session's name
     */
    public Move withBroken(Map<String, String> broken) {
        return new Move(
                from,
                to,
                registeredVia,
                qemuDowntimeMs,
                stuntimeMs,
                addedMs,
                udpSent,
                udpLost,
                udpDuplicated,
                udpReordered,
                tcpReset || !broken.isEmpty(),
                tcpLongestSilenceMs,
                controlSilenceMs,
                tcpRetransmitted,
                controlTcpRetransmitted,
                sessions.stream()
                        .map(session -> session.end().isEmpty()
                                ? new Silence(
                                        session.session(),
                                        session.longestSilenceMs(),
                                        session.controlSilenceMs(),
                                        broken.getOrDefault(session.session(), ""))
                                : session)
                        .toList(),
                events,
                throughput);
    }

    /**
     * A session's longest silence over the move.
     *
     * @param controlSilenceMs its longest over a stop/cont at home of the same length
     * @param end why it broke in this move, or since the one before; empty if it didn't
     */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Silence(String session, double longestSilenceMs, double controlSilenceMs, String end) {}
}
