package org.mooring.home;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.revocation.RevocationClock;
import org.mooring.protocol.revocation.RevocationTerms;
import org.mooring.protocol.security.NonceGuard;
import org.mooring.protocol.security.ReplayGuard;
import org.mooring.protocol.security.ReplayProtection.Timestamps;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.TimestampGuard;
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

    /** A gratuitous ARP, or the look for what it is to say, that is to be repeated. */
    record Announcement(Action action, int repeats) {}

    private final Ipv4Address homeAddress;
    private final Map<Integer, Identification> newest = new HashMap<>();
    private final IntSupplier random;
    private final Map<Integer, NonceGuard> nonces = new HashMap<>();
    private final Map<ReplyCode, RateLimit> denials = new HashMap<>();
    private final Map<Integer, Traffic.Tally> replies = new TreeMap<>();
    private final List<RevokedBinding> revoked = new ArrayList<>();
    private final List<MobilityBinding> left = new ArrayList<>();
    private List<SecurityAssociation> associations = List.of();
    private List<SecurityAssociation> formerAssociations = List.of();
    private Optional<MacAddress> configuredMac = Optional.empty();
    private Optional<MacAddress> deviceMac = Optional.empty();
    private Optional<MacAddress> seenMac = Optional.empty();
    private BindingList bindings = BindingList.NONE;
    private long generation;
    private int lastCode = -1;
    private Instant lastReply = Instant.MIN;
    private @Nullable Change change;
    private @Nullable ReceivedRequest waiting;
    private @Nullable ReceivedRequest waitingCommit;
    private @Nullable Answered answered;
    private @Nullable Announcement announcement;
    private @Nullable StagedEntry staged;
    private @Nullable HandoverId armed;
    private @Nullable HandoverId committed;
    private @Nullable Instant holdEnd;
    private @Nullable Integer told;
    private boolean handedOver;
    private boolean toBeRevoked;
    private boolean tunnelStaged;
    private boolean neighbourHeld;

    /**
     * @param random what nonces are made of
     */
    MobileNodeState(Ipv4Address homeAddress, IntSupplier random) {
        this.homeAddress = homeAddress;
        this.random = random;
    }

    Ipv4Address homeAddress() {
        return homeAddress;
    }

    void configure(List<SecurityAssociation> associations, Optional<MacAddress> mac) {
        if (!this.associations.isEmpty()) {
            formerAssociations = this.associations;
        }
        this.associations = associations;
        this.configuredMac = mac;
    }

    void restore(MobileNodeRecord stored) {
        generation = stored.generation();
        newest.putAll(stored.newest());
        handedOver = stored.handedOver();
        bindings = stored.bindings();
        Stream.concat(bindings.all().stream(), stored.revoked().stream())
                .flatMap(bound -> bound.revocation().stream())
                .map(RevocationTerms::told)
                .forEach(this::told);
    }

    /** An authentic request is there. */
    void heard(ReceivedRequest received) {
        handedOver |= received.handover().asksTheTime();
    }

    /** Whether several hosts may speak for it, whose clocks differ: one that knows handovers has. */
    boolean isHandedOver() {
        return handedOver;
    }

    List<SecurityAssociation> associations() {
        return associations;
    }

    /** Also one that was configured before it was not any more. */
    Optional<SecurityAssociation> association(int spi) {
        return Stream.concat(associations.stream(), formerAssociations.stream())
                .filter(association -> association.spi() == spi)
                .findFirst();
    }

    /** What the mobile node is likely to know, though its own authenticator was wrong. There is one, as it is configured. */
    SecurityAssociation likelyKnown(ReceivedRequest received) {
        return Replies.likelyKnown(received, Kind.MOBILE_HOME, associations).orElseThrow();
    }

    /** Replay protection as it stands for {@code association}. */
    ReplayGuard guard(SecurityAssociation association) {
        if (!(association.replayProtection() instanceof Timestamps timestamps)) {
            return nonces.computeIfAbsent(association.spi(), any -> new NonceGuard(random));
        }
        // Of all SPIs: when keys roll over, a late request under the old one is no less late.
        return newest.values().stream()
                .reduce((one, other) -> one.isAfter(other) ? one : other)
                .map(accepted -> TimestampGuard.restored(timestamps.tolerance(), accepted))
                .orElseGet(() -> new TimestampGuard(timestamps.tolerance()));
    }

    BindingList bindings() {
        return bindings;
    }

    /** The generation of a binding with {@code peer}, were it made now. */
    long generationWith(Peer peer) {
        return bindings.with(peer).map(MobilityBinding::generation).orElse(generation + 1);
    }

    Optional<Change> change() {
        return Optional.ofNullable(change);
    }

    /** Where it is, and where it may go next. */
    Change.Standing standing() {
        return new Change.Standing(bindings, staged());
    }

    Optional<StagedEntry> staged() {
        return Optional.ofNullable(staged);
    }

    /** Whether it was told of the staged entry where it is, so that its COMMIT may be on its way. */
    boolean isArmed() {
        return staged != null && staged.id().equals(armed);
    }

    /** The handover whose COMMIT made the binding what it is. */
    Optional<HandoverId> committed() {
        return Optional.ofNullable(committed);
    }

    /** Whether the kernel has a second tunnel: that of the staged entry, or the one before it was committed. */
    boolean isTunnelStaged() {
        return tunnelStaged;
    }

    /** Whether the kernel leads its packets to its MAC without ARP. */
    boolean isNeighbourHeld() {
        return neighbourHeld;
    }

    /** When what is staged ends. */
    Optional<Instant> holdEnd() {
        return Optional.ofNullable(holdEnd);
    }

    void holdUntil(Instant end) {
        holdEnd = end;
    }

    /** Whatever becomes of a change of what is staged, the entry before is not there any more. */
    void begin(Change next) {
        change = next;
        if (!next.stagedAfter().equals(next.stagedBefore())) {
            staged = null;
        }
    }

    /** Gives up the staged entry: the kernel has refused something, and what it has is not known. What is staged there ends with the hold time. */
    void giveUpStaged() {
        staged = null;
    }

    /** Takes note of what the kernel has done for {@code under}. */
    void forwarded(Action.Forwarding done, Change under) {
        if (done instanceof Action.StageForwarding) {
            tunnelStaged = true;
        } else if (done instanceof Action.UnstageForwarding || done instanceof Action.ExpectReturn) {
            tunnelStaged = false;
        } else if (done instanceof Action.FlipForwarding) {
            tunnelStaged = !under.before().isEmpty();
            neighbourHeld = false;
        } else if (done instanceof Action.InstallForwarding) {
            neighbourHeld = false;
        } else if (done instanceof Action.ReturnForwarding) {
            tunnelStaged = !under.before().isEmpty();
            neighbourHeld = true;
        } else if (done instanceof Action.RetireForwarding) {
            tunnelStaged = !under.before().isEmpty();
            neighbourHeld = false;
        } else if (done instanceof Action.SettleForwarding) {
            neighbourHeld = false;
        } else {
            tunnelStaged = false;
            neighbourHeld = false;
        }
    }

    /** What the store is to hold once {@code change} is done. */
    MobileNodeRecord recordAfter(Change change) {
        var accepted = new HashMap<>(newest);
        change.acceptance()
                .filter(a -> isDated(a.association()))
                .ifPresent(a -> accepted.put(
                        a.association().spi(), a.received().request().identification()));
        return new MobileNodeRecord(
                homeAddress,
                Math.max(
                        generation,
                        change.after().newest().map(MobilityBinding::generation).orElse(0L)),
                change.after(),
                revokedAfter(change),
                accepted,
                handedOver);
    }

    /** The bindings of which foreign agents, or the mobile node itself, are to be told that they are over once {@code change} is done. */
    List<MobilityBinding> revokedAfter(Change change) {
        var pending = revoked.stream().map(RevokedBinding::binding);
        // Whoever is bound there again is served there again.
        return Stream.concat(
                        pending,
                        revokedBy(change).filter(binding -> binding.revocation().isPresent()))
                .filter(binding -> change.after().at(binding.careOfAddress()).isEmpty())
                .toList();
    }

    private Stream<MobilityBinding> revokedBy(Change change) {
        return switch (change.purpose()) {
            case REVOCATION ->
                change.ended().filter(binding -> change.revocation().isEmpty());
            // Only now is it sure that the mobile node doesn't go back after a COMMIT. A lifetime that is over needs no
            // word.
            case REGISTRATION ->
                change.acceptance().stream()
                        .flatMap(acceptance -> Stream.concat(left.stream(), change.ended())
                                .filter(binding -> !isTold(binding, acceptance.received())));
            case PREPARATION, UNSTAGING, COMMIT, KEEPALIVE -> Stream.empty();
        };
    }

    /** A foreign agent that relays the deregistration knows. */
    private static boolean isTold(MobilityBinding binding, ReceivedRequest deregistration) {
        return deregistration.request().isDeregistration()
                && deregistration.from().address().equals(binding.from().address());
    }

    /** The bindings that are over, of which not everybody who should know does. */
    List<RevokedBinding> revoked() {
        return revoked;
    }

    /** The agent's latest timestamp towards this mobile node's foreign agents. */
    void told(int timestamp) {
        if (told == null || RevocationClock.isAfter(timestamp, told)) {
            told = timestamp;
        }
    }

    /** The timestamp to tell at {@code now}: none is before what was told already. */
    int timestamp(Instant now) {
        return told == null ? RevocationClock.at(now) : RevocationClock.atOrAfter(now, told);
    }

    /** Has the binding that comes of the change under way revoked. */
    void revokeLater() {
        toBeRevoked = true;
    }

    boolean takeRevocation() {
        boolean revokes = toBeRevoked;
        toBeRevoked = false;
        return revokes;
    }

    /** Makes the change that is under way true: only now is the request's Identification used up. */
    void commit(Change done) {
        var changed = recordAfter(done);
        generation = changed.generation();
        newest.putAll(changed.newest());
        bindings = changed.bindings();
        bindings.all().stream()
                .flatMap(binding -> binding.revocation().stream())
                .map(RevocationTerms::told)
                .forEach(this::told);
        leave(done);
        staged = done.stagedAfter().orElse(null);
        if (staged != null && done.arms()) {
            armed = staged.id();
        }
        if (done.purpose() == Change.Purpose.COMMIT) {
            committed = done.stagedBefore().map(StagedEntry::id).orElse(null);
        } else if (done.changesBindings()) {
            committed = null;
        }
        done.acceptance()
                .flatMap(acceptance -> acceptance.received().deviceMac())
                .ifPresent(mac -> deviceMac = Optional.of(mac));
        answered = null;
        change = null;
    }

    /** After a COMMIT the mobile node may still come back, and where it was is not told yet. */
    private void leave(Change done) {
        if (done.purpose() == Change.Purpose.COMMIT) {
            done.ended().forEach(left::add);
        } else if (done.changesBindings() || done.isReturn()) {
            left.clear();
        }
    }

    void endChange() {
        change = null;
    }

    /** The older one of those that wait. */
    Optional<ReceivedRequest> takeWaiting() {
        var request = waiting;
        var commit = waitingCommit;
        if (commit != null && (request == null || isNewer(request, commit))) {
            waitingCommit = null;
            return Optional.of(commit);
        }
        waiting = null;
        return Optional.ofNullable(request);
    }

    /**
     * Lets the newer one of {@code received} and what waits already wait for the change under way. A COMMIT waits beside the others: no renewal
     * may take its place, or the mobile node's packets would go where it isn't any more.
     *
     * @return the older one
     */
    Optional<ReceivedRequest> await(ReceivedRequest received, SecurityAssociation association) {
        boolean commits = received.handover().commit().isPresent();
        var other = commits ? waitingCommit : waiting;
        if (other != null && isDated(association) && !isNewer(received, other)) {
            return Optional.of(received);
        }
        if (commits) {
            waitingCommit = received;
        } else {
            waiting = received;
        }
        return Optional.ofNullable(other);
    }

    /** Nonces have no order: the request that came last is the newest. */
    private static boolean isDated(SecurityAssociation association) {
        return association.replayProtection() instanceof Timestamps;
    }

    private static boolean isNewer(ReceivedRequest request, ReceivedRequest other) {
        return request.request().identification().isAfter(other.request().identification());
    }

    Optional<Answered> answered() {
        return Optional.ofNullable(answered);
    }

    void answered(Answered last) {
        answered = last;
    }

    /** What it says, or the operator. */
    Optional<MacAddress> mac() {
        return deviceMac.or(() -> configuredMac);
    }

    /** Its MAC when it was at home last. */
    void saw(MacAddress mac) {
        seenMac = Optional.of(mac);
    }

    boolean hasMac(MacAddress mac) {
        return mac().or(() -> seenMac).equals(Optional.of(mac));
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
        lastReply = at;
        replies.put(code, replies.getOrDefault(code, new Traffic.Tally(0, at)).next(at));
    }

    /** When it was answered last; long ago after a restart. */
    Instant lastReply() {
        return lastReply;
    }

    MobileNodeStatus status() {
        return new MobileNodeStatus(
                homeAddress,
                mac().or(() -> seenMac),
                bindings,
                staged(),
                generation,
                newest,
                replies,
                lastCode < 0 ? Optional.empty() : Optional.of(lastCode));
    }
}
