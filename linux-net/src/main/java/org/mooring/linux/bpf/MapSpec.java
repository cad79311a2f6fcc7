package org.mooring.linux.bpf;

import java.util.Map;

/**
 * A map as an object file describes it.
 *
 * @param type {@code enum bpf_map_type}; only those are taken whose keys and values are plain octets
 * @param keySize in octets
 * @param valueSize in octets, of one CPU
 * @param flags {@code BPF_F_NO_PREALLOC} and the like
 */
record MapSpec(String name, int type, int keySize, int valueSize, int maxEntries, int flags) {
    /** Those that are taken, and whether each CPU has values of its own. */
    private static final Map<Integer, Boolean> PER_CPU_BY_TYPE = Map.of(
            1, false, // hash
            2, false, // array
            5, true, // per-CPU hash
            6, true, // per-CPU array
            9, false, // LRU hash
            10, true, // LRU per-CPU hash
            11, false); // longest prefix match

    private static final int PER_CPU_ALIGNMENT = 8;

    static boolean isSupported(int type) {
        return PER_CPU_BY_TYPE.containsKey(type);
    }

    /** What a program outside the kernel reads and writes as one value, of all {@code cpus} where each has its own. */
    int userValueSize(int cpus) {
        int aligned = (valueSize + PER_CPU_ALIGNMENT - 1) / PER_CPU_ALIGNMENT * PER_CPU_ALIGNMENT;
        return isPerCpu() ? aligned * cpus : valueSize;
    }

    MapSpec withMaxEntries(int entries) {
        return new MapSpec(name, type, keySize, valueSize, entries, flags);
    }

    boolean isPerCpu() {
        return Boolean.TRUE.equals(PER_CPU_BY_TYPE.get(type));
    }
}
