package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.datapath.Packets.marked;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Packets.withTtl;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.net.Inet4Address;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.linux.Ipv4;
import org.mooring.linux.packet.Ipv4Packet;

/** What is dropped is counted by reason, and with its home address if that is bound here, or visits. */
abstract class DropsTest extends Behaviour {
    private static final int CONGESTION_EXPERIENCED = 3;
    private static final int FORGED = 100;

    private final Inet4Address nobody = Ipv4.address("10.1.0.51");

    DropsTest(DatapathTest test) {
        super(test);
    }

    @ParameterizedTest
    @MethodSource("encapsulations")
    void countsWithItsBindingWhatComesOutOfAnothersTunnel(Encapsulation encapsulation) throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near, encapsulation));
        VisitorDatapath near = visitors(net.near, visitor(encapsulation));
        Ipv4Packet fromGuest = udp(GUEST, CORRESPONDENT, 64, "in the guest's name");
        Ipv4Packet toGuest = udp(CORRESPONDENT, GUEST, 64, "past the home agent");
        Wire toHome = open(new Wire(net.internet, "site1"));
        Wire toNear = open(new Wire(net.internet, "site2"));
        for (int i = 0; i < 2; i++) {
            toHome.send(Encapsulated.in(encapsulation, net.far.careOfAddress(), HOME_AGENT, fromGuest), net.home.wan());
            toNear.send(
                    Encapsulated.in(encapsulation, net.far.careOfAddress(), net.near.careOfAddress(), toGuest),
                    net.near.wan());
        }
        for (Datapath<?> datapath : new Datapath<?>[] {home, near}) {
            until(() -> dropped(datapath, Drop.FOREIGN_TUNNEL) == 2);
            assertEquals(Map.of(GUEST, Map.of(Drop.FOREIGN_TUNNEL, 2L)), bindingDrops(datapath));
        }
    }

    /** However many there are: nothing is kept of them but that they were dropped. */
    @Test
    void countsWithNoBindingWhatIsForgedForNobody() throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near));
        VisitorDatapath near = visitors(net.near, VISITOR);
        Wire toHome = open(new Wire(net.internet, "site1"));
        Wire toNear = open(new Wire(net.internet, "site2"));
        for (int i = 0; i < FORGED; i++) {
            Inet4Address forged = Ipv4.address("10.1.2." + (1 + i));
            Ipv4Packet from = udp(forged, CORRESPONDENT, 64, "?");
            Ipv4Packet to = udp(CORRESPONDENT, forged, 64, "?");
            toHome.send(Packets.ipip(net.near.careOfAddress(), HOME_AGENT, from), net.home.wan());
            toHome.send(Packets.ipip(net.near.careOfAddress(), HOME_AGENT, withTtl(0, from)), net.home.wan());
            toNear.send(Packets.ipip(HOME_AGENT, net.near.careOfAddress(), to), net.near.wan());
        }
        until(() -> dropped(home, Drop.UNLISTED) == FORGED && dropped(home, Drop.EXPIRED) == FORGED);
        until(() -> dropped(near, Drop.UNLISTED) == FORGED);
        assertEquals(Map.of(), bindingDrops(home));
        assertEquals(Map.of(), bindingDrops(near));
    }

    @ParameterizedTest
    @MethodSource("encapsulations")
    void countsEachReasonByItself(Encapsulation encapsulation) throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near, encapsulation));
        Wire toHome = open(new Wire(net.internet, "site1"));
        Ipv4Packet fromGuest = udp(GUEST, CORRESPONDENT, 64, "too late");
        Ipv4Packet congested = marked(
                CONGESTION_EXPERIENCED,
                0,
                Encapsulated.in(encapsulation, net.near.careOfAddress(), HOME_AGENT, fromGuest));
        // One header of both has but one of each field.
        boolean bothHeaders = encapsulation != Encapsulation.MINIMAL;
        Ipv4Packet expired =
                Encapsulated.in(encapsulation, net.near.careOfAddress(), HOME_AGENT, withTtl(0, fromGuest));
        Ipv4Packet own = udp(HOME_AGENT, GUEST, 64, "comes back");
        if (bothHeaders) {
            toHome.send(expired, net.home.wan());
            toHome.send(congested, net.home.wan());
        }
        toHome.send(Encapsulated.in(encapsulation, net.near.careOfAddress(), HOME_AGENT, own), net.home.wan());
        until(() -> dropped(home, Drop.LOOP) == 1);
        assertEquals(
                Map.of(
                        GUEST,
                        bothHeaders
                                ? Map.of(Drop.EXPIRED, 1L, Drop.CONGESTION, 1L, Drop.LOOP, 1L)
                                : Map.of(Drop.LOOP, 1L)),
                bindingDrops(home));
    }

    @Test
    void countsWhatWouldGoInACircle() throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near));
        Wire toHome = open(new Wire(net.internet, "site1"));
        Ipv4Packet twice = udp(CORRESPONDENT, GUEST, 64, "twice");
        toHome.send(Packets.ipip(net.near.careOfAddress(), GUEST, twice), net.home.wan());
        until(() -> dropped(home, Drop.LOOP) == 1);
        assertEquals(Map.of(GUEST, Map.of(Drop.LOOP, 1L)), bindingDrops(home));
    }

    /** Its counts end with a binding, as those of its traffic do; a change of the care-of address leaves them. */
    @Test
    void beginsAnewWithEachBinding() throws Exception {
        HomeDatapath home =
                home(toVisitorAt(net.near), new HomeForwarding(nobody, Tunnel.ipip(net.near.careOfAddress())));
        Wire toHome = open(new Wire(net.internet, "site1"));
        Ipv4Packet forged = Packets.ipip(CORRESPONDENT, HOME_AGENT, udp(GUEST, CORRESPONDENT, 64, "forged"));
        toHome.send(forged, net.home.wan());
        until(() -> dropped(home, Drop.FOREIGN_TUNNEL) == 1);
        home.install(toVisitorAt(net.far));
        assertEquals(Map.of(GUEST, Map.of(Drop.FOREIGN_TUNNEL, 1L)), bindingDrops(home));
        home.remove(GUEST);
        assertEquals(Map.of(), bindingDrops(home));
        home.install(toVisitorAt(net.near));
        assertEquals(Map.of(), bindingDrops(home));
        toHome.send(forged, net.home.wan());
        until(() -> dropped(home, Drop.FOREIGN_TUNNEL) == 2);
        assertEquals(Map.of(GUEST, Map.of(Drop.FOREIGN_TUNNEL, 1L)), bindingDrops(home));
    }
}
