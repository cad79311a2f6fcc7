package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * {@code struct agent} of mip.bpf.c.
 *
 * @param address where the agent's tunnels begin
 * @param device interface index of the agent's TUN device
 * @param oldRoom of the one where packets wait that come by the old path
 * @param newRoom of the one where those wait that come by the new one
 * @param uplinkMtu the least of the uplinks'
 * @param fastPath whether packets in no need of the stack go past it
 */
record AgentEntry(
        Inet4Address address,
        int device,
        int oldRoom,
        int newRoom,
        Role role,
        MtuPolicy policy,
        int uplinkMtu,
        boolean fastPath) {
    /** {@code enum role}. */
    enum Role {
        HOME_AGENT(0),
        FOREIGN_AGENT(1);

        private final int number;

        Role(int number) {
            this.number = number;
        }
    }

    static final int SIZE = 44;
    private static final int FIXED_GSO = 1; // BPF_F_ADJ_ROOM_FIXED_GSO
    private static final short DONT_FRAGMENT = 0x4000;

    /**
     * What a route into a tunnel has for an MTU.
     *
     * @param pathMtu of the outer packets, if it is known to be less than the uplink's
     */
    int routeMtu(Encapsulation encapsulation, OptionalInt pathMtu) {
        return policy == MtuPolicy.FRAGMENT_OUTER && fragments(encapsulation)
                ? uplinkMtu
                : Math.min(pathMtu.orElse(uplinkMtu), uplinkMtu) - encapsulation.greatestOverhead();
    }

    /** The MTU of a route into all of these tunnels. */
    int routeMtu(List<Tunnel> tunnels, TunnelErrors errors) {
        return tunnels.stream()
                .mapToInt(tunnel -> routeMtu(tunnel.encapsulation(), errors.mtuTo(tunnel.remote())))
                .min()
                .orElseThrow();
    }

    /** What is fragmented in UDP may not pass the NATs that it is meant for (RFC 3519 §4.8); minimal encapsulation has one header for both. */
    private static boolean fragments(Encapsulation encapsulation) {
        return switch (encapsulation) {
            case IPIP, GRE -> true;
            case MINIMAL, UDP -> false;
        };
    }

    /** The longest segment that TCP sessions may agree on; zero if that is theirs to find out. */
    int segment() {
        return policy.segment(uplinkMtu);
    }

    /**
     * @param held for how many home addresses packets wait
     * @param segmenter that cuts what travels as one, if there is one
     */
    ByteBuffer encode(int held, Optional<Segmenter> segmenter) {
        boolean fragmentOuter = policy == MtuPolicy.FRAGMENT_OUTER;
        short inherited = fragmentOuter ? 0 : DONT_FRAGMENT;
        ByteBuffer out = ByteBuffer.allocate(SIZE).order(ByteOrder.nativeOrder());
        out.put(address.getAddress()).putInt(device).putInt(oldRoom).putInt(newRoom);
        out.putInt(segmenter.map(pair -> pair.entrance().index()).orElse(0));
        out.putInt(segmenter.map(pair -> pair.exit().index()).orElse(0));
        out.putInt(held).putInt(role.number);
        // Segments that travel as one can be made smaller, which is better than to fragment each of them.
        out.putInt(fragmentOuter ? 0 : FIXED_GSO);
        out.order(ByteOrder.BIG_ENDIAN).putShort(inherited);
        out.order(ByteOrder.nativeOrder()).putShort((short) segment());
        out.putInt(fastPath ? 1 : 0);
        return out.flip();
    }
}
