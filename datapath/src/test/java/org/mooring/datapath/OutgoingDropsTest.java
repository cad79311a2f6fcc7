package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.datapath.Packets.marked;
import static org.mooring.datapath.Packets.text;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.NEIGHBOUR;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.linux.packet.Ipv4Packet;

/** As {@link DropsTest}, with what can't go into its tunnel, where that isn't the kernel's to say. */
abstract class OutgoingDropsTest extends DropsTest {
    private static final int DONT_FRAGMENT = 0x4000;

    OutgoingDropsTest(DatapathTest test) {
        super(test);
    }

    /** The uplink has become shorter since its MTU was looked at. */
    @ParameterizedTest
    @MethodSource("encapsulations")
    void countsWithItsBindingWhatIsTooLong(Encapsulation encapsulation) throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near, encapsulation));
        Wire lan = open(new Wire(net.home.host(), "eth0"));
        net.home.router().exec("ip", "link", "set", "wan", "mtu", "1400");
        try {
            lan.send(marked(0, DONT_FRAGMENT, udp(NEIGHBOUR, GUEST, 64, text(1400))), net.home.gateway());
            until(() -> dropped(home, Drop.TOO_BIG) == 1);
            assertEquals(Map.of(GUEST, Map.of(Drop.TOO_BIG, 1L)), bindingDrops(home));
        } finally {
            net.home.router().exec("ip", "link", "set", "wan", "mtu", "1500");
        }
    }

    @ParameterizedTest
    @MethodSource("encapsulations")
    void countsWithItsBindingWhatHasNoRoute(Encapsulation encapsulation) throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near, encapsulation));
        Wire lan = open(new Wire(net.home.host(), "eth0"));
        String unreachable = "unreachable " + net.near.careOfAddress().getHostAddress();
        ip(net.home, "route add " + unreachable);
        try {
            Ipv4Packet packet = udp(NEIGHBOUR, GUEST, 64, "nowhere");
            lan.send(packet, net.home.gateway());
            until(() -> dropped(home, Drop.NO_ROUTE) == 1);
            assertEquals(Map.of(GUEST, Map.of(Drop.NO_ROUTE, 1L)), bindingDrops(home));
        } finally {
            ip(net.home, "route del " + unreachable);
        }
    }
}
