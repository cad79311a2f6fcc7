package org.mooring.datapath;

import java.util.List;

/** What {@code datapath} in an agent's configuration may say. */
public enum DatapathChoice {
    /** The best that this kernel can do, of those that leave nothing undone. */
    AUTO,
    KERNEL,
    EBPF,
    TUN;

    /** The best one first. */
    List<DatapathKind> candidates() {
        return switch (this) {
            case AUTO -> List.of(DatapathKind.EBPF, DatapathKind.KERNEL, DatapathKind.TUN);
            case KERNEL -> List.of(DatapathKind.KERNEL);
            case EBPF -> List.of(DatapathKind.EBPF);
            case TUN -> List.of(DatapathKind.TUN);
        };
    }

    /** Whether there is no datapath unless the agent may load BPF programs, so that a missing capability is told before all else. */
    public boolean needsBpf() {
        return candidates().equals(List.of(DatapathKind.EBPF));
    }
}
