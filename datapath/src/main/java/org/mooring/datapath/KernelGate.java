package org.mooring.datapath;

import java.net.Inet4Address;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.mooring.linux.KernelException;
import org.mooring.linux.netlink.NftTable;
import org.mooring.linux.netlink.NftTable.Element;
import org.mooring.linux.netlink.Nftables;

/**
 * Sends packets to wait by nftables. It can't compare counts for each packet: a room is passed by from the moment at which it was seen to be
 * empty, so that a packet that enters in that very moment may be overtaken.
 */
final class KernelGate implements Gate {
    /** Where all that has waited goes on from: from two, packets could overtake each other. Where they came in is not known. */
    private static final int ONE_CPU = 0;

    private final Nftables nftables;
    private final String table;
    private final Map<Inet4Address, Set<Element>> present = new HashMap<>();

    KernelGate(Nftables nftables, String table) {
        this.nftables = nftables;
        this.table = table;
    }

    @Override
    public synchronized void setHeld(int count) throws KernelException {
        if (count == 0) {
            for (Inet4Address homeAddress : Set.copyOf(present.keySet())) {
                replace(homeAddress, Set.of());
            }
        }
    }

    @Override
    public synchronized void putWaits(Inet4Address homeAddress, WaitsEntry entry) throws KernelException {
        Set<Element> wanted = new HashSet<>(counters(homeAddress));
        wanted.add(new Element(KernelRules.HELD, homeAddress));
        entry.old().ifPresent(source -> wanted.add(new Element(KernelRules.OLD_PATHS, source, homeAddress)));
        if (entry.oldPassesAfter() == WaitsEntry.ALL_WAIT) {
            entry.old().ifPresent(source -> wanted.add(new Element(KernelRules.AWAITED, source, homeAddress)));
        }
        Entered entered = entered(homeAddress);
        for (Path path : Path.values()) {
            long passesAfter = path == Path.OLD ? entry.oldPassesAfter() : entry.newPassesAfter();
            if (passesAfter != WaitsEntry.NONE_WAIT && passesAfter != entered.by(path)) {
                wanted.add(new Element(KernelRules.waits(path), homeAddress));
            }
        }
        replace(homeAddress, wanted);
    }

    @Override
    public synchronized void removeWaits(Inet4Address homeAddress) throws KernelException {
        replace(homeAddress, Set.of());
    }

    @Override
    public synchronized void countEntered(Inet4Address homeAddress) throws KernelException {
        replace(homeAddress, counters(homeAddress));
    }

    @Override
    public Entered entered(Inet4Address homeAddress) throws KernelException {
        return new Entered(count(homeAddress, Path.OLD), count(homeAddress, Path.NEW), ONE_CPU);
    }

    @Override
    public boolean routes() {
        return true;
    }

    private long count(Inet4Address homeAddress, Path path) throws KernelException {
        return nftables.counter(table, new Element(KernelRules.entered(path).name(), homeAddress))
                .map(NftTable.Counter::packets)
                .orElse(0L);
    }

    private static Set<Element> counters(Inet4Address homeAddress) {
        Set<Element> counters = new HashSet<>();
        for (Path path : Path.values()) {
            counters.add(new Element(KernelRules.entered(path).name(), homeAddress));
        }
        return counters;
    }

    private void replace(Inet4Address homeAddress, Set<Element> wanted) throws KernelException {
        Set<Element> before = present.getOrDefault(homeAddress, Set.of());
        nftables.change(table, KernelTunnels.without(wanted, before), KernelTunnels.without(before, wanted));
        if (wanted.isEmpty()) {
            present.remove(homeAddress);
        } else {
            present.put(homeAddress, wanted);
        }
    }
}
