package org.mooring.home;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.security.ReplayGuard;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.ReplyCode;

/** All that the home agent knows of one mobile node. Confined to the agent loop. */
final class MobileNodeState {
    /** A mobile node sends one request a second (RFC 3344 §3.6.3); a retry or two of it may be denied at once. */
    private static final int DENIALS_AT_ONCE = 3;

    private static final Duration DENIAL_INTERVAL = Duration.ofSeconds(1);

    /** The last accepted request and its answer. */
    record Answered(ReceivedRequest received, Action.SendReply reply) {}

    /** A gratuitous ARP that is to be repeated. */
    record Announcement(Action gratuitousArp, int repeats) {}

    private final Ipv4Address homeAddress;
    private final Map<Integer, Identification> newest = new HashMap<>();
    private final Map<ReplyCode, RateLimit> denials = new HashMap<>();
    private final Map<Integer, Traffic.Tally> replies = new TreeMap<>();
    private List<SecurityAssociation> associations = List.of();
    private Optional<MacAddress> configuredMac = Optional.empty();
    private Optional<MacAddress> deviceMac = Optional.empty();
    private long generation;
    private int lastCode = -1;
    private @Nullable MobilityBinding binding;
    private @Nullable Change change;
    private @Nullable ReceivedRequest waiting;
    private @Nullable Answered answered;
    private @Nullable Announcement announcement;

    MobileNodeState(Ipv4Address homeAddress) {
        this.homeAddress = homeAddress;
    }

    Ipv4Address homeAddress() {
        return homeAddress;
    }

    void configure(List<SecurityAssociation> associations, Optional<MacAddress> mac) {
        this.associations = associations;
        this.configuredMac = mac;
    }

    void restore(MobileNodeRecord stored) {
        generation = stored.generation();
        newest.putAll(stored.newest());
        binding = stored.binding().orElse(null);
    }

    List<SecurityAssociation> associations() {
        return associations;
    }

    /** What the mobile node is likely to know, though its own authenticator was wrong. There is one, as it is configured. */
    SecurityAssociation likelyKnown(ReceivedRequest received) {
        return Replies.likelyKnown(received, Kind.MOBILE_HOME, associations).orElseThrow();
    }

    /** Replay protection as it stands for {@code association}. */
    ReplayGuard guard(SecurityAssociation association) {
        var accepted = newest.get(association.spi());
        return accepted == null
                ? new ReplayGuard(association.tolerance())
                : ReplayGuard.restored(association.tolerance(), accepted);
    }

    Optional<MobilityBinding> binding() {
        return Optional.ofNullable(binding);
    }

    /** The generation of a binding with {@code peer}, were it made now. */
    long generationWith(Peer peer) {
        return binding != null && binding.peer().equals(peer) ? generation : generation + 1;
    }

    Optional<Change> change() {
        return Optional.ofNullable(change);
    }

    void begin(Change next) {
        change = next;
    }

    /** What the store is to hold once {@code change} is done. */
    MobileNodeRecord recordAfter(Change change) {
        var accepted = new HashMap<>(newest);
        change.acceptance()
                .ifPresent(a -> accepted.put(
                        a.association().spi(), a.received().request().identification()));
        return new MobileNodeRecord(
                homeAddress,
                change.after().map(MobilityBinding::generation).orElse(generation),
                change.after(),
                accepted);
    }

    /** Makes the change that is under way true: only now is the request's Identification used up. */
    void commit(Change done) {
        var changed = recordAfter(done);
        generation = changed.generation();
        newest.putAll(changed.newest());
        binding = changed.binding().orElse(null);
        done.acceptance()
                .flatMap(acceptance -> acceptance.received().deviceMac())
                .ifPresent(mac -> deviceMac = Optional.of(mac));
        answered = null;
        change = null;
    }

    void endChange() {
        change = null;
    }

    Optional<ReceivedRequest> takeWaiting() {
        var taken = Optional.ofNullable(waiting);
        waiting = null;
        return taken;
    }

    /**
     * Lets the newer one of {@code received} and what waits already wait for the change under way.
     *
     * @return the older one
     */
    Optional<ReceivedRequest> await(ReceivedRequest received) {
        var other = waiting;
        if (other != null
                && !received.request().identification().isAfter(other.request().identification())) {
            return Optional.of(received);
        }
        waiting = received;
        return Optional.ofNullable(other);
    }

    Optional<Answered> answered() {
        return Optional.ofNullable(answered);
    }

    void answered(Answered last) {
        answered = last;
    }

    Optional<MacAddress> mac() {
        return deviceMac.or(() -> configuredMac);
    }

    Optional<Announcement> announcement() {
        return Optional.ofNullable(announcement);
    }

    void announcing(Announcement next) {
        announcement = next;
    }

    void stopAnnouncing() {
        announcement = null;
    }

    boolean permitsDenial(ReplyCode code, Instant at) {
        return denials.computeIfAbsent(code, any -> new RateLimit(DENIALS_AT_ONCE, DENIAL_INTERVAL))
                .permits(at);
    }

    void countReply(int code, Instant at) {
        lastCode = code;
        replies.put(code, replies.getOrDefault(code, new Traffic.Tally(0, at)).next(at));
    }

    MobileNodeStatus status() {
        return new MobileNodeStatus(
                homeAddress,
                mac(),
                binding(),
                generation,
                newest,
                replies,
                lastCode < 0 ? Optional.empty() : Optional.of(lastCode));
    }
}
