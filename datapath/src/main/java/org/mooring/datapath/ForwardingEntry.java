package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import org.mooring.linux.MacAddress;

/**
 * {@code struct forwarding} of mip.bpf.c.
 *
 * @param toHome where packets for the home address are encapsulated to
 * @param fromHome where packets from the home address are encapsulated to
 * @param accepted the outer sources that packets are taken from
 * @param link index of the interface where the visitor is; zero for none
 */
record ForwardingEntry(
        Optional<Inet4Address> toHome,
        Optional<Inet4Address> fromHome,
        List<Inet4Address> accepted,
        int link,
        MacAddress mac) {
    static final int SIZE = 36;
    private static final int TUNNELS = 4;
    private static final int PADDING = 2;

    ForwardingEntry {
        accepted = List.copyOf(accepted);
        if (accepted.isEmpty() || accepted.size() > TUNNELS) {
            throw new IllegalArgumentException(accepted.size() + " tunnels");
        }
    }

    ByteBuffer encode() {
        ByteBuffer out = ByteBuffer.allocate(SIZE).order(ByteOrder.nativeOrder());
        put(out, toHome);
        put(out, fromHome);
        for (int i = 0; i < TUNNELS; i++) {
            out.put(accepted.get(Math.min(i, accepted.size() - 1)).getAddress());
        }
        out.putInt(link);
        mac.write(out);
        return out.put(new byte[PADDING]).flip();
    }

    private static void put(ByteBuffer out, Optional<Inet4Address> address) {
        out.put(address.map(Inet4Address::getAddress).orElseGet(() -> new byte[Integer.BYTES]));
    }
}
