package org.mooring.foreign.daemon;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.mooring.datapath.DatapathException;
import org.mooring.datapath.DatapathKind;
import org.mooring.datapath.DatapathView;
import org.mooring.datapath.Datapaths;
import org.mooring.datapath.Path;
import org.mooring.datapath.Tunnel;
import org.mooring.datapath.VisitorDatapath;
import org.mooring.datapath.VisitorForwarding;
import org.mooring.foreign.Action;
import org.mooring.foreign.Event;
import org.mooring.foreign.Visitor;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.loop.Worker;
import org.mooring.runtime.udp.UdpSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The visitors' packets in the kernel. Works on a thread of its own; what comes of it is an event. */
final class KernelForwarding implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ForeignAgentProgram.class);

    private final Datapaths.Chosen chosen;
    private final VisitorDatapath datapath;
    private final Worker<Event> thread;
    private final Supplier<Instant> clock;

    /** How many packets a visitor had in its tunnel when it left. Confined to the thread. */
    private final Map<Ipv4Address, Long> before = new HashMap<>();

    KernelForwarding(Datapaths.Chosen chosen, VisitorDatapath datapath, Worker<Event> thread, Supplier<Instant> clock) {
        this.chosen = chosen;
        this.datapath = datapath;
        this.thread = thread;
        this.clock = clock;
    }

    /** What is done for a visitor. */
    private interface Installation {
        void install(VisitorForwarding forwarding) throws DatapathException;
    }

    void install(Visitor visitor) {
        install(visitor, datapath::install);
    }

    void installNamesake(Visitor visitor) {
        install(visitor, datapath::installNamesake);
    }

    private void install(Visitor visitor, Installation installation) {
        thread.submit(() -> {
            try {
                installation.install(forwarding(visitor));
                return new Event.VisitorInstalled(clock.get(), visitor);
            } catch (DatapathException e) {
                return new Event.VisitorNotInstalled(clock.get(), visitor, String.valueOf(e.getMessage()));
            }
        });
    }

    void remove(Ipv4Address homeAddress) {
        thread.submit(() -> {
            before.remove(homeAddress);
            try {
                datapath.remove(homeAddress.toInet());
                return new Event.VisitorRemoved(clock.get(), homeAddress);
            } catch (DatapathException e) {
                return new Event.VisitorNotRemoved(clock.get(), homeAddress, String.valueOf(e.getMessage()));
            }
        });
    }

    void removeNamesake(Visitor visitor) {
        thread.submit(() -> {
            try {
                datapath.removeNamesake(forwarding(visitor));
                return new Event.VisitorRemoved(clock.get(), visitor.homeAddress());
            } catch (DatapathException e) {
                return new Event.VisitorNotRemoved(clock.get(), visitor.homeAddress(), String.valueOf(e.getMessage()));
            }
        });
    }

    void stage(Action.StageVisitor action) {
        var staged = action.staged();
        thread.submit(() -> {
            try {
                datapath.stage(forwarding(staged.visitor()));
                // In time: packets come after a COMMIT, which the old site's hook sends only if it knows of this.
                datapath.hold(staged.visitor().homeAddress().toInet(), WaitingPackets.paths(action.closed()));
                return new Event.VisitorStaged(clock.get(), staged);
            } catch (DatapathException e) {
                return new Event.VisitorNotStaged(clock.get(), staged, String.valueOf(e.getMessage()));
            }
        });
    }

    void unstage(Ipv4Address homeAddress) {
        thread.submit(() -> {
            try {
                datapath.unstage(homeAddress.toInet());
                return new Event.VisitorUnstaged(clock.get(), homeAddress);
            } catch (DatapathException e) {
                return new Event.VisitorNotUnstaged(clock.get(), homeAddress, String.valueOf(e.getMessage()));
            }
        });
    }

    void redirect(Action.RedirectVisitor action) {
        var home = action.homeAddress();
        thread.submit(() -> {
            try {
                encapsulated(home).ifPresent(packets -> before.put(home, packets));
                follow(home, action.careOfAddress());
                return new Event.VisitorRedirected(clock.get(), home, action.id());
            } catch (DatapathException e) {
                return new Event.VisitorNotRedirected(clock.get(), home, action.id(), String.valueOf(e.getMessage()));
            }
        });
    }

    void count(Action.CountRedirected action) {
        var home = action.homeAddress();
        thread.submit(() -> {
            var then = Optional.ofNullable(before.remove(home));
            var packets = then.flatMap(count -> encapsulated(home).map(now -> now - count));
            return new Event.RedirectedCounted(clock.get(), home, action.id(), packets);
        });
    }

    private Optional<Long> encapsulated(Ipv4Address homeAddress) {
        try {
            return Optional.of(datapath.encapsulated(homeAddress.toInet()));
        } catch (DatapathException e) {
            log.warn("packets redirected not counted home={} reason=\"{}\"", homeAddress, e.getMessage());
            return Optional.empty();
        }
    }

    void recall(Ipv4Address homeAddress) {
        thread.submit(() -> {
            before.remove(homeAddress);
            try {
                datapath.recall(homeAddress.toInet());
                return new Event.VisitorRecalled(clock.get(), homeAddress);
            } catch (DatapathException e) {
                return new Event.VisitorNotRecalled(clock.get(), homeAddress, String.valueOf(e.getMessage()));
            }
        });
    }

    void deliver(Action.DeliverPacket action) {
        thread.execute(() -> datapath.deliver(
                action.homeAddress().toInet(), ByteBuffer.wrap(action.packet().toByteArray())));
    }

    void open(Action.OpenRoom action) {
        var home = action.homeAddress().toInet();
        thread.submit(() -> {
            datapath.open(home, WaitingPackets.path(action.room()));
            return new Event.RoomOpened(clock.get(), action, datapath.held().getOrDefault(home, 0L));
        });
    }

    private void follow(Ipv4Address homeAddress, Ipv4Address careOfAddress) throws DatapathException {
        if (careOfAddress.equals(homeAddress)) {
            datapath.sendHome(homeAddress.toInet());
        } else {
            datapath.redirect(homeAddress.toInet(), Tunnel.ipip(careOfAddress.toInet()));
        }
    }

    /** Takes a visitor whom nobody needs through a whole visit, while nobody else uses this. */
    void rehearse(Visitor visitor, Ipv4Address nextCareOfAddress, Octets packet) throws DatapathException {
        try {
            datapath.stage(forwarding(visitor));
            datapath.hold(visitor.homeAddress().toInet(), EnumSet.allOf(Path.class));
            datapath.install(forwarding(visitor));
            datapath.unstage(visitor.homeAddress().toInet());
            datapath.deliver(visitor.homeAddress().toInet(), ByteBuffer.wrap(packet.toByteArray()));
            for (var path : Path.values()) {
                datapath.open(visitor.homeAddress().toInet(), path);
            }
            follow(visitor.homeAddress(), nextCareOfAddress);
        } finally {
            datapath.remove(visitor.homeAddress().toInet());
        }
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

    private static Tunnel tunnel(Visitor visitor) {
        var homeAgent = visitor.homeAgent().toInet();
        return visitor.udpTunnel().isPresent()
                ? Tunnel.udp(homeAgent, UdpSocket.REGISTRATION_PORT)
                : Tunnel.of(homeAgent, visitor.encapsulation());
    }

    /** Whether a datapath can forward for {@code visitor}, as another one did before. */
    static boolean canForward(DatapathKind datapath, Visitor visitor) {
        return datapath.carries(tunnel(visitor).encapsulation())
                && (datapath.takesEncapsulatingDelivery()
                        || visitor.encapsulatesTo().isEmpty());
    }

    /** What the datapath is to forward for {@code visitor}. */
    static VisitorForwarding forwarding(Visitor visitor) {
        return new VisitorForwarding(
                visitor.homeAddress().toInet(),
                tunnel(visitor),
                visitor.link(),
                MacAddress.read(ByteBuffer.wrap(visitor.linkAddress().toByteArray())),
                visitor.reverseTunneling(),
                visitor.encapsulatesTo().map(Ipv4Address::toInet),
                visitor.previousCareOfAddress().map(Ipv4Address::toInet));
    }
}
