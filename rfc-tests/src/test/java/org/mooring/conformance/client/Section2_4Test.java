package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@Hook
@DisplayName("RFC 5944 §2.4: the guest hook's solicitations, and what it makes of advertisements")
class Section2_4Test {
    private final HookTestbed testbed;

    Section2_4Test(HookTestbed testbed) {
        this.testbed = testbed;
    }

    @Test
    @DisplayName("§2.2, RFC 1256 §5.1: a solicitation comes from the host, to all routers, with TTL 1")
    void solicits() throws Exception {
        var frame = testbed.link.await(0, HookTestbed::solicitation);
        var packet = frame.packet().orElseThrow();
        assertEquals(testbed.hostMac, frame.source());
        assertEquals(HookTestbed.HOST, packet.source());
        assertEquals(1, packet.ttl());
        assertTrue(List.of(Address.of("224.0.0.2"), Address.of("224.0.0.11"), Address.BROADCAST)
                .contains(packet.destination()));
        assertEquals(Optional.of(new Icmp(Icmp.ROUTER_SOLICITATION, 0, Octets.hex("00000000"))), packet.icmp());
    }

    @Test
    @DisplayName("§2.4.4: an agent whose sequence number is 0 again has forgotten its visitors, who register anew")
    void startsAgain() throws Exception {
        var guest = testbed.visitor();
        guest.accept(guest.runs(), HookTestbed.LIFETIME);
        testbed.advertise(1);
        testbed.advertise(2);
        testbed.advertise(0);
        var again = guest.request();
        assertEquals(HookTestbed.LIFETIME, again.request().lifetime());
        guest.accept(again, HookTestbed.LIFETIME);
    }
}
