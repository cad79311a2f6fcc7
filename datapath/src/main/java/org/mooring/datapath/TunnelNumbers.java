package org.mooring.datapath;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** By which numbers tunnels are known that are in use, from zero on. */
final class TunnelNumbers {
    /** Each packet's mark is compared with all of them, one by one. */
    static final int MOST = 1000;

    private final Map<Tunnel, Integer> numbers = new HashMap<>();

    Optional<Integer> of(Tunnel tunnel) {
        return Optional.ofNullable(numbers.get(tunnel));
    }

    /** One that no other tunnel has. It is the tunnel's once it is {@link #put}. */
    int free() throws IOException {
        return IntStream.range(0, MOST)
                .filter(number -> !numbers.containsValue(number))
                .findFirst()
                .orElseThrow(() -> new IOException("visitors of " + MOST + " home agents are here already"));
    }

    void put(Tunnel tunnel, int number) {
        numbers.put(tunnel, number);
    }

    /** Those that are not among the {@code used} ones. */
    List<Map.Entry<Tunnel, Integer>> unused(Set<Integer> used) {
        return numbers.entrySet().stream()
                .filter(numbered -> !used.contains(numbered.getValue()))
                .map(Map.Entry::copyOf)
                .toList();
    }

    /** Its number is free from now on. */
    void remove(Tunnel tunnel) {
        numbers.remove(tunnel);
    }

    boolean has(int number) {
        return numbers.containsValue(number);
    }

    Set<Map.Entry<Tunnel, Integer>> all() {
        return Set.copyOf(numbers.entrySet());
    }
}
