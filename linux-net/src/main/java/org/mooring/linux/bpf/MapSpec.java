package org.mooring.linux.bpf;

/**
 * A map as an object file describes it.
 *
 * @param type {@code enum bpf_map_type}
 * @param keySize in octets
 * @param valueSize in octets
 * @param flags {@code BPF_F_NO_PREALLOC} and the like
 */
record MapSpec(String name, int type, int keySize, int valueSize, int maxEntries, int flags) {}
