package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.batch.OffHeap;
import org.mooring.linux.packet.Ipv4Packet;

/** The agents' end of a tunnel without its kernel: takes packets out, and puts TCP segments together, for tests that have no network. */
public final class TunnelDecoder {
    private static final Inet4Address AGENT = Ipv4.address("192.0.2.2");
    private static final Inet4Address PEER = Ipv4.address("198.51.100.2");
    private static final List<Inet4Address> HOMES = List.of(Ipv4.address("10.1.0.50"), Ipv4.address("10.1.0.5"));
    private static final int PORT = 434;
    private static final int UDP_HEADER = 8;
    private static final int MTU = 1500;

    private static final OffHeap DATA = new OffHeap(2 * Ipv4Packet.MAX_LENGTH);
    private static final int[] WRITTEN = new int[1];
    private static final Coalescer COALESCER = new Coalescer(DATA, MTU, pieces -> WRITTEN[0]++);

    /** As many as there are agents and encapsulations. */
    private static final List<TunnelDecoder> ALL = Stream.of(Encapsulation.values())
            .flatMap(encapsulation ->
                    Stream.of(Role.values()).map(role -> new TunnelDecoder(bindings(role, encapsulation), role)))
            .toList();

    // The datapath's memory is larger than any packet.
    private final ByteBuffer in = ByteBuffer.allocate(2 * Ipv4Packet.MAX_LENGTH);
    private final Decapsulator decapsulator;
    private int length;
    private int taken;

    private TunnelDecoder(Bindings bindings, Role role) {
        var outlet = new Decapsulator.Outlet() {
            @Override
            public void arrive(int at, int received, int remote) {
                check(at, received);
            }

            @Override
            public boolean sentHome(int at, int received, int remote) {
                check(at, received);
                return true;
            }

            @Override
            public void reverse(int at, int received) {
                check(at, received);
            }
        };
        decapsulator = new Decapsulator(bindings, agent(role), new Drops(), in, outlet);
    }

    /**
     * Whether {@code packet}, whole and with an IPv4 header that is right, is taken out of a tunnel by either agent.
     *
     * @throws AssertionError if what comes out is not a whole packet
     */
    public static boolean takes(ByteBuffer packet) {
        boolean taken = false;
        for (var decoder : ALL) {
            taken |= decoder.take(packet);
        }
        return taken;
    }

    private boolean take(ByteBuffer packet) {
        Arrays.fill(in.array(), 0, length, (byte) 0);
        length = packet.remaining();
        taken = 0;
        if (!Ip.isWhole(packet, 0, length)) {
            return false;
        }
        in.put(0, packet, 0, length);
        int header = Ip.headerLength(in, 0);
        if (Ip.protocol(in, 0) == Ipv4Packet.UDP) {
            if (length >= header + UDP_HEADER) {
                decapsulator.takeDatagram(
                        header + UDP_HEADER,
                        length - header - UDP_HEADER,
                        in.getInt(Ip.SOURCE),
                        in.getShort(header) & 0xffff,
                        in.get(Ip.TYPE_OF_SERVICE));
            }
        } else {
            decapsulator.take(0, length);
            decapsulator.takeFromVisitor(0, length);
        }
        return taken > 0;
    }

    private void check(int at, int received) {
        if (at < 0 || at + received > length || !Ip.isWhole(in, at, received)) {
            throw new AssertionError("octets " + at + " to " + (at + received) + " of " + length);
        }
        taken++;
    }

    private static AgentEntry agent(Role role) {
        return new AgentEntry(AGENT, 1, 0, 0, role, MtuPolicy.ICMP, MTU, false);
    }

    private static Bindings bindings(Role role, Encapsulation encapsulation) {
        var tunnels =
                Set.of(encapsulation == Encapsulation.UDP ? Tunnel.udp(PEER, PORT) : Tunnel.of(PEER, encapsulation));
        var bindings = new Bindings();
        var entry = role == Role.HOME_AGENT
                ? new ForwardingEntry(
                        tunnels, Optional.empty(), tunnels, false, Optional.empty(), 0, MacAddress.NONE, 0)
                : new ForwardingEntry(
                        tunnels,
                        tunnels.stream().findFirst(),
                        tunnels,
                        false,
                        Optional.of(AGENT),
                        2,
                        MacAddress.NONE,
                        0);
        HOMES.forEach(home -> bindings.put(home, entry));
        return bindings;
    }

    /**
     * Puts {@code packets} together that came one after the other.
     *
     * @param packets each behind its length, in two octets; no more than an IPv4 packet may have in all
     * @return whether any two became one
     * @throws AssertionError if there are more of them then, or none
     */
    public static boolean coalesces(ByteBuffer packets) {
        var in = DATA.octets();
        int octets = packets.remaining();
        in.put(0, packets, 0, octets);
        int count = 0;
        WRITTEN[0] = 0;
        for (int at = 2; at <= octets; ) {
            int length = in.getShort(at - 2) & 0xffff;
            if (at + length > octets || !Ip.isWhole(in, at, length)) {
                break;
            }
            COALESCER.add(at, Ip.totalLength(in, at));
            count++;
            at += length + 2;
        }
        COALESCER.flush();
        if (WRITTEN[0] > count || (count > 0 && WRITTEN[0] == 0)) {
            throw new AssertionError(count + " packets became " + WRITTEN[0]);
        }
        return WRITTEN[0] < count;
    }
}
