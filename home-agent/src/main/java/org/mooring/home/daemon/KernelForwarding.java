package org.mooring.home.daemon;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.mooring.datapath.DatapathException;
import org.mooring.datapath.DatapathView;
import org.mooring.datapath.Datapaths;
import org.mooring.datapath.HomeDatapath;
import org.mooring.datapath.HomeForwarding;
import org.mooring.datapath.Path;
import org.mooring.datapath.Tunnel;
import org.mooring.home.Action;
import org.mooring.home.BindingList;
import org.mooring.home.Event;
import org.mooring.home.Peer;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.loop.Worker;
import org.mooring.runtime.udp.UdpSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Home addresses in the kernel: the datapath's tunnels, proxy ARP and neighbours on the home link. Works on a thread of its own; what comes of it is an event. */
final class KernelForwarding implements AutoCloseable {
    private interface Work {
        void run() throws IOException;
    }

    private static final Logger log = LoggerFactory.getLogger(HomeAgentProgram.class);
    private static final int TTL = 64;

    private final Ipv4Address address;
    private final Datapaths.Chosen chosen;
    private final HomeDatapath datapath;
    private final ProxyArp proxyArp;
    private final PausedNeighbours paused;
    private final Worker<Event> thread;
    private final Supplier<Instant> clock;

    /**
     * @param address the agent's own
     * @param chosen which datapath {@code datapath} is, and why
     */
    KernelForwarding(
            Ipv4Address address,
            Datapaths.Chosen chosen,
            HomeDatapath datapath,
            ProxyArp proxyArp,
            PausedNeighbours paused,
            Worker<Event> thread,
            Supplier<Instant> clock) {
        this.address = address;
        this.chosen = chosen;
        this.datapath = datapath;
        this.proxyArp = proxyArp;
        this.paused = paused;
        this.thread = thread;
        this.clock = clock;
    }

    /** What the datapath is to forward for {@code bindings}. */
    static List<HomeForwarding> forwardings(Map<Ipv4Address, BindingList> bindings) {
        return bindings.entrySet().stream()
                .map(bound -> forwarding(bound.getKey(), bound.getValue().peers()))
                .toList();
    }

    void install(Ipv4Address homeAddress, List<Peer> peers) {
        submit(homeAddress, () -> {
            datapath.install(forwarding(homeAddress, peers));
            goneAway(homeAddress);
        });
    }

    void remove(Ipv4Address homeAddress) {
        submit(homeAddress, () -> forget(homeAddress));
    }

    /** As {@link #remove}, and nobody is told. */
    void clear(Ipv4Address homeAddress) {
        thread.execute(() -> {
            try {
                forget(homeAddress);
            } catch (IOException e) {
                log.warn("left in the kernel home={} reason={}", homeAddress, e.getMessage());
            }
        });
    }

    private void forget(Ipv4Address homeAddress) throws IOException {
        // RFC 3344 §4.6: a mobile node that is home answers for itself.
        proxyArp.stopAnsweringFor(homeAddress);
        datapath.remove(homeAddress.toInet());
        paused.release(homeAddress);
    }

    void stage(Ipv4Address homeAddress, Peer peer) {
        submit(homeAddress, () -> datapath.stage(forwarding(homeAddress, List.of(peer))));
    }

    void flip(Ipv4Address homeAddress) {
        submit(homeAddress, () -> {
            datapath.flip(homeAddress.toInet());
            goneAway(homeAddress);
        });
    }

    void unstage(Ipv4Address homeAddress) {
        submit(homeAddress, () -> datapath.unstage(homeAddress.toInet()));
    }

    /** What comes back out of the tunnel, because its foreign agent sends it home already, waits until the mobile node is there. */
    void expectReturn(Ipv4Address homeAddress) {
        submit(homeAddress, () -> {
            datapath.unstage(homeAddress.toInet());
            datapath.hold(homeAddress.toInet(), EnumSet.of(Path.OLD));
        });
    }

    /** Sends nothing away any more for a mobile node that is at home with {@code mac}, and paused; what is under way is still taken. */
    void returnHome(Ipv4Address homeAddress, MacAddress mac) {
        submit(homeAddress, () -> {
            // Before the first packet for it comes to the home link, or ARP is asked in vain.
            paused.hold(homeAddress, mac);
            comeHome(homeAddress, true);
        });
    }

    /** Sends nothing away any more for a mobile node that runs at home; what is under way is still taken. */
    void retire(Ipv4Address homeAddress, boolean holds) {
        submit(homeAddress, () -> {
            comeHome(homeAddress, holds);
            paused.release(homeAddress);
        });
    }

    private void comeHome(Ipv4Address homeAddress, boolean holds) throws IOException {
        proxyArp.stopAnsweringFor(homeAddress);
        if (holds) {
            datapath.hold(homeAddress.toInet(), EnumSet.allOf(Path.class));
        }
        datapath.retire(homeAddress.toInet());
    }

    /** The mobile node runs at home, and answers ARP itself. */
    void settle(Ipv4Address homeAddress) {
        submit(homeAddress, () -> paused.release(homeAddress));
    }

    /** One that can't be read is none: it is read again. */
    void readNeighbour(Ipv4Address homeAddress) {
        thread.submit(() -> {
            try {
                return new Event.NeighbourRead(clock.get(), homeAddress, paused.mac(homeAddress));
            } catch (KernelException e) {
                log.warn("neighbour not read home={} reason={}", homeAddress, e.getMessage());
                return new Event.NeighbourRead(clock.get(), homeAddress, Optional.empty());
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

    void mark(Action.SendMarker action) {
        var packet = new UdpPacket(
                        address.toInet(),
                        UdpSocket.REGISTRATION_PORT,
                        action.homeAddress().toInet(),
                        UdpSocket.REGISTRATION_PORT,
                        TTL,
                        ByteBuffer.wrap(action.message().toByteArray()))
                .toIpv4();
        thread.execute(() -> {
            try {
                datapath.send(tunnel(action.peer()), packet);
            } catch (DatapathException e) {
                log.warn(
                        "marker not sent home={} peer={} reason={}",
                        action.homeAddress(),
                        action.peer(),
                        e.getMessage());
            }
        });
    }

    void tunnel(Action.TunnelPacket action) {
        Ipv4Packet.parse(ByteBuffer.wrap(action.packet().toByteArray()))
                .ifPresent(packet -> thread.execute(() -> {
                    try {
                        datapath.send(tunnel(action.peer()), packet);
                    } catch (DatapathException e) {
                        log.warn("broadcast not tunnelled peer={} reason={}", action.peer(), e.getMessage());
                    }
                }));
    }

    private void goneAway(Ipv4Address homeAddress) throws KernelException {
        proxyArp.answerFor(homeAddress);
        paused.release(homeAddress);
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

    private void submit(Ipv4Address homeAddress, Work work) {
        thread.submit(() -> {
            try {
                work.run();
                return new Event.ForwardingChanged(clock.get(), homeAddress);
            } catch (IOException e) {
                return new Event.ForwardingFailed(clock.get(), homeAddress, String.valueOf(e.getMessage()));
            }
        });
    }

    private static HomeForwarding forwarding(Ipv4Address homeAddress, List<Peer> peers) {
        return new HomeForwarding(
                homeAddress.toInet(),
                peers.stream().map(KernelForwarding::tunnel).toList());
    }

    private static Tunnel tunnel(Peer peer) {
        return new Tunnel(peer.address().toInet(), peer.port(), peer.encapsulation());
    }
}
