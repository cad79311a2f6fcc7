package org.mooring.conformance.fuzz;

import java.util.List;
import java.util.stream.Stream;
import org.mooring.protocol.wire.Octets;

/** What Jazzer calls, in a process of its own. The first octet of an input says which decoder the others are for. */
public final class FuzzTarget {
    private static List<Decoder> decoders = List.of(Decoder.values());

    private FuzzTarget() {}

    /**
     * Takes note of the decoders that are meant.
     *
     * @param names of decoders, whose numbers count from 0
     */
    public static void fuzzerInitialize(String[] names) {
        decoders = Stream.of(names).map(Decoder::valueOf).toList();
    }

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length > 0) {
            var octets = Octets.of(input);
            decoders.get(octets.unsignedByte(0) % decoders.size()).accepts(octets.slice(1));
        }
    }
}
