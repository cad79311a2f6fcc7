package org.mooring.foreign.daemon;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.mooring.foreign.ForeignAgent;
import org.mooring.foreign.PendingRequest;
import org.mooring.foreign.RevocationStatus;
import org.mooring.foreign.Visitor;
import org.mooring.foreign.daemon.TrafficCounters.Tally;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.ReplyCode;

/**
 * What the control socket tells of the foreign agent, as records that become JSON objects and {@code show}'s tables.
 */
final class Views {
    private Views() {}

    record Visitors(List<VisitorRow> visitors) {}

    /**
     * A visitor.
     *
     * @param tunnel "ipip", "gre", "minimal" or "udp"
     * @param encapsulatesTo the agent's address in encapsulating delivery (RFC 3024 §5.2), none in direct delivery
     * @param state "installed", "staged" before it comes, "redirected" after it has left, "co-located" if no tunnel ends here
     * @param redirectedTo the care-of address where its packets go, or its home address
     * @param remaining seconds left, or "infinite"
     * @param identification the time that the accepted request's Identification means
     * @param revocable whether the agents agreed that either can end it (RFC 3543)
     */
    record VisitorRow(
            Ipv4Address homeAddress,
            Ipv4Address homeAgent,
            Ipv4Address careOfAddress,
            String link,
            String mac,
            String tunnel,
            boolean reverseTunneling,
            Optional<Ipv4Address> encapsulatesTo,
            String state,
            Optional<Ipv4Address> redirectedTo,
            Optional<Ipv4Address> previousCareOfAddress,
            String remaining,
            Instant identification,
            boolean revocable) {}

    record Revocations(List<RevocationRow> revocations) {}

    /**
     * A revocation that is not acknowledged yet.
     *
     * @param transmissions how often it was sent
     * @param remaining seconds until it is given up, or "infinite"
     */
    record RevocationRow(Ipv4Address homeAddress, Ipv4Address homeAgent, int transmissions, String remaining) {}

    record Pending(List<PendingRow> pending) {}

    /**
     * A request that waits for its reply.
     *
     * @param remaining seconds until it is given up
     */
    record PendingRow(
            Ipv4Address homeAddress,
            Ipv4Address homeAgent,
            String link,
            String mac,
            int lifetime,
            String flags,
            Instant identification,
            long remaining) {}

    record TrafficCounts(
            long requestsRelayed,
            long denialsSuppressed,
            List<Code> repliesRelayed,
            List<Code> requestsDenied,
            List<Discarded> discarded) {}

    record Code(int code, String meaning, long count, Instant last) {}

    record Discarded(String reason, long count, Instant last) {}

    /** @param settings of this router's kernel that are wrong, with what mends them */
    record Status(
            Ipv4Address careOfAddress,
            List<String> settings,
            Instant since,
            int visitors,
            int staged,
            int pending,
            int maxLifetime,
            int maxPending,
            int maxVisitors,
            boolean requireAssociation,
            List<LinkRow> links) {}

    record LinkRow(String link, Ipv4Address address) {}

    /** In the order of home addresses. One that comes back to where it was redirected from may be there twice. */
    static Visitors visitors(ForeignAgent agent, Instant now) {
        var served = agent.visitors().stream().map(visitor -> {
            var redirectedTo = agent.redirected(visitor.homeAddress());
            return row(visitor, redirectedTo.isPresent() ? "redirected" : "installed", redirectedTo, now);
        });
        var staged = agent.staged().stream().map(visitor -> row(visitor.visitor(), "staged", Optional.empty(), now));
        var coLocated = agent.coLocated().stream().map(visitor -> row(visitor, "co-located", Optional.empty(), now));
        return new Visitors(Stream.of(served, staged, coLocated)
                .flatMap(rows -> rows)
                .sorted(Comparator.comparing(VisitorRow::homeAddress))
                .toList());
    }

    private static VisitorRow row(Visitor visitor, String state, Optional<Ipv4Address> redirectedTo, Instant now) {
        return new VisitorRow(
                visitor.homeAddress(),
                visitor.homeAgent(),
                visitor.careOfAddress(),
                visitor.link(),
                mac(visitor.linkAddress()),
                visitor.udpTunnel().isPresent()
                        ? "udp"
                        : visitor.encapsulation().name().toLowerCase(Locale.ROOT),
                visitor.reverseTunneling(),
                visitor.encapsulatesTo(),
                state,
                redirectedTo,
                visitor.previousCareOfAddress(),
                remaining(visitor, now),
                time(visitor.identification(), now),
                visitor.revocation().isPresent());
    }

    private static String remaining(Visitor visitor, Instant now) {
        return visitor.expiry().equals(Visitor.NEVER) ? "infinite" : Long.toString(seconds(now, visitor.expiry()));
    }

    static Revocations revocations(List<RevocationStatus> revocations, Instant now) {
        return new Revocations(revocations.stream()
                .map(status -> new RevocationRow(
                        status.visitor().homeAddress(),
                        status.visitor().homeAgent(),
                        status.transmissions(),
                        remaining(status.visitor(), now)))
                .toList());
    }

    static Pending pending(List<PendingRequest> pending, Instant now) {
        return new Pending(pending.stream()
                .map(waiting -> new PendingRow(
                        waiting.request().homeAddress(),
                        waiting.homeAgent(),
                        waiting.origin().link(),
                        mac(waiting.origin().linkAddress()),
                        waiting.request().lifetime(),
                        waiting.request().flags().toString(),
                        time(waiting.request().identification(), now),
                        seconds(now, waiting.deadline())))
                .toList());
    }

    static Status status(ForeignAgent agent, List<String> settings, Instant since) {
        var policy = agent.policy();
        return new Status(
                policy.careOfAddress(),
                settings,
                since,
                agent.visitors().size(),
                agent.staged().size(),
                agent.pending().size(),
                policy.maxLifetime(),
                policy.maxPending(),
                policy.maxVisitors(),
                policy.requireAssociation(),
                policy.links().entrySet().stream()
                        .map(link -> new LinkRow(link.getKey(), link.getValue()))
                        .toList());
    }

    static TrafficCounts traffic(TrafficCounters counters) {
        return new TrafficCounts(
                counters.requestsRelayed(),
                counters.denialsSuppressed(),
                codes(counters.replies()),
                codes(counters.denied()),
                counters.discards().entrySet().stream()
                        .map(entry -> new Discarded(
                                entry.getKey(),
                                entry.getValue().count(),
                                entry.getValue().last()))
                        .toList());
    }

    private static List<Code> codes(Map<Integer, Tally> tallies) {
        return tallies.entrySet().stream()
                .map(entry -> new Code(
                        entry.getKey(),
                        new ReplyCode(entry.getKey()).words(),
                        entry.getValue().count(),
                        entry.getValue().last()))
                .toList();
    }

    private static long seconds(Instant now, Instant then) {
        return Math.max(0, Duration.between(now, then).toSeconds());
    }

    private static Instant time(Identification identification, Instant now) {
        return identification.toInstant(now).truncatedTo(ChronoUnit.MILLIS);
    }

    private static String mac(Octets linkAddress) {
        return HexFormat.ofDelimiter(":").formatHex(linkAddress.toByteArray());
    }
}
