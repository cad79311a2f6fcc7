package org.mooring.foreign.daemon;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.mooring.datapath.DatapathException;
import org.mooring.datapath.Drop;
import org.mooring.datapath.Traffic;
import org.mooring.datapath.Tunnel;
import org.mooring.datapath.VisitorDatapath;
import org.mooring.datapath.VisitorForwarding;
import org.mooring.foreign.Event;
import org.mooring.foreign.Visitor;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.loop.Worker;

/** The visitors' packets in the kernel. Works on a thread of its own; what comes of it is an event. */
final class KernelForwarding implements AutoCloseable {
    /** What the datapath has counted. */
    record Counts(Map<Inet4Address, Traffic> traffic, Map<Drop, Long> drops) {}

    private final VisitorDatapath datapath;
    private final Worker<Event> thread;
    private final Supplier<Instant> clock;

    KernelForwarding(VisitorDatapath datapath, Worker<Event> thread, Supplier<Instant> clock) {
        this.datapath = datapath;
        this.thread = thread;
        this.clock = clock;
    }

    void install(Visitor visitor) {
        thread.submit(() -> {
            try {
                datapath.install(forwarding(visitor));
                return new Event.VisitorInstalled(clock.get(), visitor);
            } catch (DatapathException e) {
                return new Event.VisitorNotInstalled(clock.get(), visitor, String.valueOf(e.getMessage()));
            }
        });
    }

    void remove(Ipv4Address homeAddress) {
        thread.submit(() -> {
            try {
                datapath.remove(homeAddress.toInet());
                return new Event.VisitorRemoved(clock.get(), homeAddress);
            } catch (DatapathException e) {
                return new Event.VisitorNotRemoved(clock.get(), homeAddress, String.valueOf(e.getMessage()));
            }
        });
    }

    /** Installs and removes at once what nobody needs, while nobody else uses this. */
    void rehearse(Visitor visitor) throws DatapathException {
        try {
            datapath.install(forwarding(visitor));
        } finally {
            datapath.remove(visitor.homeAddress().toInet());
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

    /** What the datapath is to forward for {@code visitor}. */
    static VisitorForwarding forwarding(Visitor visitor) {
        return new VisitorForwarding(
                visitor.homeAddress().toInet(),
                Tunnel.ipip(visitor.homeAgent().toInet()),
                visitor.link(),
                MacAddress.read(ByteBuffer.wrap(visitor.linkAddress().toByteArray())),
                visitor.reverseTunneling());
    }
}
