package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.mooring.datapath.Encapsulation.IPIP;
import static org.mooring.datapath.Encapsulation.UDP;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.GUEST_MAC;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.provider.Arguments;
import org.mooring.datapath.Topology.Site;
import org.mooring.linux.Interface;
import org.mooring.linux.MacAddress;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;

/** What a datapath does with real packets from a correspondent to a guest that visits, by real routers in namespaces, and back. It is the same
 * on each datapath. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class Behaviour {
    static final VisitorForwarding VISITOR =
            new VisitorForwarding(GUEST, Tunnel.ipip(HOME_AGENT), "lan", GUEST_MAC, true);
    static final MacAddress STRANGER = MacAddress.of("02:00:00:00:00:99");
    static final byte ECHO_REPLY = 0;

    final Topology net;
    final DatapathTest test;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    Behaviour(DatapathTest test) {
        this.test = test;
        net = test.net();
    }

    @AfterEach
    void close() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    /** What the datapath carries. */
    final Stream<Encapsulation> encapsulations() {
        return test.carries().stream();
    }

    /** Those cases all of whose encapsulations the datapath carries. */
    final Stream<Arguments> carried(Arguments... cases) {
        return Arrays.stream(cases)
                .filter(one -> Arrays.stream(one.get())
                        .allMatch(argument -> !(argument instanceof Encapsulation)
                                || test.carries().contains(argument)));
    }

    final HomeDatapath home(HomeForwarding... installed) throws Exception {
        return home(MtuPolicy.ICMP, installed);
    }

    final HomeDatapath home(MtuPolicy policy, HomeForwarding... installed) throws Exception {
        return home(policy, Waiting.UNHEARD, installed);
    }

    final HomeDatapath home(MtuPolicy policy, Waiting waiting, HomeForwarding... installed) throws Exception {
        return home(net.home, HOME_AGENT, policy, waiting, installed);
    }

    final HomeDatapath home(
            Site site, Inet4Address address, MtuPolicy policy, Waiting waiting, HomeForwarding... installed)
            throws Exception {
        var config = new HomeDatapathConfig(address, HomeDatapathConfig.DEVICE, "lan", List.of("wan"), policy, false);
        return open(site.router().run(() -> test.openHome(config, List.of(installed), waiting)));
    }

    final VisitorDatapath visitors(Site site, VisitorForwarding... installed) throws Exception {
        return visitors(MtuPolicy.ICMP, Waiting.UNHEARD, site, installed);
    }

    final VisitorDatapath visitors(MtuPolicy policy, Waiting waiting, Site site, VisitorForwarding... installed)
            throws Exception {
        var config = new VisitorDatapathConfig(
                site.careOfAddress(), VisitorDatapathConfig.DEVICE, List.of("lan"), List.of("wan"), policy, false);
        return open(site.router().run(() -> test.openVisitors(config, List.of(installed), waiting)));
    }

    static Tunnel tunnel(Inet4Address remote, Encapsulation encapsulation) {
        return encapsulation == UDP ? Tunnel.udp(remote, 434) : Tunnel.of(remote, encapsulation);
    }

    static VisitorForwarding visitor(Encapsulation encapsulation) {
        return new VisitorForwarding(GUEST, tunnel(HOME_AGENT, encapsulation), "lan", GUEST_MAC, true);
    }

    static HomeForwarding toVisitorAt(Site site) {
        return toVisitorAt(site, IPIP);
    }

    static HomeForwarding toVisitorAt(Site site, Encapsulation encapsulation) {
        return new HomeForwarding(GUEST, tunnel(site.careOfAddress(), encapsulation));
    }

    static void assertNothingDropped(Datapath<?> datapath) throws Exception {
        datapath.drops().forEach((reason, count) -> assertEquals(0, count, reason.toString()));
    }

    static long dropped(Datapath<?> datapath, Drop reason) throws DatapathException {
        return datapath.drops().getOrDefault(reason, -1L);
    }

    /** Of home addresses, without reasons and home addresses that there was none for. */
    static Map<Inet4Address, Map<Drop, Long>> bindingDrops(Datapath<?> datapath) throws DatapathException {
        Map<Inet4Address, Map<Drop, Long>> drops = new HashMap<>();
        datapath.bindingDrops()
                .forEach((home, counts) -> counts.forEach((reason, count) -> {
                    if (count != 0) {
                        drops.computeIfAbsent(home, unused -> new HashMap<>()).put(reason, count);
                    }
                }));
        return drops;
    }

    static Traffic traffic(Datapath<?> datapath) throws DatapathException {
        return datapath.traffic().getOrDefault(GUEST, new Traffic(-1, -1, -1, -1));
    }

    /** Whether the routers cut segments that travel as one before they send them on. */
    final void cutByRouters(boolean yes) {
        for (Site site : List.of(net.home, net.near, net.far)) {
            for (String device : List.of("wan", "lan")) {
                site.router().exec("ip", "link", "set", device, "gso_max_size", yes ? "2000" : "65536");
            }
        }
    }

    /** From the internet. */
    final void sendToHomeRouter(ByteBuffer octets) throws Exception {
        Interface link = net.internet.device("site1");
        try (PacketSocket socket =
                net.internet.run(() -> PacketSocket.open(link, PacketFilter.etherType(EtherType.IPV4)))) {
            socket.send(new EthernetFrame(net.home.wan(), link.mac(), EtherType.IPV4, octets));
        }
    }

    final void setMtu(Site site, int mtu) {
        site.router().exec("ip", "link", "set", "wan", "mtu", Integer.toString(mtu));
        net.internet.exec("ip", "link", "set", "site" + site.number(), "mtu", Integer.toString(mtu));
    }

    /** Hosts and routers forget what they were told; a kernel that makes tunnels remembers it for longer than its agent lives. */
    final void forgetPathMtus() {
        for (NetworkNamespace told :
                List.of(net.correspondent, net.near.host(), net.home.router(), net.near.router(), net.far.router())) {
            told.exec("ip", "route", "flush", "cache");
        }
    }

    static String ip(Site site, String arguments) {
        return site.router().exec(("ip " + arguments).split(" "));
    }

    static void until(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within 30 s");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    final <T extends AutoCloseable> T open(T resource) {
        opened.push(resource);
        return resource;
    }

    final <T> void close(Class<T> type) throws Exception {
        AutoCloseable last =
                opened.stream().filter(type::isInstance).findFirst().orElseThrow();
        opened.remove(last);
        last.close();
    }
}
