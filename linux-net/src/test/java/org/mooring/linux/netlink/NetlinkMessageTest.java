package org.mooring.linux.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;

/** The octets are those that iproute2 6.1 sent for the same command on a little-endian machine, but for the sequence number. */
class NetlinkMessageTest {
    private static final Inet4Address GUEST = Ipv4.address("10.1.0.50");
    private static final Interface LO = new Interface("lo", 1, MacAddress.NONE, 0x1_0000);

    /** {@code ip route replace 10.1.0.50/32 dev lo table 435 proto 143 mtu 1480} */
    @Test
    void routeToADevice() {
        assertSent(
                "4000000018000505070000000000000002200000008ffd0100000000080001000a01003208000f00b301000008000400010000"
                        + "000c00080008000200c8050000",
                Routes.add(Route.to(GUEST).dev(LO).table(435).mtu(1480)));
    }

    /** {@code ip route replace 10.1.0.50/32 via 127.0.0.5 dev lo onlink metric 7 proto 143 src 127.0.0.1 table 435} */
    @Test
    void routeByAGateway() {
        assertSent(
                "4c00000018000505070000000000000002200000008f000104000000080001000a010032080005007f00000508000600070000"
                        + "00080007007f00000108000f00b30100000800040001000000",
                Routes.add(Route.to(GUEST)
                        .via(Ipv4.address("127.0.0.5"))
                        .dev(LO)
                        .onlink(true)
                        .metric(7)
                        .source(Ipv4.address("127.0.0.1"))
                        .table(435)));
    }

    /** {@code ip route del 10.1.0.50/32 table 435 proto 143} */
    @Test
    void removalOfARouteNamesNoDevice() {
        assertSent(
                "2c00000019000500070000000000000002200000008fff0000000000080001000a01003208000f00b3010000",
                Routes.delete(Route.to(GUEST).dev(LO).table(435).mtu(1480)));
    }

    /** {@code ip neigh replace 10.1.0.50 lladdr 52:54:00:01:00:50 dev lo nud permanent protocol 143} */
    @Test
    void permanentNeighbour() {
        assertSent(
                "380000001c00050507000000000000000200000001000000800000000500" + "0c008f000000080001000a01003"
                        + "20a0002005254000100500000",
                Neighbours.add(Neighbour.permanent(LO, GUEST, MacAddress.of("52:54:00:01:00:50"))));
    }

    /** {@code ip neigh replace proxy 10.1.0.50 dev lo protocol 143} */
    @Test
    void proxyNeighbour() {
        assertSent(
                "2c0000001c0005050700000000000000020000000100000080000800" + "05000c008f000000080001000a010032",
                Neighbours.add(ProxyNeighbour.on(LO, GUEST)));
    }

    /** {@code ip rule add fwmark 0x1b3/0xffffffff iif lo table 435 pref 435 protocol 143} */
    @Test
    void rule() {
        assertSent(
                "4c0000002000050607000000000000000200000000000001000000000800"
                        + "0a00b301000008001000ffffffff070003006c"
                        + "6f000008000f00b301000008000600b3010000050015008f000000",
                Rules.add(Rule.lookup(435).priority(435).mark(0x1b3).inputInterface("lo")));
    }

    private static void assertSent(String hex, NetlinkMessage message) {
        assertEquals(ByteBuffer.wrap(HexFormat.of().parseHex(hex)), message.toOctets(NetlinkMessage.NLM_F_ACK, 7));
    }
}
