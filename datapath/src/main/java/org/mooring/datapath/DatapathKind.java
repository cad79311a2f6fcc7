package org.mooring.datapath;

import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** The ways through the kernel, and what each can do. */
public enum DatapathKind {
    /** Programs at the interfaces ({@link EbpfHomeDatapath}). Serves all that the agents can agree on. */
    EBPF,

    /** The kernel's own tunnel devices, and nftables before them. */
    KERNEL,

    /** A TUN device, whose packets the agent itself encapsulates. */
    TUN;

    /** As {@code datapath} in the configuration has it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public boolean carries(Encapsulation encapsulation) {
        return switch (encapsulation) {
            case IPIP, GRE -> true;
            case MINIMAL, UDP -> this != KERNEL;
        };
    }

    /** Those of {@code wanted} that it carries. */
    public Set<Encapsulation> carried(Set<Encapsulation> wanted) {
        return wanted.stream().filter(this::carries).collect(Collectors.toUnmodifiableSet());
    }

    /** Whether visitors may encapsulate what shall go through the reverse tunnel (RFC 3024 §5.2). */
    public boolean takesEncapsulatingDelivery() {
        return this != KERNEL;
    }

    /** Whether visitors may have one home address (RFC 3024 §A.4). */
    public boolean tellsNamesakesApart() {
        return this == EBPF;
    }

    boolean does(Duty duty) {
        return switch (duty) {
            case GRE_CHECKSUMS -> this != KERNEL;
            case NAMESAKES -> tellsNamesakesApart();
        };
    }

    /** Whether tunnels in UDP have a socket of their own, beside the agent's. */
    public boolean sharesPort() {
        return this == TUN;
    }

    boolean follows(MtuPolicy policy) {
        return this != KERNEL || policy != MtuPolicy.FRAGMENT_OUTER;
    }
}
