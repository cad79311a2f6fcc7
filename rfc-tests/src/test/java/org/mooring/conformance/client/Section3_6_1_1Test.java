package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.conformance.client.HookTestbed.FOREIGN_AGENT;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@Hook(serves = "[foreign-agent]\nmac = \"02:00:00:02:00:01\"\ncare-of-address = \"198.51.100.2\"\n")
@DisplayName("RFC 5944 §3.6.1.1: a foreign agent of which the guest hook knows the link-layer address only")
class Section3_6_1_1Test {
    private final HookTestbed testbed;

    Section3_6_1_1Test(HookTestbed testbed) {
        this.testbed = testbed;
    }

    @Test
    @DisplayName("§3.6.1.1: to 224.0.0.11, with TTL 1, at that link-layer address")
    void headers() throws Exception {
        var guest = testbed.visitor();
        var asked = guest.runs();
        assertEquals(Address.of("224.0.0.11"), asked.packet().destination());
        assertEquals(1, asked.packet().ttl());
        assertEquals(HookTestbed.AGENT, asked.frame().destination());
        assertEquals(guest.node().homeAddress(), asked.packet().source());
        assertEquals(0, asked.request().flags(), "RFC 3024 §3.2 has TTL 255 for a reverse tunnel");
        // §3.7.2.3: from an address of its own.
        guest.answer(
                asked,
                new Datagram(
                                Datagram.MOBILE_IP,
                                asked.datagram().sourcePort(),
                                guest.signed(guest.reply(asked, Code.ACCEPTED, HookTestbed.LIFETIME)))
                        .packet(FOREIGN_AGENT, guest.node().homeAddress(), 64));
        guest.awaitRegistration("accepted");
    }
}
