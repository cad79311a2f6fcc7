package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.ArpPacket;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.protocol.wire.Ipv4Address;

class NeighboursTest {
    private static final MacAddress HOST = MacAddress.of("02:00:00:00:00:10");
    private static final MacAddress AGENT = MacAddress.of("02:00:00:00:00:02");
    private static final MacAddress OTHER = MacAddress.of("02:00:00:00:00:03");
    private static final Ipv4Address ADDRESS = Ipv4Address.of("10.2.0.2");
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    private final List<EthernetFrame> sent = new ArrayList<>();
    private final List<String> used = new ArrayList<>();
    private final Neighbours neighbours = new Neighbours(() -> HOST, Ipv4.address("10.2.0.10"), sent::add);

    @Test
    void itAsksWithTheHostsOwnAddresses() {
        neighbours.resolve(ADDRESS, START);
        assertEquals(
                List.of(ArpPacket.request(HOST, Ipv4.address("10.2.0.10"), ADDRESS.toInet())
                        .toFrame(MacAddress.BROADCAST)),
                sent);
    }

    @Test
    void whatIsKnownIsUsedAtOnce() {
        neighbours.resolve(ADDRESS, START);
        neighbours.learn(saidBy(AGENT));
        neighbours.use(ADDRESS, "web", START, mac -> used.add("request to " + mac));
        assertEquals(List.of("request to " + AGENT), used);
    }

    @Test
    void whatIsNotKnownIsAskedForAndOnlyTheNewestOfEachWaits() {
        neighbours.use(ADDRESS, "web", START, mac -> used.add("first of web"));
        neighbours.use(ADDRESS, "db", START, mac -> used.add("first of db"));
        neighbours.use(ADDRESS, "web", START.plusSeconds(1), mac -> used.add("second of web"));
        assertEquals(3, sent.size());
        neighbours.learn(saidBy(AGENT));
        assertEquals(List.of("second of web", "first of db"), used);
    }

    @Test
    void aNeighbourThatMovedIsNoticed() {
        neighbours.resolve(ADDRESS, START);
        assertTrue(neighbours.learn(saidBy(AGENT)));
        assertFalse(neighbours.learn(saidBy(AGENT)));
        assertTrue(neighbours.learn(saidBy(OTHER)));
        assertEquals(Optional.of(OTHER), neighbours.mac(ADDRESS));
    }

    @Test
    void nobodyElsesAddressIsRemembered() {
        assertFalse(neighbours.learn(saidBy(AGENT)));
        assertEquals(Optional.empty(), neighbours.mac(ADDRESS));
    }

    @Test
    void theSilentAreAskedEachSecondAndTheOthersNowAndThen() {
        neighbours.resolve(ADDRESS, START);
        neighbours.refresh(START.plusSeconds(1));
        assertEquals(2, sent.size());
        neighbours.learn(saidBy(AGENT));
        neighbours.refresh(START.plusSeconds(2));
        neighbours.refresh(START.plusSeconds(30));
        assertEquals(2, sent.size());
        neighbours.refresh(START.plusSeconds(31));
        assertEquals(3, sent.size());
        assertEquals(Optional.of(AGENT), neighbours.mac(ADDRESS), "still used while it is asked again");
    }

    private static ArpPacket saidBy(MacAddress mac) {
        return new ArpPacket(ArpPacket.REPLY, mac, ADDRESS.toInet(), HOST, Ipv4.address("10.2.0.10"));
    }
}
