package org.mooring.datapath;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;
import org.mooring.linux.bpf.BpfMap;

/**
 * The map {@code ways} of mip.bpf.c: what home addresses are pointed to. Those whose packets go the same way share it, so a home agent has
 * hardly more ways than there are foreign agents.
 */
final class Ways {
    private static final int NUMBERS = 1 << 20;

    private final BpfMap map;
    private final Map<ForwardingEntry, Way> ways = new HashMap<>();
    private final Set<Integer> numbers = new HashSet<>();

    /** A packet may have read a number just before its way went: so that stays free for as long as possible. */
    private int last;

    Ways(BpfMap map) {
        this.map = map;
    }

    /** It is there until it has been given back as often as it was taken. */
    Way take(ForwardingEntry entry) throws KernelException {
        Way present = ways.get(entry);
        if (present != null) {
            present.taken++;
            return present;
        }
        Way way = new Way(free(), entry);
        map.put(way.key(), entry.encode());
        ways.put(entry, way);
        numbers.add(way.number);
        return way;
    }

    void giveBack(Way way) throws KernelException {
        way.taken--;
        if (way.taken == 0) {
            ways.remove(way.entry);
            numbers.remove(way.number);
            map.remove(way.key());
        }
    }

    private int free() throws KernelException {
        if (numbers.size() >= NUMBERS - 1) {
            throw new KernelException("find a number for a way", Errno.ENOSPC);
        }
        do {
            last = (last + 1) % NUMBERS;
        } while (last == 0 || numbers.contains(last));
        return last;
    }

    /** An entry of the map. */
    static final class Way {
        private final int number;
        private final ForwardingEntry entry;
        private int taken = 1;

        private Way(int number, ForwardingEntry entry) {
            this.number = number;
            this.entry = entry;
        }

        /** Not zero. */
        int number() {
            return number;
        }

        private ByteBuffer key() {
            return ByteBuffer.allocate(Integer.BYTES)
                    .order(ByteOrder.nativeOrder())
                    .putInt(0, number);
        }
    }
}
