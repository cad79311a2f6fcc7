package org.mooring.conformance.client;

import java.util.Optional;
import java.util.TreeMap;

/** Puts the fragments of one packet together (RFC 791 §3.2). */
final class Reassembly {
    /** By their offsets. */
    private final TreeMap<Integer, Packet> fragments = new TreeMap<>();

    void add(Packet fragment) {
        fragments.put(fragment.fragmentOffset(), fragment);
    }

    /** How many there are. */
    int size() {
        return fragments.size();
    }

    /** The packet's payload, once all of it has come. */
    Optional<Octets> payload() {
        var together = Octets.NONE;
        for (var fragment : fragments.values()) {
            if (fragment.fragmentOffset() != together.length()) {
                return Optional.empty();
            }
            together = together.and(fragment.payload());
            if (!fragment.moreFragments()) {
                return Optional.of(together);
            }
        }
        return Optional.empty();
    }
}
