package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.mooring.linux.Interface;
import org.mooring.linux.MacAddress;

/**
 * {@code struct forwarding} of mip.bpf.c.
 *
 * @param toHome where packets for the home address are encapsulated to, one copy each
 * @param fromHome where packets from the home address are encapsulated to
 * @param accepted the tunnels that packets are taken from
 * @param late whether a home agent takes packets for the home address from them, too: its mobile node has come home, and its foreign agent
 *     sends home what comes late
 * @param encapsulatesTo where the visitor encapsulates packets to that shall be encapsulated to {@code fromHome}
 * @param mtu of what is encapsulated
 * @param link index of the interface where the visitor is; zero for none
 */
record ForwardingEntry(
        Set<Tunnel> toHome,
        Optional<Tunnel> fromHome,
        Set<Tunnel> accepted,
        boolean late,
        Optional<Inet4Address> encapsulatesTo,
        int link,
        MacAddress mac,
        int mtu) {
    static final int SIZE = 64;
    private static final int TUNNELS = 6;
    private static final int TUNNEL_SIZE = 8;
    private static final int TO_HOME = 1;
    private static final int FROM_HOME = 2;
    private static final int ACCEPTED = 4;
    private static final int LATE = 8;

    /** @param mtu of what is encapsulated */
    static ForwardingEntry atHome(Slots<HomeForwarding> wanted, int mtu) {
        Set<Tunnel> toHome = wanted.installed()
                .map(forwarding -> Set.copyOf(forwarding.tunnels()))
                .orElseGet(Set::of);
        Set<Tunnel> accepted = wanted.tunnels().collect(Collectors.toCollection(LinkedHashSet::new));
        return new ForwardingEntry(
                toHome, Optional.empty(), accepted, wanted.retired(), Optional.empty(), 0, MacAddress.NONE, mtu);
    }

    /**
     * @param link where the visitor is
     * @param mtu of what is encapsulated
     */
    static ForwardingEntry abroad(Slots<VisitorForwarding> wanted, Interface link, int mtu) {
        VisitorForwarding visitor = wanted.foremost().orElseThrow();
        return new ForwardingEntry(
                wanted.redirected().map(Set::of).orElseGet(Set::of),
                Optional.of(visitor.tunnel()).filter(homeAgent -> visitor.reverseTunnel()),
                VisitorRouter.accepted(wanted),
                false,
                visitor.encapsulatesTo(),
                link.index(),
                visitor.mac(),
                mtu);
    }

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
        out.put(encapsulatesTo.map(Inet4Address::getAddress).orElseGet(() -> new byte[Integer.BYTES]))
                .putInt(link);
        mac.write(out);
        out.putShort((short) mtu);
        return out.rewind();
    }

    private void put(ByteBuffer out, Tunnel tunnel) {
        out.put(tunnel.remote().getAddress());
        out.order(ByteOrder.BIG_ENDIAN).putShort((short) tunnel.port()).order(ByteOrder.nativeOrder());
        out.put((byte) tunnel.encapsulation().protocol()).put((byte) uses(tunnel));
    }

    private int uses(Tunnel tunnel) {
        return (toHome.contains(tunnel) ? TO_HOME : 0)
                | (fromHome.equals(Optional.of(tunnel)) ? FROM_HOME : 0)
                | (accepted.contains(tunnel) ? ACCEPTED : 0)
                | (late && accepted.contains(tunnel) ? LATE : 0);
    }
}
