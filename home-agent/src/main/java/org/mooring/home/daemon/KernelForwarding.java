package org.mooring.home.daemon;

import java.io.IOException;
import java.net.Inet4Address;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.mooring.datapath.DatapathException;
import org.mooring.datapath.Drop;
import org.mooring.datapath.EbpfHomeDatapath;
import org.mooring.datapath.HomeForwarding;
import org.mooring.datapath.Traffic;
import org.mooring.datapath.Tunnel;
import org.mooring.home.Event;
import org.mooring.home.MobilityBinding;
import org.mooring.home.Peer;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.loop.Worker;

/** Home addresses in the kernel: the datapath's tunnels, proxy ARP and neighbours on the home link. Works on a thread of its own; what comes of it is an event. */
final class KernelForwarding implements AutoCloseable {
    /** What the datapath has counted. */
    record Counts(Map<Inet4Address, Traffic> traffic, Map<Drop, Long> drops) {}

    private interface Work {
        void run() throws IOException;
    }

    private final EbpfHomeDatapath datapath;
    private final ProxyArp proxyArp;
    private final PausedNeighbours paused;
    private final Worker<Event> thread;
    private final Supplier<Instant> clock;

    KernelForwarding(
            EbpfHomeDatapath datapath,
            ProxyArp proxyArp,
            PausedNeighbours paused,
            Worker<Event> thread,
            Supplier<Instant> clock) {
        this.datapath = datapath;
        this.proxyArp = proxyArp;
        this.paused = paused;
        this.thread = thread;
        this.clock = clock;
    }

    /** What the datapath is to forward for {@code bindings}. */
    static List<HomeForwarding> forwardings(Collection<MobilityBinding> bindings) {
        return bindings.stream()
                .map(binding -> forwarding(binding.homeAddress(), binding.peer()))
                .toList();
    }

    void install(Ipv4Address homeAddress, Peer peer) {
        submit(homeAddress, () -> {
            datapath.install(forwarding(homeAddress, peer));
            goneAway(homeAddress);
        });
    }

    void remove(Ipv4Address homeAddress) {
        submit(homeAddress, () -> {
            // RFC 3344 §4.6: a mobile node that is home answers for itself.
            proxyArp.stopAnsweringFor(homeAddress);
            datapath.remove(homeAddress.toInet());
            paused.release(homeAddress);
        });
    }

    void stage(Ipv4Address homeAddress, Peer peer) {
        submit(homeAddress, () -> datapath.stage(forwarding(homeAddress, peer)));
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

    /** Sends nothing away any more for a mobile node that is at home with {@code mac}, and paused; what is under way is still taken. */
    void returnHome(Ipv4Address homeAddress, MacAddress mac) {
        submit(homeAddress, () -> {
            // Before the first packet for it comes to the home link, or ARP is asked in vain.
            paused.hold(homeAddress, mac);
            proxyArp.stopAnsweringFor(homeAddress);
            datapath.retire(homeAddress.toInet());
        });
    }

    /** The mobile node runs at home, and answers ARP itself. */
    void settle(Ipv4Address homeAddress) {
        submit(homeAddress, () -> paused.release(homeAddress));
    }

    private void goneAway(Ipv4Address homeAddress) throws KernelException {
        proxyArp.answerFor(homeAddress);
        paused.release(homeAddress);
    }

    /** Does at once, with what nobody needs, all that registrations and handovers do; while nobody else uses this. */
    void rehearse(Ipv4Address homeAddress, Peer peer, Peer next) throws IOException {
        try {
            datapath.install(forwarding(homeAddress, peer));
            datapath.stage(forwarding(homeAddress, next));
            datapath.flip(homeAddress.toInet());
            datapath.retire(homeAddress.toInet());
            proxyArp.answerFor(homeAddress);
        } finally {
            proxyArp.stopAnsweringFor(homeAddress);
            datapath.remove(homeAddress.toInet());
        }
    }

    CompletionStage<Counts> counts() {
        return thread.ask(() -> new Counts(datapath.traffic(), datapath.drops()));
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

    private static HomeForwarding forwarding(Ipv4Address homeAddress, Peer peer) {
        return new HomeForwarding(
                homeAddress.toInet(), new Tunnel(peer.address().toInet(), peer.encapsulation()));
    }
}
