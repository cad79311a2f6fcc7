package org.mooring.datapath;

import java.net.Inet4Address;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.mooring.linux.Ipv4;

/** The bindings of all home addresses. One thread at a time changes them, others find them without a lock, and without garbage. */
final class Bindings {
    private static final int FREE = 0; // 0.0.0.0 is nobody's home address
    private static final int LEAST = 64;

    private volatile Table table = new Table(LEAST);

    /** {@link Binding#NONE} if there is none. */
    Binding get(int homeAddress) {
        return table.get(homeAddress);
    }

    void put(Inet4Address homeAddress, ForwardingEntry entry) {
        int key = TunnelEnd.number(homeAddress);
        if (table.isFull()) {
            table = table.grown();
        }
        table.put(key, table.get(key).with(entry));
    }

    void remove(Inet4Address homeAddress) {
        int key = TunnelEnd.number(homeAddress);
        if (table.get(key) != Binding.NONE) {
            table.put(key, Binding.NONE);
        }
    }

    Map<Inet4Address, Traffic> traffic() {
        return all(Binding::traffic);
    }

    Map<Inet4Address, Map<Drop, Long>> drops() {
        return all(Binding::drops);
    }

    private <T> Map<Inet4Address, T> all(Function<Binding, T> told) {
        Map<Inet4Address, T> all = new HashMap<>();
        Table now = table;
        for (int slot = 0; slot < now.size(); slot++) {
            if (now.isUsed(slot)) {
                all.put(Ipv4.address(now.keys.get(slot)), told.apply(now.values.get(slot)));
            }
        }
        return all;
    }

    /** Open addressing, at most half full. A key stays in its slot when its binding goes. */
    private static final class Table {
        private final AtomicIntegerArray keys;
        private final AtomicReferenceArray<Binding> values;
        private int taken;

        Table(int size) {
            keys = new AtomicIntegerArray(size);
            values = new AtomicReferenceArray<>(size);
        }

        int size() {
            return keys.length();
        }

        boolean isFull() {
            return taken >= size() / 2;
        }

        boolean isUsed(int slot) {
            return keys.get(slot) != FREE && values.get(slot) != Binding.NONE;
        }

        Binding get(int key) {
            int slot = slot(key);
            return keys.get(slot) == FREE ? Binding.NONE : values.get(slot);
        }

        /** The value comes first: who finds the key finds it. */
        void put(int key, Binding binding) {
            int slot = slot(key);
            values.set(slot, binding);
            if (keys.get(slot) == FREE) {
                keys.set(slot, key);
                taken++;
            }
        }

        Table grown() {
            int used = 0;
            for (int slot = 0; slot < size(); slot++) {
                used += isUsed(slot) ? 1 : 0;
            }
            Table next = new Table(Integer.highestOneBit(Math.max(used, LEAST / 4)) * 8);
            for (int slot = 0; slot < size(); slot++) {
                if (isUsed(slot)) {
                    next.put(keys.get(slot), values.get(slot));
                }
            }
            return next;
        }

        /** Where the key is, or else where it goes. */
        private int slot(int key) {
            int mask = size() - 1;
            int slot = ((key * 0x9e37_79b1) >>> 7) & mask;
            while (keys.get(slot) != FREE && keys.get(slot) != key) {
                slot = (slot + 1) & mask;
            }
            return slot;
        }
    }
}
