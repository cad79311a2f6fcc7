package org.mooring.datapath;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What a configuration asks of whatever datapath it gets.
 *
 * @param encapsulations without which it is no use
 */
public record Demands(MtuPolicy mtuPolicy, boolean fastPath, Set<Encapsulation> encapsulations) {
    public Demands {
        encapsulations = Set.copyOf(encapsulations);
    }

    /** Of who can do without any of the encapsulations but IP in IP. */
    public Demands(MtuPolicy mtuPolicy, boolean fastPath) {
        this(mtuPolicy, fastPath, Set.of());
    }

    /** Which of it this datapath can't keep; empty if it keeps all. */
    Optional<String> beyond(DatapathKind kind) {
        if (!kind.follows(mtuPolicy)) {
            return Optional.of("it knows no mtu = \"" + mtuPolicy.word() + "\"");
        }
        if (fastPath && kind != DatapathKind.EBPF) {
            return Optional.of("it knows no fast-path = true");
        }
        return encapsulations.stream()
                .filter(encapsulation -> !kind.carries(encapsulation))
                .sorted()
                .findFirst()
                .map(encapsulation -> encapsulation == Encapsulation.UDP
                        ? "it has no tunnels in UDP: nat-traversal has to be \"off\""
                        : "it knows no encapsulation = \""
                                + encapsulation.name().toLowerCase(Locale.ROOT) + "\"");
    }
}
