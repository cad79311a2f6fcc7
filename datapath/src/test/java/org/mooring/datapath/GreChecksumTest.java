package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.datapath.Encapsulation.GRE;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Packets.withTtl;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;

/** GRE headers with a checksum (RFC 2784 §2.2). */
abstract class GreChecksumTest extends Behaviour {
    GreChecksumTest(DatapathTest test) {
        super(test);
    }

    /** RFC 2784 §2.2: another's encapsulator may send a checksum, which is verified. */
    @Test
    void verifiesAGreChecksum() throws Exception {
        VisitorDatapath near = visitors(net.near, visitor(GRE));
        Wire path = open(new Wire(net.internet, "site2"));
        Wire guest = open(new Wire(net.near.host(), "eth0"));
        for (boolean right : new boolean[] {false, true}) {
            Ipv4Packet inner = udp(CORRESPONDENT, GUEST, 64, right ? "right" : "wrong");
            ByteBuffer gre = ByteBuffer.allocate(8 + inner.toOctets().remaining())
                    .putInt(0x8000_0800)
                    .putInt(0)
                    .put(inner.toOctets())
                    .flip();
            gre.putShort(4, (short) (Checksum.of(gre) + (right ? 0 : 1)));
            path.send(Ipv4Packet.of(HOME_AGENT, net.near.careOfAddress(), 47, 64, gre), net.near.wan());
        }
        Ipv4Packet delivered = guest.await(packet -> packet.destination().equals(GUEST));
        assertEquals(withTtl(63, udp(CORRESPONDENT, GUEST, 64, "right")), delivered);
        assertEquals(1, traffic(near).packetsDecapsulated());
    }
}
