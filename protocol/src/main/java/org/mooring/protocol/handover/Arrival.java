package org.mooring.protocol.handover;

import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mooring.protocol.handover.Arrivals.Out;
import org.mooring.protocol.handover.Arrivals.Refusal;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * The packets of one guest that comes, and what they wait for (docs/handover.md, "In order"). What was rescued goes to the guest first, then
 * what waits in {@link Room#OLD}, then what waits in {@link Room#NEW}. Confined to the agent loop.
 */
public final class Arrival {
    /**
     * For END, after the first packet that waits for it and after the latest RESCUED, and after END or CONFIRM for what was rescued and is
     * missing. After CONFIRM also for the first word from where the guest was: it may be on its way.
     */
    static final Duration END_TIME = Duration.ofMillis(100);

    /** A rescue lasts no longer, so that nobody waits longer for the next RESCUED. */
    static final Duration RESCUE_TIME = Duration.ofSeconds(1);

    /** For MARKER, after the first packet that waits for it. */
    static final Duration MARKER_TIME = Duration.ofMillis(200);

    /** After CONFIRM, for what comes late. */
    static final Duration LATE_TIME = Duration.ofSeconds(5);

    /** How many rescued packets are kept that can't go on yet. */
    static final int MAX_KEPT = 1024;

    /** More than can be rescued in {@link #RESCUE_TIME}. */
    static final int MAX_RESCUED = 1 << 20;

    /** Where packets wait. */
    public enum Room {
        /** What the old foreign agent redirects. */
        OLD,
        /** What comes from the home agent; at home, from everywhere. */
        NEW
    }

    /** Why a room was opened. */
    public enum Opening {
        END,
        MARKER,
        /** The first packet has waited as long as it may. */
        DEADLINE,
        /** The guest runs, and nothing was heard from where it was. */
        CONFIRM,
        /** There is nothing to wait for: the guest doesn't come, or has long been here. */
        OVER
    }

    private final Ipv4Address homeAddress;
    private final HandoverId id;
    private final Out out;

    private final BitSet seen = new BitSet();
    private final NavigableMap<Integer, Octets> kept = new TreeMap<>();
    private final Set<Room> rooms = EnumSet.noneOf(Room.class);
    private final Set<Room> closed = EnumSet.noneOf(Room.class);
    private final Map<Room, Instant> deadlines = new EnumMap<>(Room.class);
    private final Map<Room, Opening> openings = new EnumMap<>(Room.class);
    private OptionalInt count = OptionalInt.empty();
    private int rescued;
    private long held;
    private boolean reachable;
    private boolean marked;
    private boolean over;
    private @Nullable Instant wordUntil;
    private @Nullable Instant endUntil;
    private @Nullable Instant overAt;
    private @Nullable Instant armed;

    Arrival(Ipv4Address homeAddress, HandoverId id, Out out) {
        this.homeAddress = homeAddress;
        this.id = id;
        this.out = out;
    }

    public Ipv4Address homeAddress() {
        return homeAddress;
    }

    public HandoverId id() {
        return id;
    }

    /** How many rescued packets have come. */
    public int rescued() {
        return rescued;
    }

    /** How many there are, says END, unsigned; empty before it. */
    public OptionalInt count() {
        return count;
    }

    /** How many rescued packets wait for one that is missing, or for COMMIT. */
    public int kept() {
        return kept.size();
    }

    /** How many packets have waited, as far as is known. */
    public long held() {
        return held;
    }

    /** Where packets must wait. */
    public Set<Room> closed() {
        return Set.copyOf(closed);
    }

    /** Why a room was opened; empty if it wasn't, or there was none. */
    public Optional<Opening> opening(Room room) {
        return Optional.ofNullable(openings.get(room));
    }

    /** Whether nothing more is taken for it. */
    public boolean isOver() {
        return over;
    }

    long held(long packets) {
        long more = Math.max(0, packets - held);
        held += more;
        return more;
    }

    void hold(Set<Room> which) {
        rooms.addAll(which);
        closed.addAll(which);
    }

    /** Packets can be brought to the guest. */
    void reach(Instant now) {
        reachable = true;
        settle(now);
    }

    Optional<Refusal> receive(Rescued packet, Instant now) {
        int sequence = packet.sequence();
        if (!packet.destination().equals(homeAddress)) {
            return Optional.of(Refusal.ANOTHER_HOME_ADDRESS);
        }
        if (Integer.compareUnsigned(sequence, MAX_RESCUED) >= 0 || (!reachable && kept.size() >= MAX_KEPT)) {
            return Optional.of(Refusal.TOO_MANY);
        }
        if (seen.get(sequence)) {
            return Optional.of(Refusal.REPEATED);
        }
        seen.set(sequence);
        rescued++;
        waitOn(now);
        kept.put(sequence, packet.packet());
        settle(now);
        return Optional.empty();
    }

    void end(int next, Instant now) {
        boolean news = count.isEmpty() || Integer.compareUnsigned(count.getAsInt(), next) < 0;
        if (news) {
            count = OptionalInt.of(next);
            out.ended(this);
            waitForEnd(now);
            settle(now);
        }
    }

    void mark(Instant now) {
        marked = true;
        if (waitsForOldAlone()) {
            deadlines.remove(Room.NEW);
        }
        settle(now);
    }

    /** The first packet waits in {@code room}. */
    void began(Room room, Instant now) {
        if (room == roomOfEnd()) {
            waitForEnd(now);
        } else if (closed.contains(room) && !waitsForOldAlone()) {
            deadlines.putIfAbsent(room, now.plus(MARKER_TIME));
        }
        settle(now);
    }

    /** Whether what comes by the new path waits for nothing but what is older, which has a time of its own. */
    private boolean waitsForOldAlone() {
        return marked && closed.contains(Room.OLD);
    }

    /** The guest has registered. */
    void confirm(Instant now) {
        if (wordUntil == null) {
            wordUntil = now.plus(END_TIME);
        }
        runs(now);
    }

    /** As {@link #confirm}, and no word can be on its way. */
    void plain(Instant now) {
        openUnlessHeard();
        runs(now);
    }

    private void openUnlessHeard() {
        if (isUnheard()) {
            openAll(Opening.CONFIRM);
        }
    }

    /** Whether nothing has come from where the guest was. */
    private boolean isUnheard() {
        return rescued == 0 && count.isEmpty();
    }

    /** As {@link #confirm}, but what waits has something to wait for. */
    void runs(Instant now) {
        if (overAt == null) {
            overAt = now.plus(LATE_TIME);
        }
        waitForEnd(now);
        settle(now);
    }

    /** What was rescued, or END, may be lost on its way. */
    private void waitForEnd(Instant now) {
        if (closed.contains(roomOfEnd()) && deadlines.putIfAbsent(roomOfEnd(), now.plus(END_TIME)) == null) {
            endUntil = now.plus(RESCUE_TIME);
        }
    }

    /** The rescue goes on, so END is still to come. */
    private void waitOn(Instant now) {
        if (count.isEmpty() && endUntil != null) {
            var next = now.plus(END_TIME);
            deadlines.replace(roomOfEnd(), next.isBefore(endUntil) ? next : endUntil);
        }
    }

    /** A time has come. */
    void due(Instant now) {
        settle(now);
        if (isPast(overAt, now)) {
            openAll(Opening.OVER);
            end();
        }
    }

    /** Nothing waits any more, and nothing more is taken. What was rescued and hasn't gone on is lost. */
    void end() {
        over = true;
        kept.clear();
        seen.clear();
        openAll(Opening.OVER);
    }

    private void settle(Instant now) {
        if (reachable) {
            deliver();
            openAsDue(now);
            arm(now);
        }
    }

    private void openAsDue(Instant now) {
        if (isComplete()) {
            open(roomOfEnd(), Opening.END);
        }
        if (isPast(wordUntil, now)) {
            openUnlessHeard();
        }
        if (marked && rooms.contains(Room.OLD) && !closed.contains(Room.OLD)) {
            open(Room.NEW, Opening.MARKER);
        }
        for (var room : Room.values()) {
            if (isPast(deadlines.get(room), now)) {
                open(room, Opening.DEADLINE);
            }
        }
    }

    private static boolean isPast(@Nullable Instant time, Instant now) {
        return time != null && !now.isBefore(time);
    }

    private void openAll(Opening why) {
        for (var room : Room.values()) {
            open(room, why);
        }
    }

    /** What is older goes before. */
    private void open(Room room, Opening why) {
        if (room == Room.NEW) {
            open(Room.OLD, why);
        }
        if (closed.remove(room)) {
            deliver();
            deadlines.remove(room);
            openings.put(room, why);
            out.open(this, room, why);
        }
    }

    /** Waits for what is missing only while the packets that are younger wait as well. */
    private void deliver() {
        boolean waits = closed.contains(roomOfEnd()) && kept.size() <= MAX_KEPT;
        int missing = seen.nextClearBit(0);
        while (!kept.isEmpty() && (!waits || kept.firstKey() < missing)) {
            out.deliver(homeAddress, kept.pollFirstEntry().getValue());
        }
    }

    private boolean isComplete() {
        return count.isPresent() && Integer.compareUnsigned(seen.nextClearBit(0), count.getAsInt()) >= 0;
    }

    /** Of a guest that was at home, nothing is redirected. */
    private Room roomOfEnd() {
        return rooms.contains(Room.OLD) ? Room.OLD : Room.NEW;
    }

    private void arm(Instant now) {
        var word = Stream.ofNullable(wordUntil).filter(until -> isUnheard() && !closed.isEmpty() && until.isAfter(now));
        var next = Stream.of(deadlines.values().stream(), word, Stream.ofNullable(overAt))
                .flatMap(times -> times)
                .min(Instant::compareTo);
        next.filter(at -> !at.equals(armed)).ifPresent(at -> {
            armed = at;
            out.arm(homeAddress, at);
        });
    }
}
