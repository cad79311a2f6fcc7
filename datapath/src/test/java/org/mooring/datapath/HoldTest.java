package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Packets.ipip;
import static org.mooring.datapath.Packets.text;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.GUEST_MAC;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.datapath.Topology.Site;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.ThreadScheduling;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;

/** Packets that wait for a guest that changes sites: at a foreign agent, to which it comes from site 3, and at home, from site 2. */
abstract class HoldTest extends Behaviour {
    private static final int AGENTS_PORT = 434;
    static final int PORT = 9;
    private static final int EARLY = 50;
    static final Set<Path> BOTH = Set.of(Path.OLD, Path.NEW);
    private static final Inet4Address OTHER = Ipv4.address("10.1.0.51");

    private final List<String> heard = Collections.synchronizedList(new ArrayList<>());

    /** The datapath's thread waits for it before it goes on. */
    private volatile CountDownLatch stalled = new CountDownLatch(0);

    private final Waiting listener = new Waiting() {
        @Override
        public void began(Inet4Address homeAddress, Path path) {
            heard.add(homeAddress.getHostAddress() + " " + path);
            try {
                stalled.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void marker(Inet4Address homeAddress, ByteBuffer payload) {
            heard.add(homeAddress.getHostAddress() + " " + StandardCharsets.US_ASCII.decode(payload));
        }
    };

    MacAddress homeRouter = MacAddress.NONE;
    MacAddress nearRouter = MacAddress.NONE;

    HoldTest(DatapathTest test) {
        super(test);
    }

    @BeforeAll
    void knowTheRouters() {
        homeRouter = net.home.wan();
        nearRouter = net.near.wan();
        String neighbour = net.home.host().device("eth0").mac().toString();
        net.home.router().exec("ip", "neigh", "replace", "10.1.0.50", "lladdr", neighbour, "dev", "lan");
    }

    @AfterAll
    void forgetTheGuest() {
        net.home.router().exec("ip", "neigh", "del", "10.1.0.50", "dev", "lan");
    }

    @Override
    @AfterEach
    void close() throws Exception {
        stalled.countDown();
        super.close();
        heard.clear();
    }

    /** Packets that are delivered, those of the old path, those of the new one; each path is announced once. */
    @ParameterizedTest
    @MethodSource("encapsulations")
    void goesOnInOrder(Encapsulation encapsulation) throws Exception {
        VisitorDatapath near = hearingVisitors(comingFromFar(GUEST, tunnel(HOME_AGENT, encapsulation)));
        Arrived<String> guest = texts(net.near);
        Wire path = open(new Wire(net.internet, "site2"));
        near.hold(GUEST, BOTH);
        List<String> expected = new ArrayList<>(List.of("first", "second"));
        for (int i = 0; i < 100; i++) {
            Ipv4Packet tunnelled =
                    Encapsulated.in(encapsulation, HOME_AGENT, net.near.careOfAddress(), datagram("new " + i));
            path.send(tunnelled, nearRouter);
            path.send(tunnelledByOld(datagram("old " + i)), nearRouter);
            expected.add("old " + i);
        }
        until(() -> held(near, GUEST) == 200);
        assertEquals(0, guest.count());
        assertEquals(Set.of("10.1.0.50 OLD", "10.1.0.50 NEW"), Set.copyOf(heard));
        assertEquals(2, heard.size());

        near.deliver(GUEST, datagram("first").toOctets());
        until(() -> guest.count() == 1);
        near.deliver(GUEST, datagram("second").toOctets());
        near.open(GUEST, Path.OLD);
        near.open(GUEST, Path.NEW);
        IntStream.range(0, 100).forEach(i -> expected.add("new " + i));
        until(() -> guest.count() == expected.size());
        assertEquals(expected, guest.all());
        assertNothingDropped(near);
        assertNoIcmp(path);
    }

    /** The way of a guest that comes home: away, held, retired, opened; what comes to the uplinks waits from the first on. */
    @Test
    void holdsAtHomeFromTheReturnOn() throws Exception {
        HomeDatapath home = hearingHome(new HomeForwarding(GUEST, Tunnel.ipip(net.near.careOfAddress())));
        Arrived<String> guest = texts(net.home);
        Wire path = open(new Wire(net.internet, "site1"));
        Wire tunnel = open(new Wire(net.internet, "site2"));
        path.send(datagram("away"), homeRouter);
        tunnel.await(packet -> packet.source().equals(HOME_AGENT));

        home.hold(GUEST, BOTH);
        home.retire(GUEST);
        home.send(Tunnel.ipip(net.near.careOfAddress()), datagram("the last"));
        Ipv4Packet mark = tunnel.await(packet -> packet.source().equals(HOME_AGENT));
        assertEquals(datagram("the last").toOctets(), mark.payload());

        path.send(datagram("plain"), homeRouter);
        path.send(datagram("neighbour's, while nobody is asked", OTHER), homeRouter);
        path.send(ipip(net.near.careOfAddress(), HOME_AGENT, datagram("late")), homeRouter);
        path.send(ipip(net.near.careOfAddress(), HOME_AGENT, marker("over")), homeRouter);
        until(() -> held(home, GUEST) == 2 && heard.contains("10.1.0.50 over"));
        assertEquals(0, guest.count());
        home.deliver(GUEST, datagram("rescued").toOctets());
        home.open(GUEST, Path.OLD);
        home.open(GUEST, Path.NEW);
        until(() -> guest.count() == 3);
        assertEquals(List.of("rescued", "late", "plain"), guest.all());

        home.remove(GUEST);
        home.deliver(GUEST, datagram("without a binding").toOctets());
        until(() -> guest.count() == 4);
        assertNothingDropped(home);
    }

    /** A foreign agent that sends home what comes late sends a marker back to the home agent, whose own address it has. */
    @Test
    void takesMarkersBackFromTheOldSite() throws Exception {
        HomeDatapath home = hearingHome(new HomeForwarding(GUEST, Tunnel.ipip(net.near.careOfAddress())));
        VisitorDatapath near = hearingVisitors(comingFromFar(GUEST));
        near.sendHome(GUEST);
        home.hold(GUEST, BOTH);
        home.retire(GUEST);
        home.send(Tunnel.ipip(net.near.careOfAddress()), marker("over"));
        until(() -> heard.contains("10.1.0.50 over"));
        assertNothingDropped(near);
        assertNothingDropped(home);
        near.remove(GUEST);
    }

    /** A foreign agent that sends home what comes for a guest, and a home agent that doesn't know yet that it is coming. */
    @Test
    void whatIsSentHomeEarlyDoesNotGoToAndFro() throws Exception {
        HomeDatapath home = hearingHome(new HomeForwarding(GUEST, Tunnel.ipip(net.near.careOfAddress())));
        VisitorDatapath near = hearingVisitors(comingFromFar(GUEST));
        Arrived<String> guest = texts(net.home);
        Wire path = open(new Wire(net.internet, "site1"));
        home.hold(GUEST, Set.of(Path.OLD));
        near.sendHome(GUEST);
        for (int i = 0; i < EARLY; i++) {
            path.send(datagram("early " + i), homeRouter);
        }
        until(() -> held(home, GUEST) == EARLY);
        home.hold(GUEST, BOTH);
        home.retire(GUEST);
        path.send(datagram("new"), homeRouter);
        home.open(GUEST, Path.OLD);
        home.open(GUEST, Path.NEW);

        until(() -> guest.count() == EARLY + 1);
        assertEquals("new", guest.all().get(EARLY));
        assertNothingDropped(near);
        assertNothingDropped(home);
        near.remove(GUEST);
    }

    /** A home agent that doesn't wait any more, because the guest is not on its way after all. */
    @Test
    void whatIsSentHomeForNobodyGoesToNobody() throws Exception {
        HomeDatapath home = hearingHome(new HomeForwarding(GUEST, Tunnel.ipip(net.near.careOfAddress())));
        Wire path = open(new Wire(net.internet, "site1"));
        home.hold(GUEST, Set.of(Path.OLD));
        path.send(ipip(net.near.careOfAddress(), HOME_AGENT, datagram("waits")), homeRouter);
        path.send(ipip(net.far.careOfAddress(), HOME_AGENT, datagram("from elsewhere")), homeRouter);
        until(() -> held(home, GUEST) == 1 && dropped(home, Drop.UNLISTED) == 1);
        home.open(GUEST, Path.OLD);
        Ipv4Packet outer = path.await(packet -> packet.source().equals(HOME_AGENT) && Packets.isIpip(packet));
        assertEquals(datagram("waits").payload(), Encapsulated.inner(outer).payload());
        until(() -> {
            path.send(ipip(net.near.careOfAddress(), HOME_AGENT, datagram("too late")), homeRouter);
            return dropped(home, Drop.UNLISTED) > 1;
        });
    }

    /** What waits at home outlives the binding: a registration from home may come before COMMIT. */
    @Test
    void whatWaitsForAGuestThatIsHomeWithoutCommitGoesOn() throws Exception {
        HomeDatapath home = hearingHome(new HomeForwarding(GUEST, Tunnel.ipip(net.near.careOfAddress())));
        Arrived<String> guest = texts(net.home);
        Wire path = open(new Wire(net.internet, "site1"));
        home.hold(GUEST, Set.of(Path.OLD));
        path.send(ipip(net.near.careOfAddress(), HOME_AGENT, datagram("late")), homeRouter);
        until(() -> held(home, GUEST) == 1);
        home.remove(GUEST);
        home.open(GUEST, Path.OLD);
        until(() -> guest.count() == 1);
        assertNothingDropped(home);
    }

    /** For as long as anything of the guest's waits, by whichever path they come; those of others don't count. */
    @Test
    void liftsMarkersOutOfTunnels() throws Exception {
        VisitorDatapath near = hearingVisitors(comingFromFar(GUEST), comingFromFar(OTHER));
        Arrived<String> guest = texts(net.near);
        Wire path = open(new Wire(net.internet, "site2"));
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        near.hold(GUEST, Set.of(Path.NEW));
        path.send(tunnelledByOld(marker("one")), nearRouter);
        path.send(tunnelledByNew(marker("two")), nearRouter);
        path.send(tunnelledByOld(datagram("passes")), nearRouter);
        until(() -> heard.size() == 2 && guest.count() == 1);
        assertEquals(Set.of("10.1.0.50 one", "10.1.0.50 two"), Set.copyOf(heard));
        assertEquals(0, held(near, GUEST));

        near.remove(GUEST);
        near.install(comingFromFar(GUEST));
        path.send(tunnelledByOld(marker("to the port's filter")), nearRouter);
        lan.await(packet -> UdpPacket.parse(packet).stream().anyMatch(udp -> udp.destinationPort() == AGENTS_PORT));
        assertEquals(2, heard.size());
    }

    /** One's packets wait all the time, while another's come, wait, are too many, and go on. */
    @Test
    void guestsDontDisturbEachOther() throws Exception {
        VisitorDatapath near = hearingVisitors(comingFromFar(GUEST), comingFromFar(OTHER));
        Arrived<String> guest = texts(net.near);
        Arrived<String> other = texts(net.near, OTHER);
        Wire path = open(new Wire(net.internet, "site2"));
        near.hold(GUEST, BOTH);
        path.send(tunnelledByNew(datagram("early")), nearRouter);
        until(() -> held(near, GUEST) == 1);

        int excess = 500;
        near.hold(OTHER, BOTH);
        int all = fromOneProcessor(() -> {
            int sent = 0;
            while (sent < Room.CAPACITY + excess) {
                path.send(tunnelledByNew(datagram(Integer.toString(sent++), OTHER)), nearRouter);
            }
            return sent;
        });
        until(() -> held(near, OTHER) + noRoom(near) == all);
        assertEquals(Room.CAPACITY, near.held().get(OTHER));
        path.send(tunnelledByNew(datagram("late")), nearRouter);
        until(() -> held(near, GUEST) == 2);
        assertEquals(0, other.count());

        near.open(OTHER, Path.OLD);
        near.open(OTHER, Path.NEW);
        until(() -> other.count() == Room.CAPACITY);
        assertEquals(
                IntStream.range(0, Room.CAPACITY).mapToObj(Integer::toString).toList(), other.all());
        passesBy(near, path, OTHER, other);
        assertEquals(0, guest.count());
        near.open(GUEST, Path.NEW);
        until(() -> guest.count() == 2);
        assertEquals(List.of("early", "late"), guest.all());
        passesBy(near, path, GUEST, guest);
        assertNoIcmp(path);
    }

    /** Nobody is told that a packet waits, or found no room. What the guest answers later ends at a router without a home agent, which says so. */
    private static void assertNoIcmp(Wire wire) {
        assertEquals(
                List.of(),
                wire.captured().stream()
                        .flatMap(frame -> frame.ethernet().flatMap(Ipv4Packet::parse).stream())
                        .filter(Packets::isIcmp)
                        .filter(icmp -> !icmp.source().equals(HOME_AGENT))
                        .map(icmp -> icmp.source() + " > " + icmp.destination() + " type "
                                + icmp.payload().get(0) + " code "
                                + icmp.payload().get(1))
                        .toList());
    }

    /** The kernel keeps no order between what leaves from two. */
    private static <T> T fromOneProcessor(Callable<T> sending) throws Exception {
        ThreadScheduling scheduling = new ThreadScheduling();
        scheduling.pin(0);
        try {
            return sending.call();
        } finally {
            scheduling.release();
        }
    }

    /** What the kernel itself can't put into a room isn't waited for. */
    @Test
    void goesOnThoughThereWasNoRoom() throws Exception {
        VisitorDatapath near = hearingVisitors(comingFromFar(GUEST));
        Arrived<String> guest = texts(net.near);
        Wire path = open(new Wire(net.internet, "site2"));
        stalled = new CountDownLatch(1);
        near.hold(GUEST, BOTH);
        path.send(tunnelledByNew(datagram("0")), nearRouter);
        until(() -> heard.size() == 1);
        int all = fromOneProcessor(() -> {
            int sent = 1;
            // To ask takes longer than to send.
            while (sent % 100 != 0 || noRoom(near) < 100) {
                path.send(tunnelledByNew(datagram(Integer.toString(sent++))), nearRouter);
            }
            return sent;
        });
        near.open(GUEST, Path.NEW);
        stalled.countDown();
        until(() -> guest.count() + noRoom(near) == all);
        assertTrue(guest.count() <= all - 100);
        if (test.knowsWhatQueuesDrop()) {
            assertEquals(Map.of(GUEST, Map.of(Drop.NO_ROOM, noRoom(near))), bindingDrops(near));
        }
        assertEquals(
                IntStream.range(0, guest.count()).mapToObj(Integer::toString).toList(), guest.all());
        passesBy(near, path, GUEST, guest);
    }

    /** Segments that travel as one are cut before they wait, and none of their octets is lost, or arrives twice. */
    @Test
    void keepsTcpStreamsWhole() throws Exception {
        HomeDatapath home = hearingHome(new HomeForwarding(GUEST, Tunnel.ipip(net.near.careOfAddress())));
        VisitorDatapath near = hearingVisitors(comingFromFar(GUEST));
        long length = 40_000_000;
        try (TcpStream stream = new TcpStream(net.correspondent, net.near.host(), GUEST)) {
            CompletableFuture<Long> arrived = CompletableFuture.supplyAsync(() -> {
                try {
                    return stream.fromClient(length);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            int held = 0;
            while (!arrived.isDone()) {
                near.hold(GUEST, BOTH);
                until(() -> held(near, GUEST) > 10 || arrived.isDone());
                near.open(GUEST, Path.OLD);
                near.open(GUEST, Path.NEW);
                held++;
            }
            assertEquals(stream.checksum(length), arrived.get());
            assertTrue(held > 5, "held " + held + " times");
            assertEquals(stream.checksum(length / 10), stream.fromClient(length / 10));
        }
        assertNothingDropped(home);
        assertNothingDropped(near);
    }

    /** A flip or a new installation doesn't. */
    @Test
    void theEndOfAForwardingEndsWhatIsHeld() throws Exception {
        VisitorDatapath near = hearingVisitors();
        Arrived<String> guest = texts(net.near);
        Wire path = open(new Wire(net.internet, "site2"));
        assertThrows(IllegalStateException.class, () -> near.hold(GUEST, BOTH));
        for (DatapathChange end : List.<DatapathChange>of(() -> near.unstage(GUEST), () -> near.remove(GUEST))) {
            near.stage(comingFromFar(GUEST));
            near.hold(GUEST, BOTH);
            path.send(tunnelledByNew(datagram("lost")), nearRouter);
            until(() -> held(near, GUEST) == 1);
            end.make();
            assertFalse(near.held().containsKey(GUEST));
            near.open(GUEST, Path.NEW);
        }

        near.stage(comingFromFar(GUEST));
        near.hold(GUEST, BOTH);
        path.send(tunnelledByNew(datagram("staged")), nearRouter);
        until(() -> held(near, GUEST) == 1);
        near.flip(GUEST);
        near.install(comingFromFar(GUEST));
        path.send(tunnelledByNew(datagram("installed")), nearRouter);
        until(() -> held(near, GUEST) == 2);
        assertEquals(0, guest.count());
        near.open(GUEST, Path.NEW);
        until(() -> guest.count() == 2);
        assertEquals(List.of("staged", "installed"), guest.all());
        passesBy(near, path, GUEST, guest);
    }

    /** What waits is lost with its agent, and nothing waits any more. */
    @Test
    void nothingIsHeldAfterARestart() throws Exception {
        VisitorDatapath first = hearingVisitors(comingFromFar(GUEST));
        Arrived<String> guest = texts(net.near);
        Wire path = open(new Wire(net.internet, "site2"));
        first.hold(GUEST, BOTH);
        path.send(tunnelledByNew(datagram("lost")), nearRouter);
        until(() -> held(first, GUEST) == 1);
        first.close();

        VisitorDatapath second = hearingVisitors(comingFromFar(GUEST));
        path.send(tunnelledByNew(datagram("with another")), nearRouter);
        until(() -> guest.count() == 1);
        assertEquals(List.of("with another"), guest.all());
        assertEquals(0, second.held().size());
    }

    /** What waited for a visitor that has left follows it. */
    @Test
    void goesOnToWhereTheVisitorIsNow() throws Exception {
        VisitorDatapath near = hearingVisitors(comingFromFar(GUEST));
        Wire path = open(new Wire(net.internet, "site2"));
        Wire next = open(new Wire(net.internet, "site3"));
        near.hold(GUEST, BOTH);
        path.send(tunnelledByNew(datagram("follows")), nearRouter);
        until(() -> held(near, GUEST) == 1);
        near.redirect(GUEST, Tunnel.ipip(net.far.careOfAddress()));
        near.open(GUEST, Path.NEW);
        Ipv4Packet outer = next.await(packet -> packet.protocol() == Ipv4Packet.IPIP);
        assertEquals(net.far.careOfAddress(), outer.destination());
        assertEquals(net.near.careOfAddress(), outer.source());
    }

    /** Sends packets until one doesn't go to wait. */
    private void passesBy(Datapath<?> datapath, Wire path, Inet4Address homeAddress, Arrived<String> arrived)
            throws Exception {
        until(() -> {
            long before = held(datapath, homeAddress);
            int count = arrived.count();
            path.send(tunnelledByNew(datagram("more", homeAddress)), nearRouter);
            until(() -> arrived.count() == count + 1);
            return held(datapath, homeAddress) == before;
        });
    }

    private Arrived<String> texts(Site site) throws Exception {
        return texts(site, GUEST);
    }

    private Arrived<String> texts(Site site, Inet4Address homeAddress) throws Exception {
        return open(new Arrived<>(
                site.host(),
                "eth0",
                homeAddress,
                PORT,
                payload -> StandardCharsets.US_ASCII.decode(payload).toString()));
    }

    VisitorForwarding comingFromFar(Inet4Address homeAddress) {
        return comingFromFar(homeAddress, Tunnel.ipip(HOME_AGENT));
    }

    private VisitorForwarding comingFromFar(Inet4Address homeAddress, Tunnel tunnel) {
        return new VisitorForwarding(
                homeAddress, tunnel, "lan", GUEST_MAC, true, Optional.empty(), Optional.of(net.far.careOfAddress()));
    }

    HomeDatapath hearingHome(HomeForwarding... installed) throws Exception {
        return home(MtuPolicy.ICMP, listener, installed);
    }

    VisitorDatapath hearingVisitors(VisitorForwarding... installed) throws Exception {
        return visitors(MtuPolicy.ICMP, listener, net.near, installed);
    }

    Ipv4Packet tunnelledByNew(Ipv4Packet inner) {
        return ipip(HOME_AGENT, net.near.careOfAddress(), inner);
    }

    Ipv4Packet tunnelledByOld(Ipv4Packet inner) {
        return ipip(net.far.careOfAddress(), net.near.careOfAddress(), inner);
    }

    private static Ipv4Packet datagram(String text) {
        return datagram(text, GUEST);
    }

    private static Ipv4Packet datagram(String text, Inet4Address to) {
        return new UdpPacket(CORRESPONDENT, 4000, to, PORT, 60, StandardCharsets.US_ASCII.encode(text)).toIpv4();
    }

    private static Ipv4Packet marker(String text) {
        ByteBuffer payload = StandardCharsets.US_ASCII.encode(text);
        return new UdpPacket(HOME_AGENT, AGENTS_PORT, GUEST, AGENTS_PORT, 60, payload).toIpv4();
    }

    /** How many packets have waited. */
    static long held(Datapath<?> datapath, Inet4Address homeAddress) {
        return datapath.held().getOrDefault(homeAddress, 0L);
    }

    private static long noRoom(Datapath<?> datapath) throws DatapathException {
        return datapath.drops().getOrDefault(Drop.NO_ROOM, 0L);
    }

    private interface DatapathChange {
        void make() throws DatapathException;
    }
}
