package org.mooring.hook.daemon;

import java.io.IOException;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.mooring.datapath.DatapathException;
import org.mooring.datapath.DatapathView;
import org.mooring.datapath.Datapaths;
import org.mooring.datapath.Demands;
import org.mooring.datapath.Encapsulation;
import org.mooring.datapath.Path;
import org.mooring.datapath.Tunnel;
import org.mooring.datapath.VisitorDatapath;
import org.mooring.datapath.VisitorDatapathConfig;
import org.mooring.datapath.VisitorForwarding;
import org.mooring.datapath.Waiting;
import org.mooring.hook.Event;
import org.mooring.hook.Forwarding;
import org.mooring.hook.Guest;
import org.mooring.linux.Sysctl;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.loop.Worker;
import org.mooring.runtime.udp.UdpSocket;

/**
 * The packets of visitors whose tunnels end on this host, in the kernel. Works on a thread of its own; what comes of it is an
 * event.
 */
final class KernelForwarding implements AutoCloseable {
    /** What the foreign agent of a router calls its device, too: only one of the two can be on a machine. */
    private static final String DEVICE = VisitorDatapathConfig.DEVICE;

    private final String bridge;
    private final Datapaths.Chosen chosen;
    private final VisitorDatapath datapath;
    private final Worker<Event> thread;
    private final Supplier<Instant> clock;

    /** How many packets a visitor had in its tunnel when it left. Confined to the thread. */
    private final Map<Inet4Address, Long> before = new HashMap<>();

    private KernelForwarding(
            String bridge,
            Datapaths.Chosen chosen,
            VisitorDatapath datapath,
            Worker<Event> thread,
            Supplier<Instant> clock) {
        this.bridge = bridge;
        this.chosen = chosen;
        this.datapath = datapath;
        this.thread = thread;
        this.clock = clock;
    }

    /**
     * Takes over from a former process, or begins.
     *
     * @param demands of the guests that may come
     * @param bridge that the visitors are on
     * @param socket of the care-of address
     * @param present those that run here
     * @param waiting hears of packets that wait
     */
    static KernelForwarding open(
            CoLocatedConfig config,
            Demands demands,
            String bridge,
            UdpSocket socket,
            List<Guest> present,
            Waiting waiting,
            Worker<Event> thread,
            Supplier<Instant> clock)
            throws IOException {
        // The host is the router of its visitors.
        Sysctl.ipv4Device(bridge, "forwarding").ensure("1");
        Datapaths.Chosen chosen = Datapaths.choose(config.datapath(), demands);
        UdpSocket.Binding<VisitorDatapath, DatapathException> opening = () -> Datapaths.openVisitors(
                chosen,
                new VisitorDatapathConfig(
                        config.careOfAddress().toInet(),
                        DEVICE,
                        List.of(bridge),
                        config.uplinks(),
                        config.mtu(),
                        config.fastPath()),
                present.stream()
                        .map(guest -> forwarding(guest, bridge, guest.encapsulation(), Optional.empty()))
                        .toList(),
                List.of(),
                waiting);
        VisitorDatapath datapath = chosen.kind().sharesPort() ? socket.beside(opening) : opening.bind();
        return new KernelForwarding(bridge, chosen, datapath, thread, clock);
    }

    void change(Guest guest, Forwarding wanted) {
        thread.submit(() -> {
            Optional<String> refused = Optional.empty();
            try {
                forward(guest, wanted);
            } catch (DatapathException e) {
                refused = Optional.of(String.valueOf(e.getMessage()));
            }
            return new Event.Forwarded(clock.get(), guest.name(), wanted, refused);
        });
    }

    void deliver(Ipv4Address homeAddress, ByteBuffer packet) {
        thread.execute(() -> datapath.deliver(homeAddress.toInet(), packet));
    }

    /** Returns how many packets have waited for this home address, wherever. */
    CompletionStage<Long> open(Ipv4Address homeAddress, Room room) {
        return thread.ask(() -> {
            datapath.open(homeAddress.toInet(), path(room));
            return datapath.held().getOrDefault(homeAddress.toInet(), 0L);
        });
    }

    /** Returns how many packets of a visitor that has left were redirected since; empty if it is back. */
    CompletionStage<Optional<Long>> redirected(Guest guest) {
        Inet4Address home = guest.homeAddress().toInet();
        return thread.ask(() -> {
            Long then = before.remove(home);
            return then == null ? Optional.empty() : Optional.of(datapath.encapsulated(home) - then);
        });
    }

    CompletionStage<DatapathView> view() {
        return thread.ask(() -> DatapathView.of(chosen, datapath));
    }

    /** Leaves the kernel forwarding. */
    @Override
    public void close() throws DatapathException {
        thread.close();
        datapath.close();
    }

    private void forward(Guest guest, Forwarding wanted) throws DatapathException {
        Inet4Address home = guest.homeAddress().toInet();
        before.remove(home);
        if (wanted instanceof Forwarding.Stage stage) {
            datapath.stage(forwarding(guest, bridge, stage.encapsulation(), stage.previousCareOfAddress()));
            datapath.hold(
                    home, stage.closed().stream().map(KernelForwarding::path).collect(Collectors.toSet()));
        } else if (wanted instanceof Forwarding.Install install) {
            datapath.install(forwarding(guest, bridge, install.encapsulation(), install.previousCareOfAddress()));
            datapath.unstage(home);
        } else if (wanted instanceof Forwarding.Redirect redirect) {
            follow(guest, redirect.careOfAddress());
        } else if (wanted instanceof Forwarding.Recall) {
            datapath.recall(home);
        } else if (wanted instanceof Forwarding.Unstage) {
            datapath.unstage(home);
        } else if (wanted instanceof Forwarding.Remove) {
            datapath.remove(home);
        }
    }

    private void follow(Guest guest, Ipv4Address careOfAddress) throws DatapathException {
        Inet4Address home = guest.homeAddress().toInet();
        before.put(home, datapath.encapsulated(home));
        if (careOfAddress.equals(guest.homeAddress())) {
            datapath.sendHome(home);
        } else {
            datapath.redirect(home, Tunnel.ipip(careOfAddress.toInet()));
        }
    }

    private static VisitorForwarding forwarding(
            Guest guest, String bridge, Encapsulation encapsulation, Optional<Ipv4Address> previous) {
        int port = encapsulation == Encapsulation.UDP ? UdpSocket.REGISTRATION_PORT : 0;
        return new VisitorForwarding(
                guest.homeAddress().toInet(),
                new Tunnel(guest.homeAgent().toInet(), port, encapsulation),
                bridge,
                guest.mac(),
                true,
                Optional.empty(),
                previous.map(Ipv4Address::toInet));
    }

    static Room room(Path path) {
        return switch (path) {
            case OLD -> Room.OLD;
            case NEW -> Room.NEW;
        };
    }

    private static Path path(Room room) {
        return switch (room) {
            case OLD -> Path.OLD;
            case NEW -> Path.NEW;
        };
    }
}
