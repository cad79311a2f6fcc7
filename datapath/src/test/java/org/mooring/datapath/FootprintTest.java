package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.netlink.Neighbour;
import org.mooring.linux.netlink.Route;

class FootprintTest {
    private static final Interface DEVICE = new Interface("mip-fa", 7, MacAddress.NONE, 1500);
    private static final Interface LAN = new Interface("lan", 3, MacAddress.of("02:00:00:00:00:03"), 1500);
    private static final Interface OTHER_LAN = new Interface("lan2", 4, MacAddress.of("02:00:00:00:00:04"), 1500);
    private static final MacAddress MAC = MacAddress.of("52:54:00:01:00:50");

    private static final Route TO_LINK = Route.to(Ipv4.address("10.1.0.50")).dev(LAN);
    private static final Route TO_TUNNEL =
            Route.to(Ipv4.address("10.1.0.50")).dev(DEVICE).mtu(1480);
    private static final Neighbour NEIGHBOUR = Neighbour.permanent(LAN, Ipv4.address("10.1.0.50"), MAC);

    @Test
    void aRouteTakesThePlaceOfAnotherOneToTheSameDestinationInTheSameTable() {
        Footprint before = new Footprint(List.of(), List.of(TO_LINK, TO_LINK.table(436)));
        Footprint after = new Footprint(List.of(), List.of(TO_TUNNEL));
        assertEquals(List.of(TO_LINK.table(436)), before.beside(after).routes());
        assertEquals(Footprint.NONE, after.beside(before));
    }

    @Test
    void aNeighbourTakesThePlaceOfAnotherOneOnTheSameLink() {
        Footprint before = new Footprint(List.of(NEIGHBOUR), List.of());
        Neighbour changed = Neighbour.permanent(LAN, NEIGHBOUR.address(), MacAddress.BROADCAST);
        Neighbour moved = Neighbour.permanent(OTHER_LAN, NEIGHBOUR.address(), MAC);
        assertEquals(Footprint.NONE, before.beside(new Footprint(List.of(changed), List.of())));
        assertEquals(before, before.beside(new Footprint(List.of(moved), List.of())));
    }

    @Test
    void knowsWhatLeadsIntoTheTunnel() {
        Footprint all = new Footprint(List.of(NEIGHBOUR), List.of(TO_LINK.table(436), TO_TUNNEL));
        Predicate<Route> intoTunnel = route -> route.interfaceIndex() == DEVICE.index();
        Footprint into = all.only(intoTunnel);
        Footprint rest = all.without(intoTunnel);
        assertEquals(new Footprint(List.of(), List.of(TO_TUNNEL)), into);
        assertEquals(new Footprint(List.of(NEIGHBOUR), List.of(TO_LINK.table(436))), rest);
        assertEquals(all, rest.and(into));
    }
}
