package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** An ICMP Router Advertisement with a Mobility Agent Advertisement Extension (§2.1.1). */
record Advertisement(Frame frame, Packet packet, Icmp icmp) {
    private static final int MOBILITY_AGENT_ADVERTISEMENT = 16;

    static Optional<Advertisement> of(Frame frame) {
        return frame.packet()
                .flatMap(packet -> packet.icmp()
                        .filter(icmp -> icmp.type() == Icmp.ROUTER_ADVERTISEMENT)
                        .map(icmp -> new Advertisement(frame, packet, icmp)));
    }

    int addresses() {
        return icmp.rest().u8(0);
    }

    int entrySize() {
        return icmp.rest().u8(1);
    }

    int lifetime() {
        return icmp.rest().u16(2);
    }

    List<Extension> extensions() {
        return Extension.all(icmp.rest(), 4 + addresses() * entrySize() * 4);
    }

    Octets mobilityAgent() {
        var found = extensions().stream()
                .filter(extension -> extension.type() == MOBILITY_AGENT_ADVERTISEMENT)
                .toList();
        assertEquals(1, found.size());
        return found.get(0).data();
    }

    int sequenceNumber() {
        return mobilityAgent().u16(0);
    }

    int flags() {
        return mobilityAgent().u16(4);
    }

    List<Address> careOfAddresses() {
        return IntStream.iterate(6, offset -> offset < mobilityAgent().length(), offset -> offset + 4)
                .mapToObj(mobilityAgent()::address)
                .toList();
    }
}
