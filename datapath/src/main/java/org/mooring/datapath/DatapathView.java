package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code show datapath} tells.
 *
 * @param datapath as {@link DatapathKind#word} has it
 * @param why it is this one
 * @param tunnels what went through them, and what didn't, by home address
 * @param dropped also what belongs to no home address that there is a tunnel for
 */
public record DatapathView(String datapath, String why, List<Tunnelled> tunnels, List<Dropped> dropped) {
    /**
     * As {@link Traffic}.
     *
     * @param dropped packets by reason; without those that none was dropped for
     */
    public record Tunnelled(
            String homeAddress,
            long packetsEncapsulated,
            long octetsEncapsulated,
            long packetsDecapsulated,
            long octetsDecapsulated,
            Map<String, Long> dropped) {
        public Tunnelled {
            dropped = Collections.unmodifiableMap(new LinkedHashMap<>(dropped));
        }

        private static Tunnelled of(Inet4Address homeAddress, Traffic traffic, Map<Drop, Long> drops) {
            Map<String, Long> dropped = new LinkedHashMap<>();
            drops.entrySet().stream()
                    .filter(drop -> drop.getValue() > 0)
                    .sorted(Map.Entry.comparingByKey())
                    .forEach(drop -> dropped.put(hyphenated(drop.getKey()), drop.getValue()));
            return new Tunnelled(
                    homeAddress.getHostAddress(),
                    traffic.packetsEncapsulated(),
                    traffic.octetsEncapsulated(),
                    traffic.packetsDecapsulated(),
                    traffic.octetsDecapsulated(),
                    dropped);
        }
    }

    public record Dropped(String reason, long packets) {}

    public DatapathView {
        tunnels = List.copyOf(tunnels);
        dropped = List.copyOf(dropped);
    }

    public static DatapathView of(Datapaths.Chosen chosen, Datapath<?> datapath) throws DatapathException {
        Map<Inet4Address, Map<Drop, Long>> drops = datapath.bindingDrops();
        return new DatapathView(
                chosen.kind().word(),
                chosen.why(),
                datapath.traffic().entrySet().stream()
                        .sorted(Comparator.comparing(entry -> unsigned(entry.getKey())))
                        .map(entry -> Tunnelled.of(
                                entry.getKey(), entry.getValue(), drops.getOrDefault(entry.getKey(), Map.of())))
                        .toList(),
                datapath.drops().entrySet().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .map(drop -> new Dropped(hyphenated(drop.getKey()), drop.getValue()))
                        .toList());
    }

    private static long unsigned(Inet4Address address) {
        return Integer.toUnsignedLong(ByteBuffer.wrap(address.getAddress()).getInt());
    }

    private static String hyphenated(Drop reason) {
        return reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
