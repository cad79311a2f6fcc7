package org.mooring.datapath;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a configuration asks of whatever datapath it gets.
 *
 * @param encapsulations without which it is no use
 * @param duties that go with what the agent offers
 */
public record Demands(MtuPolicy mtuPolicy, boolean fastPath, Set<Encapsulation> encapsulations, Set<Duty> duties) {
    public Demands {
        encapsulations = Set.copyOf(encapsulations);
        duties = Set.copyOf(duties);
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

    /** Which duties this datapath, chosen so, leaves undone without being asked to; empty if it does all, or is named. */
    public Optional<String> undone(DatapathChoice choice, DatapathKind kind) {
        if (choice != DatapathChoice.AUTO) {
            return Optional.empty();
        }
        return Optional.of(duties.stream()
                        .filter(duty -> !kind.does(duty))
                        .sorted()
                        .map(Duty::words)
                        .collect(Collectors.joining(" and no ")))
                .filter(words -> !words.isEmpty())
                .map(words -> "it knows no " + words + ": name it to do without");
    }
}
