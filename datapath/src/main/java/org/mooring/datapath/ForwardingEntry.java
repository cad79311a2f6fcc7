package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mooring.linux.MacAddress;

/**
 * {@code struct forwarding} of mip.bpf.c.
 *
 * @param toHome where packets for the home address are encapsulated to, one copy each
 * @param fromHome where packets from the home address are encapsulated to
 * @param accepted the tunnels that packets are taken from
 * @param encapsulatesTo where the visitor encapsulates packets to that shall be encapsulated to {@code fromHome}
 * @param link index of the interface where the visitor is; zero for none
 */
record ForwardingEntry(
        Set<Tunnel> toHome,
        Optional<Tunnel> fromHome,
        Set<Tunnel> accepted,
        Optional<Inet4Address> encapsulatesTo,
        int link,
        MacAddress mac) {
    static final int SIZE = 68;
    private static final int TUNNELS = 6;
    private static final int TUNNEL_SIZE = 8;

    ByteBuffer encode() {
        Set<Tunnel> all = new LinkedHashSet<>(accepted);
        all.addAll(toHome);
        fromHome.ifPresent(all::add);
        List<Tunnel> tunnels = List.copyOf(all);
        if (tunnels.size() > TUNNELS) {
            throw new IllegalArgumentException(tunnels.size() + " tunnels");
        }
        ByteBuffer out = ByteBuffer.allocate(SIZE).order(ByteOrder.nativeOrder());
        tunnels.forEach(tunnel -> put(out, tunnel));
        out.position(TUNNELS * TUNNEL_SIZE);
        out.put(bits(tunnels, toHome))
                .put(bits(tunnels, fromHome.stream().toList()))
                .put(bits(tunnels, accepted))
                .put((byte) 0)
                .put(encapsulatesTo.map(Inet4Address::getAddress).orElseGet(() -> new byte[Integer.BYTES]))
                .putInt(link);
        mac.write(out);
        return out.rewind();
    }

    private static void put(ByteBuffer out, Tunnel tunnel) {
        out.put(tunnel.remote().getAddress());
        out.order(ByteOrder.BIG_ENDIAN).putShort((short) tunnel.port()).order(ByteOrder.nativeOrder());
        out.put((byte) tunnel.encapsulation().protocol()).put((byte) 0);
    }

    /** One for each of {@code all} that is among {@code some}, the first one's lowest. */
    private static byte bits(List<Tunnel> all, Collection<Tunnel> some) {
        int bits = 0;
        for (Tunnel tunnel : some) {
            bits |= 1 << all.indexOf(tunnel);
        }
        return (byte) bits;
    }
}
