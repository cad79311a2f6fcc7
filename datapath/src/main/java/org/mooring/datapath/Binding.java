package org.mooring.datapath;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.mooring.linux.MacAddress;

/** A {@link ForwardingEntry} as packets find it, and what the home address has used it for. */
final class Binding {
    /** Of a home address that nothing is forwarded for. */
    static final Binding NONE = new Binding(
            new ForwardingEntry(Set.of(), Optional.empty(), Set.of(), false, Optional.empty(), 0, MacAddress.NONE, 0),
            new AtomicLongArray(4),
            new AtomicReference<>());

    private static final int PACKETS_IN = 0;
    private static final int OCTETS_IN = 1;
    private static final int PACKETS_OUT = 2;
    private static final int OCTETS_OUT = 3;

    final TunnelEnd[] toHome;
    final TunnelEnd[] fromHome;
    private final TunnelEnd[] accepted;

    /** Whether packets for the home address are taken from its tunnels as well, at a home agent. */
    final boolean late;

    /** Whether this is a visitor. */
    final boolean visits;

    /** Where the visitor encapsulates packets to; zero if it doesn't. */
    final int encapsulatesTo;

    /** Of each pair of these, one thread writes. */
    private final AtomicLongArray used;

    /** Null until there is one; shared with all that take the place of this one. */
    private final AtomicReference<@Nullable Drops> dropped;

    private Binding(ForwardingEntry entry, AtomicLongArray used, AtomicReference<@Nullable Drops> dropped) {
        toHome = ends(entry.toHome());
        fromHome = ends(entry.fromHome().stream().toList());
        accepted = ends(entry.accepted());
        late = entry.late();
        visits = entry.link() != 0;
        encapsulatesTo = entry.encapsulatesTo().map(TunnelEnd::number).orElse(0);
        this.used = used;
        this.dropped = dropped;
    }

    /** In the place of this one. */
    Binding with(ForwardingEntry entry) {
        return this == NONE
                ? new Binding(entry, new AtomicLongArray(4), new AtomicReference<>())
                : new Binding(entry, used, dropped);
    }

    boolean accepts(int remote, int port, int protocol) {
        for (TunnelEnd tunnel : accepted) {
            if (tunnel.takes(remote, port, protocol)) {
                return true;
            }
        }
        return false;
    }

    void countEncapsulated(int packets, long octets) {
        used.lazySet(PACKETS_IN, used.get(PACKETS_IN) + packets);
        used.lazySet(OCTETS_IN, used.get(OCTETS_IN) + octets);
    }

    void countDecapsulated(long octets) {
        used.lazySet(PACKETS_OUT, used.get(PACKETS_OUT) + 1);
        used.lazySet(OCTETS_OUT, used.get(OCTETS_OUT) + octets);
    }

    void countDropped(Drop reason) {
        if (this == NONE) {
            return;
        }
        Drops counts = dropped.get();
        if (counts == null) {
            Drops first = new Drops();
            Drops other = dropped.compareAndExchange(null, first);
            counts = other == null ? first : other;
        }
        counts.count(reason);
    }

    /** Empty if nothing was. */
    Map<Drop, Long> drops() {
        Drops counts = dropped.get();
        return counts == null ? Map.of() : counts.counts();
    }

    Traffic traffic() {
        return new Traffic(used.get(PACKETS_IN), used.get(OCTETS_IN), used.get(PACKETS_OUT), used.get(OCTETS_OUT));
    }

    private static TunnelEnd[] ends(Collection<Tunnel> tunnels) {
        return tunnels.stream().map(TunnelEnd::new).toArray(TunnelEnd[]::new);
    }
}
