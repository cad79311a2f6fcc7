package org.mooring.home.daemon;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.mooring.home.Discard;
import org.mooring.home.HomeAgent;
import org.mooring.home.MobileNodeStatus;
import org.mooring.home.MobilityBinding;
import org.mooring.home.RevocationStatus;
import org.mooring.home.StagedEntry;
import org.mooring.home.Traffic;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.runtime.config.Ipv4Prefix;

/** What the control socket tells of the home agent, as records that become JSON objects and {@code show}'s tables. */
final class Views {
    private Views() {}

    /**
     * Where mobile nodes are, and where they may go next.
     *
     * @param staged left out if nothing is
     */
    record Bindings(
            List<Binding> bindings,
            @JsonInclude(Include.NON_EMPTY) List<Staged> staged) {}

    /**
     * A binding.
     *
     * @param careOfAddress as it was registered
     * @param lifetime seconds granted, or "infinite"
     * @param remaining seconds left, or "infinite"
     * @param tunnel where the tunnel goes, with its port if it is carried in UDP; an address alone then until a keepalive has come
     * @param identification the time that the newest accepted Identification means
     * @param revocable whether the agents agreed that either can end it (RFC 3543)
     */
    record Binding(
            Ipv4Address homeAddress,
            Ipv4Address careOfAddress,
            String lifetime,
            String remaining,
            String flags,
            String encapsulation,
            String tunnel,
            String from,
            long generation,
            Instant granted,
            Instant identification,
            boolean revocable) {}

    record Revocations(List<Revocation> revocations) {}

    /**
     * A revocation that is not acknowledged yet.
     *
     * @param told whom it is sent to
     * @param informs whether the mobile node should be told
     * @param transmissions how often it was sent
     * @param remaining seconds until it is given up, or "infinite"
     */
    record Revocation(
            Ipv4Address homeAddress,
            Ipv4Address careOfAddress,
            Ipv4Address told,
            boolean informs,
            int transmissions,
            String remaining,
            long generation) {}

    /**
     * A care-of address that is staged.
     *
     * @param careOfAddress the home address if the mobile node may come home
     * @param remaining seconds left of the hold time
     */
    record Staged(Ipv4Address homeAddress, Ipv4Address careOfAddress, String handover, String remaining, String from) {}

    record MobileNodes(List<MobileNode> mobileNodes) {}

    /**
     * A mobile node.
     *
     * @param staged where it may go next; its home address if that is home
     * @param accepted replies of code 0 or 1 since the start
     * @param lastCode of the last reply
     * @param newest by SPI, the time that the newest accepted Identification means
     */
    record MobileNode(
            Ipv4Address homeAddress,
            String where,
            Optional<Ipv4Address> staged,
            Optional<MacAddress> mac,
            long accepted,
            long denied,
            Optional<Integer> lastCode,
            Optional<Instant> lastReply,
            Map<String, Instant> newest) {}

    record TrafficCounts(
            long datagrams,
            long repeated,
            List<Reply> replies,
            List<Discarded> discarded,
            List<LastReply> mobileNodes) {}

    record Reply(int code, String meaning, long count, Instant last) {}

    record Discarded(String reason, long count, Instant last) {}

    /** How often and when last a mobile node got a code. */
    record LastReply(Ipv4Address homeAddress, int code, String meaning, long count, Instant last) {}

    /**
     * The home agent itself.
     *
     * @param uplinks where tunnelled packets arrive
     * @param settings of this router's kernel that are wrong, with what mends them
     * @param bindings how many mobile nodes are away
     */
    record Status(
            Ipv4Address address,
            String homeLink,
            Ipv4Prefix homeNetwork,
            List<String> uplinks,
            List<String> settings,
            String mtu,
            Instant started,
            int mobileNodes,
            long bindings) {}

    static Status status(
            HomeAgentConfiguration configuration,
            List<String> uplinks,
            List<String> settings,
            Instant started,
            HomeAgent homeAgent) {
        return new Status(
                configuration.policy().address(),
                configuration.homeLink(),
                configuration.homeNetwork(),
                uplinks,
                settings,
                hyphenated(configuration.mtu()),
                started.truncatedTo(ChronoUnit.MILLIS),
                homeAgent.mobileNodes().size(),
                homeAgent.away());
    }

