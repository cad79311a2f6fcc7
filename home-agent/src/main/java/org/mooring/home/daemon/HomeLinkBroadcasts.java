package org.mooring.home.daemon;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;
import org.mooring.home.Event;
import org.mooring.home.RateLimit;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.packet.Segmentation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.Supervisor;

/** The broadcasts that others send on the home link, for mobile nodes that are away (RFC 3344 §4.3). No more of them than is configured: a storm stays at home. */
final class HomeLinkBroadcasts implements AutoCloseable {
    private final PacketSocket socket;
    private final Set<Ipv4Address> destinations;
    private final RateLimit limit;
    private final HomeAgentMetrics metrics;

    private HomeLinkBroadcasts(
            PacketSocket socket, Set<Ipv4Address> destinations, RateLimit limit, HomeAgentMetrics metrics) {
        this.socket = socket;
        this.destinations = destinations;
        this.limit = limit;
        this.metrics = metrics;
    }

    /**
     * Receives from now on, until this is closed.
     *
     * @param perSecond how many are taken, at least one
     */
    static HomeLinkBroadcasts open(
            Interface homeLink,
            Ipv4Address homeNetworkBroadcast,
            int perSecond,
            Consumer<Event> events,
            HomeAgentMetrics metrics,
            Supervisor supervisor)
            throws KernelException {
        var filter = PacketFilter.etherType(EtherType.IPV4).and(PacketFilter.broadcasts());
        var broadcasts = new HomeLinkBroadcasts(
                PacketSocket.open(homeLink, filter, PacketSocket.Option.OFFLOADS),
                Set.of(Ipv4Address.LIMITED_BROADCAST, homeNetworkBroadcast),
                new RateLimit(perSecond, Duration.ofSeconds(1).dividedBy(perSecond)),
                metrics);
        var reader = new Thread(() -> broadcasts.receive(events, supervisor), "broadcasts-" + homeLink.name());
        reader.setDaemon(true);
        reader.start();
        return broadcasts;
    }

    private void receive(Consumer<Event> events, Supervisor supervisor) {
        try {
            for (var frame = socket.receive(); frame.isPresent(); frame = socket.receive()) {
                take(frame.get(), events);
            }
        } catch (KernelException e) {
            supervisor.crash("reading the home link's broadcasts", e);
        }
    }

    private void take(ReceivedFrame frame, Consumer<Event> events) {
        frame.ethernet()
                .map(ethernet -> Segmentation.ipv4Packets(ethernet, frame.offload()))
                .ifPresent(packets -> {
                    for (var packet : packets) {
                        if (!isBroadcast(packet)) {
                            continue;
                        }
                        boolean permitted = limit.permits(frame.at());
                        metrics.countBroadcast(permitted);
                        if (permitted) {
                            events.accept(new Event.BroadcastReceived(frame.at(), Octets.copyOf(packet)));
                        }
                    }
                });
    }

    /** A frame to all stations may carry anything. */
    private boolean isBroadcast(ByteBuffer packet) {
        return Ipv4Packet.parse(packet)
                .map(parsed -> destinations.contains(Ipv4Address.of(parsed.destination())))
                .orElse(false);
    }

    @Override
    public void close() {
        socket.close();
    }
}
