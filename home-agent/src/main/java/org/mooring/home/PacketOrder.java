package org.mooring.home;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.mooring.home.Action.ExpectReturn;
import org.mooring.home.Action.SendMarker;
import org.mooring.home.Event.Timer;
import org.mooring.home.Event.Timer.Purpose;
import org.mooring.protocol.handover.Arrival;
import org.mooring.protocol.handover.Arrival.Opening;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.Arrivals;
import org.mooring.protocol.handover.Arrivals.Refusal;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage.Held;
import org.mooring.protocol.handover.HandoverMessage.Marker;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * Keeps the packets of mobile nodes in order that change sites (docs/handover.md, "In order"): those of one that comes home wait, and what
 * was sent to where one has been is marked. Confined to the agent loop.
 */
final class PacketOrder {
    /** After the first MARKER. The old foreign agent may redirect a little later than that one comes there, or the network may lose it. */
    private static final List<Duration> MARKED_AGAIN = List.of(Duration.ofMillis(20), Duration.ofMillis(60));

    private final Consumer<Action> out;
    private final Arrivals arrivals;
    private final Map<Ipv4Address, Marking> markings = new HashMap<>();
    private int enterpriseNumber;

    PacketOrder(int enterpriseNumber, Consumer<Action> out) {
        this.out = out;
        this.arrivals = new Arrivals(new Wanted());
        this.enterpriseNumber = enterpriseNumber;
    }

    void follow(Policy policy) {
        enterpriseNumber = policy.enterpriseNumber();
    }

    /** Of those who came home last. */
    List<Arrival> arrivals() {
        return arrivals.all();
    }

    /** The kernel is about to be told. */
    void begin(Ipv4Address homeAddress, Change change) {
        var wanted = change.forwarding().orElse(null);
        if (wanted instanceof ExpectReturn) {
            change.stagedAfter().ifPresent(entry -> arrivals.expect(homeAddress, entry.id()));
            arrivals.hold(homeAddress, EnumSet.of(Room.OLD));
        } else if (wanted != null && wanted.holds()) {
            arrivals.hold(homeAddress, EnumSet.allOf(Room.class));
        }
    }

    /** The kernel has done it. */
    void forwarded(Ipv4Address homeAddress, Change change, Instant at) {
        if (change.isReturn()) {
            arrivals.reach(homeAddress, at);
        }
        var markers = change.stagedBefore()
                .map(entry -> markers(homeAddress, change, entry.id()))
                .orElse(List.of());
        if (!markers.isEmpty()) {
            var again = MARKED_AGAIN.stream().map(at::plus).collect(Collectors.toCollection(ArrayDeque::new));
            markings.put(homeAddress, new Marking(markers, again));
            sendMarkers(homeAddress);
        }
    }

    private List<SendMarker> markers(Ipv4Address homeAddress, Change change, HandoverId id) {
        var message = new Marker(id).encode(enterpriseNumber);
        return change.left().stream()
                .map(peer -> new SendMarker(homeAddress, peer, message))
                .toList();
    }

    /** Into the tunnels that the last flip has left: at once, and when they are due again. */
    void sendMarkers(Ipv4Address homeAddress) {
        var marking = Objects.requireNonNull(markings.get(homeAddress), "nothing was left behind");
        marking.markers().forEach(out);
        var next = marking.again().poll();
        if (next == null) {
            markings.remove(homeAddress);
        } else {
            out.accept(new Action.ArmTimer(new Timer(Purpose.MARKER, homeAddress), next));
        }
    }

    void finish(Ipv4Address homeAddress, Change change, Instant at) {
        if (change.stagedAfter().filter(entry -> entry.peer().isEmpty()).isPresent()) {
            return;
        }
        if (change.isReturn()) {
            if (change.purpose() != Change.Purpose.COMMIT) {
                confirm(homeAddress, at);
            }
        } else if (change.changesAnything()) {
            // It went back, or away, or doesn't come.
            arrivals.end(homeAddress);
        }
    }

    /** What comes by the new path waits only if the mobile node was committed, or is about to be. */
    private void confirm(Ipv4Address homeAddress, Instant at) {
        boolean committed = arrivals.find(homeAddress)
                .filter(arrival -> arrival.closed().contains(Room.NEW))
                .isPresent();
        if (committed) {
            arrivals.runs(homeAddress, at);
        } else {
            arrivals.plain(homeAddress, at);
        }
    }

    /** A change was undone. What was staged is given up in most cases; then nobody comes. */
    void undo(MobileNodeState node) {
        if (node.staged().isEmpty()) {
            arrivals.end(node.homeAddress());
        }
    }

    Optional<Refusal> receive(Octets datagram, Instant at) {
        return arrivals.receive(datagram, enterpriseNumber, at);
    }

    Optional<Refusal> mark(Ipv4Address homeAddress, Octets datagram, Instant at) {
        return arrivals.mark(homeAddress, datagram, enterpriseNumber, at);
    }

    void began(Ipv4Address homeAddress, Room room, Instant at) {
        arrivals.began(homeAddress, room, at);
    }

    void opened(Action.OpenRoom opened, long held) {
        long more = arrivals.held(opened.homeAddress(), opened.id(), held);
        out.accept(new Action.Report(new Fact.RoomOpened(opened, held, more)));
        arrivals.waitedFor(opened.homeAddress(), opened.id()).ifPresent(this::tellHeld);
    }

    private void tellHeld(Arrival arrival) {
        var message = new Held(arrival.id(), (int) arrival.held());
        out.accept(new Action.TellAtHome(arrival.homeAddress(), message.encode(enterpriseNumber)));
    }

    void due(Ipv4Address homeAddress, Instant at) {
        arrivals.due(homeAddress, at);
    }

    /** @param again when they are due again, the earliest first */
    private record Marking(List<SendMarker> markers, Queue<Instant> again) {}

    private final class Wanted implements Arrivals.Out {
        @Override
        public void deliver(Ipv4Address homeAddress, Octets packet) {
            out.accept(new Action.DeliverPacket(homeAddress, packet));
        }

        @Override
        public void open(Arrival arrival, Room room, Opening why) {
            out.accept(new Action.OpenRoom(arrival.homeAddress(), arrival.id(), room, why));
        }

        @Override
        public void arm(Ipv4Address homeAddress, Instant at) {
            out.accept(new Action.ArmTimer(new Timer(Purpose.ARRIVAL, homeAddress), at));
        }

        @Override
        public void ended(Arrival arrival) {
            arrival.count()
                    .ifPresent(count -> out.accept(new Action.Report(
                            new Fact.EndReceived(arrival.homeAddress(), arrival.id(), arrival.rescued(), count))));
        }
    }
}
