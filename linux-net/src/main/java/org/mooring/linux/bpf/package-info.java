/**
 * BPF objects as clang makes them, loaded into this kernel by bpf(2): no libbpf, no clang and no BTF of the kernel are needed at run
 * time. Works from Linux 6.1 on.
 */
@NullMarked
package org.mooring.linux.bpf;

import org.jspecify.annotations.NullMarked;
