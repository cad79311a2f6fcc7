package org.mooring.protocol.handover;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.mooring.protocol.handover.Arrival.Opening;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.HandoverMessage.End;
import org.mooring.protocol.handover.HandoverMessage.Marker;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * The guests that come to an agent's site, by home address: their packets are put in order (docs/handover.md, "In order"). Confined to the
 * agent loop.
 */
public final class Arrivals {
    /** Does what is wanted, and in this order. */
    public interface Out {
        /** Brings {@code packet} to the guest, ahead of all that waits. */
        void deliver(Ipv4Address homeAddress, Octets packet);

        /** Lets what waits go on. */
        void open(Arrival arrival, Room room, Opening why);

        /** {@link Arrivals#due} is to be called at {@code at}; in place of what was armed for this home address before. */
        void arm(Ipv4Address homeAddress, Instant at);

        /** END was received, and the count in it is new. */
        void ended(Arrival arrival);
    }

    /** Why a message is not followed. */
    public enum Refusal {
        /** Of another enterprise, kind or length; or what was rescued is no IPv4 packet. */
        MALFORMED,
        /** One that doesn't come this way. */
        UNEXPECTED,
        /** There is no handover with this id. */
        UNKNOWN_HANDOVER,
        /** What was rescued isn't for this handover's guest. */
        ANOTHER_HOME_ADDRESS,
        /** The same was rescued before. */
        REPEATED,
        /** More is rescued than is kept. */
        TOO_MANY
    }

    private final Map<Ipv4Address, Arrival> byHomeAddress = new TreeMap<>();

    /** Those that aren't over. */
    private final Map<HandoverId, Arrival> byId = new HashMap<>();

    private final Out out;

    public Arrivals(Out out) {
        this.out = out;
    }

    /** The last one of each guest, in the order of home addresses. */
    public List<Arrival> all() {
        return List.copyOf(byHomeAddress.values());
    }

    public Optional<Arrival> find(Ipv4Address homeAddress) {
        return Optional.ofNullable(byHomeAddress.get(homeAddress));
    }

    /**
     * The guest may come: what is rescued is kept, until {@link #reach} says that it can be brought there. The same may be said again; another
     * handover of the guest ends the one before. The id of another guest's handover is nobody's.
     *
     * @return whether it is a new one
     */
    public boolean expect(Ipv4Address homeAddress, HandoverId id) {
        var known = byId.get(id);
        if (known != null && known.homeAddress().equals(homeAddress)) {
            return false;
        }
        end(homeAddress);
        if (known != null) {
            return false;
        }
        var arrival = new Arrival(homeAddress, id, out);
        byHomeAddress.put(homeAddress, arrival);
        byId.put(id, arrival);
        return true;
    }

    /** Packets wait in {@code rooms} from now on. */
    public void hold(Ipv4Address homeAddress, Set<Room> rooms) {
        underWay(homeAddress).ifPresent(arrival -> arrival.hold(rooms));
    }

    /** The guest's packets lead to where it comes. */
    public void reach(Ipv4Address homeAddress, Instant now) {
        underWay(homeAddress).ifPresent(arrival -> arrival.reach(now));
    }

    /** A datagram to port 434 of the agent, from wherever it came. */
    public Optional<Refusal> receive(Octets datagram, int enterpriseNumber, Instant now) {
        var message = HandoverMessage.decode(datagram, enterpriseNumber);
        if (message.isEmpty()) {
            return Optional.of(Refusal.MALFORMED);
        }
        var arrival = byId.get(message.get().id());
        if (arrival == null) {
            return Optional.of(Refusal.UNKNOWN_HANDOVER);
        }
        if (message.get() instanceof Rescued rescued) {
            return arrival.receive(rescued, now);
        }
        if (message.get() instanceof End end) {
            arrival.end(end.count(), now);
            return Optional.empty();
        }
        return Optional.of(Refusal.UNEXPECTED);
    }

    /** A datagram to port 434 of the guest, lifted out of a tunnel. */
    public Optional<Refusal> mark(Ipv4Address homeAddress, Octets datagram, int enterpriseNumber, Instant now) {
        var message = HandoverMessage.decode(datagram, enterpriseNumber);
        if (message.isEmpty()) {
            return Optional.of(Refusal.MALFORMED);
        }
        if (!(message.get() instanceof Marker)) {
            return Optional.of(Refusal.UNEXPECTED);
        }
        var arrival = byId.get(message.get().id());
        if (arrival == null || !arrival.homeAddress().equals(homeAddress)) {
            return Optional.of(Refusal.UNKNOWN_HANDOVER);
        }
        arrival.mark(now);
        return Optional.empty();
    }

    /** The first packet waits in {@code room}. */
    public void began(Ipv4Address homeAddress, Room room, Instant now) {
        underWay(homeAddress).ifPresent(arrival -> arrival.began(room, now));
    }

    /**
     * How many packets have waited so far.
     *
     * @return how many of them are news
     */
    public long held(Ipv4Address homeAddress, HandoverId id, long packets) {
        return find(homeAddress)
                .filter(arrival -> arrival.id().equals(id))
                .map(arrival -> arrival.held(packets))
                .orElse(0L);
    }

    /** That handover, if packets have waited in it, and none waits any more. */
    public Optional<Arrival> waitedFor(Ipv4Address homeAddress, HandoverId id) {
        return find(homeAddress)
                .filter(arrival -> arrival.id().equals(id)
                        && arrival.held() > 0
                        && arrival.closed().isEmpty());
    }

    /** The guest has registered, so that it runs; nobody has heard whether it was committed, yet. */
    public void confirm(Ipv4Address homeAddress, Instant now) {
        underWay(homeAddress).ifPresent(arrival -> arrival.confirm(now));
    }

    /** The guest has registered, so that it runs; it was not committed. */
    public void plain(Ipv4Address homeAddress, Instant now) {
        underWay(homeAddress).ifPresent(arrival -> arrival.plain(now));
    }

    /** The guest has registered, so that it runs; it was committed, so that what it left behind may still be under way. */
    public void runs(Ipv4Address homeAddress, Instant now) {
        underWay(homeAddress).ifPresent(arrival -> arrival.runs(now));
    }

    /** A time has come. */
    public void due(Ipv4Address homeAddress, Instant now) {
        underWay(homeAddress).ifPresent(arrival -> {
            arrival.due(now);
            if (arrival.isOver()) {
                byId.remove(arrival.id());
            }
        });
    }

    /** The guest doesn't come, or is elsewhere by now: nothing waits for it here. */
    public void end(Ipv4Address homeAddress) {
        underWay(homeAddress).ifPresent(arrival -> {
            byId.remove(arrival.id());
            arrival.end();
        });
    }

    /** As {@link #end}, and nobody asks any more how it was. */
    public void forget(Ipv4Address homeAddress) {
        end(homeAddress);
        byHomeAddress.remove(homeAddress);
    }

    private Optional<Arrival> underWay(Ipv4Address homeAddress) {
        return find(homeAddress).filter(arrival -> !arrival.isOver());
    }
}