    static String hyphenated(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Bindings bindings(HomeAgent homeAgent, Instant now) {
        return new Bindings(
                homeAgent.bindings().stream()
                        .map(binding -> binding(binding, now))
                        .toList(),
                homeAgent.staged().stream().map(entry -> staged(entry, now)).toList());
    }

    private static Staged staged(StagedEntry entry, Instant now) {
        long remaining = Math.max(0, Duration.between(now, entry.end()).toSeconds());
        return new Staged(
                entry.homeAddress(),
                entry.careOfAddress(),
                entry.id().toString(),
                Long.toString(remaining),
                entry.from().toString());
    }

    private static Binding binding(MobilityBinding binding, Instant now) {
        return new Binding(
                binding.homeAddress(),
                binding.careOfAddress(),
                binding.isInfinite() ? "infinite" : Integer.toString(binding.lifetime()),
                binding.isInfinite()
                        ? "infinite"
                        : Long.toString(binding.remaining(now).toSeconds()),
                binding.flags().toString(),
                hyphenated(binding.peer().encapsulation()),
                binding.peer().toString(),
                binding.from().toString(),
                binding.generation(),
                binding.grantedAt().truncatedTo(ChronoUnit.MILLIS),
                time(binding.identification(), now),
                binding.revocation().isPresent());
    }

    static Revocations revocations(List<RevocationStatus> revocations, Instant now) {
        return new Revocations(
                revocations.stream().map(pending -> revocation(pending, now)).toList());
    }

    private static Revocation revocation(RevocationStatus pending, Instant now) {
        var binding = pending.binding();
        return new Revocation(
                binding.homeAddress(),
                binding.peer().address(),
                binding.from().address(),
                pending.informs(),
                pending.transmissions(),
                binding.isInfinite()
                        ? "infinite"
                        : Long.toString(binding.remaining(now).toSeconds()),
                binding.generation());
    }

    static MobileNodes mobileNodes(List<MobileNodeStatus> mobileNodes, Instant now) {
        return new MobileNodes(mobileNodes.stream()
                .map(mobileNode -> mobileNode(mobileNode, now))
                .toList());
    }

    private static MobileNode mobileNode(MobileNodeStatus status, Instant now) {
        var replies = status.replies();
        return new MobileNode(
                status.homeAddress(),
                status.bindings().isEmpty() ? "home" : "away",
                status.staged().map(StagedEntry::careOfAddress),
                status.mac(),
                count(replies, true),
                count(replies, false),
                status.lastCode(),
                replies.values().stream().map(Traffic.Tally::last).max(Comparator.naturalOrder()),
                newest(status, now));
    }

    private static Map<String, Instant> newest(MobileNodeStatus status, Instant now) {
        var newest = new TreeMap<String, Instant>();
        status.newest().forEach((spi, id) -> newest.put(Integer.toUnsignedString(spi), time(id, now)));
        return newest;
    }

    private static long count(Map<Integer, Traffic.Tally> replies, boolean accepted) {
        return replies.entrySet().stream()
                .filter(reply -> new ReplyCode(reply.getKey()).isAccepted() == accepted)
                .mapToLong(reply -> reply.getValue().count())
                .sum();
    }

    static TrafficCounts traffic(Traffic traffic, List<MobileNodeStatus> mobileNodes) {
        return new TrafficCounts(
                traffic.datagrams(),
                traffic.repeats(),
                sorted(traffic.replies())
                        .map(reply -> new Reply(
                                reply.getKey(),
                                new ReplyCode(reply.getKey()).words(),
                                reply.getValue().count(),
                                reply.getValue().last()))
                        .toList(),
                sorted(traffic.discards()).map(Views::discarded).toList(),
                mobileNodes.stream().flatMap(Views::lastReplies).toList());
    }

    private static Discarded discarded(Map.Entry<Discard, Traffic.Tally> entry) {
        return new Discarded(
                entry.getKey().words(),
                entry.getValue().count(),
                entry.getValue().last());
    }

    private static Stream<LastReply> lastReplies(MobileNodeStatus status) {
        return sorted(status.replies())
                .map(reply -> new LastReply(
                        status.homeAddress(),
                        reply.getKey(),
                        new ReplyCode(reply.getKey()).words(),
                        reply.getValue().count(),
                        reply.getValue().last()));
    }

    private static <K extends Comparable<K>> Stream<Map.Entry<K, Traffic.Tally>> sorted(Map<K, Traffic.Tally> tallies) {
        return tallies.entrySet().stream().sorted(Map.Entry.comparingByKey());
    }

    private static Instant time(Identification identification, Instant now) {
        return identification.toInstant(now).truncatedTo(ChronoUnit.MILLIS);
    }
}
