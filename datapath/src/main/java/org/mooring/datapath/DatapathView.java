package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code show datapath} tells.
 *
 * @param datapath as {@link DatapathKind#word} has it
 * @param why it is this one
 * @param tunnels what went through them, by home address
 */
public record DatapathView(String datapath, String why, List<Tunnelled> tunnels, List<Dropped> dropped) {
    /** As {@link Traffic}. */
    public record Tunnelled(
            String homeAddress,
            long packetsEncapsulated,
            long octetsEncapsulated,
            long packetsDecapsulated,
            long octetsDecapsulated) {
        private static Tunnelled of(Map.Entry<Inet4Address, Traffic> entry) {
            Traffic traffic = entry.getValue();
            return new Tunnelled(
                    entry.getKey().getHostAddress(),
                    traffic.packetsEncapsulated(),
                    traffic.octetsEncapsulated(),
                    traffic.packetsDecapsulated(),
                    traffic.octetsDecapsulated());
        }
    }

    public record Dropped(String reason, long packets) {}

    public DatapathView {
        tunnels = List.copyOf(tunnels);
        dropped = List.copyOf(dropped);
    }

    public static DatapathView of(Datapaths.Chosen chosen, Datapath<?> datapath) throws DatapathException {
        return new DatapathView(
                chosen.kind().word(),
                chosen.why(),
                datapath.traffic().entrySet().stream()
                        .sorted(Comparator.comparing(entry -> unsigned(entry.getKey())))
                        .map(Tunnelled::of)
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
