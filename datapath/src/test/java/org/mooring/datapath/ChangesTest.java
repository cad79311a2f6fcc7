package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Packets.ipip;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.GUEST_MAC;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.net.Inet4Address;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;

/** What is installed, staged, flipped and removed. */
abstract class ChangesTest extends Behaviour {
    ChangesTest(DatapathTest test) {
        super(test);
    }

    @Test
    void sweepsWhatItsStoreDoesNotKnow() throws Exception {
        home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        String route = "10.1.0.50 ";
        assertTrue(net.home.router().exec("ip", "route").contains(route));
        assertTrue(net.near.router().exec("ip", "route").contains(route));

        close(HomeDatapath.class);
        close(VisitorDatapath.class);
        home();
        visitors(net.near);
        assertFalse(net.home.router().exec("ip", "route").contains(route));
        assertFalse(net.near.router().exec("ip", "route").contains(route));
        assertFalse(
                net.near.router().exec("ip", "route", "show", "table", "436").contains(route));
        assertFalse(net.near.router().exec("ip", "neigh").contains(route));
    }

    @Test
    void aRemovedHomeAddressIsAtHomeAgain() throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near));
        VisitorDatapath near = visitors(net.near, VISITOR);
        open(new Echo(net.near.host()));
        Probe probe = open(new Probe(net.correspondent));
        probe.exchange(GUEST, "away");

        home.remove(GUEST);
        home.remove(GUEST);
        Wire lan = open(new Wire(net.home.host(), "eth0"));
        net.home
                .router()
                .exec("ip", "neigh", "replace", "10.1.0.50", "lladdr", lan.mac().toString(), "dev", "lan");
        probe.send(GUEST, "home".getBytes(StandardCharsets.UTF_8));
        lan.await(packet -> packet.destination().equals(GUEST));
        net.home.router().exec("ip", "neigh", "del", "10.1.0.50", "dev", "lan");
        assertTrue(home.traffic().isEmpty());

        // A late packet of the old tunnel is nobody's.
        near.remove(GUEST);
        Wire path = open(new Wire(net.internet, "site2"));
        path.send(ipip(HOME_AGENT, net.near.careOfAddress(), udp(CORRESPONDENT, GUEST, 64, "late")), net.near.wan());
        until(() -> dropped(near, Drop.UNLISTED) == 1);
        assertFalse(net.near.router().exec("ip", "route").contains("10.1.0.50"));
        assertFalse(net.near.router().exec("ip", "neigh").contains("10.1.0.50"));
    }

    /** Every packet arrives at one site or the other, and every answer comes back, also those under way in the old tunnel. */
    @Test
    void flipsUnderTrafficWithoutALoss() throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        visitors(net.far, VISITOR);
        Echo near = open(new Echo(net.near.host()));
        Echo far = open(new Echo(net.far.host()));
        try (Flow flow = new Flow(net.correspondent, GUEST)) {
            until(flow.moreAnswers(50));
            assertEquals(0, far.received());
            home.stage(toVisitorAt(net.far));
            for (int flip = 0; flip < 10; flip++) {
                until(flow.moreAnswers(20));
                home.flip(GUEST);
            }
            until(flow.moreAnswers(20));
            flow.stop();
            until(() -> flow.answered() == flow.sent());
            assertEquals(flow.sent(), near.received() + far.received());
            assertTrue(near.received() >= 100 && far.received() >= 100, near.received() + " and " + far.received());
        }
        home.unstage(GUEST);
        assertThrows(IllegalStateException.class, () -> home.flip(GUEST));
        assertNothingDropped(home);
    }

    /** From home, too: until the flip packets go to the home link, but what the guest already sends by its tunnel is taken. */
    @Test
    void flipsFromHome() throws Exception {
        HomeDatapath home = home();
        visitors(net.near, VISITOR);
        home.stage(toVisitorAt(net.near));
        Echo echo = open(new Echo(net.near.host()));
        Echo correspondent = open(new Echo(net.correspondent));
        open(new Probe(net.near.host())).send(CORRESPONDENT, new byte[] {1});
        until(() -> correspondent.received() == 1);
        assertFalse(net.home.router().exec("ip", "route").contains("10.1.0.50"));

        home.flip(GUEST);
        open(new Probe(net.correspondent)).exchange(GUEST, "now away");
        assertEquals(1, echo.received());
    }

    /** A staged visitor may still be at home: the visited site's own packets go there. */
    @Test
    void aStagedVisitorGetsOnlyWhatComesByItsTunnel() throws Exception {
        home(toVisitorAt(net.near));
        VisitorDatapath near = visitors(net.near);
        near.stage(VISITOR);
        open(new Echo(net.near.host()));
        open(new Probe(net.correspondent)).exchange(GUEST, "by the tunnel");

        String way = "route get 10.1.0.50 from 10.2.0.77 iif lan";
        assertTrue(ip(net.near, way).contains("via 198.51.102.1 dev wan"), ip(net.near, way));
        near.flip(GUEST);
        assertTrue(ip(net.near, way).contains("dev lan"), ip(net.near, way));
        near.remove(GUEST);
        assertTrue(ip(net.near, way).contains("via 198.51.102.1 dev wan"), ip(net.near, way));
    }

    /** One router is home agent for its own guests and foreign agent for others'. */
    @Test
    void bothAgentsShareARouter() throws Exception {
        Inet4Address otherGuest = Ipv4.address("10.2.0.60");
        Inet4Address otherHomeAgent = Ipv4.address("10.2.0.1");
        MacAddress neighboursMac = net.home.host().device("eth0").mac();
        net.home.host().exec("ip", "address", "add", otherGuest.getHostAddress() + "/32", "dev", "eth0");
        home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        // The host of the home site is a guest from site 2, whose router is its home agent.
        visitors(net.home, new VisitorForwarding(otherGuest, Tunnel.ipip(otherHomeAgent), "lan", neighboursMac, true));
        home(
                net.near,
                otherHomeAgent,
                MtuPolicy.ICMP,
                Waiting.UNHEARD,
                new HomeForwarding(otherGuest, Tunnel.ipip(net.home.careOfAddress())));

        open(new Echo(net.near.host()));
        open(new Echo(net.home.host()));
        Probe probe = open(new Probe(net.correspondent));
        probe.exchange(GUEST, "to one guest");
        probe.exchange(otherGuest, "to the other, the other way");
        net.home.host().exec("ip", "address", "del", otherGuest.getHostAddress() + "/32", "dev", "eth0");
    }

    /** The kernel's word, and ours. */
    @Test
    void saysWhatTheKernelRefused() {
        VisitorForwarding elsewhere = new VisitorForwarding(GUEST, Tunnel.ipip(HOME_AGENT), "wlan9", GUEST_MAC, true);
        DatapathException unknownLink =
                assertThrows(DatapathException.class, () -> visitors(net.near).install(elsewhere));
        assertEquals(
                "cannot install the forwarding of 10.1.0.50: wlan9 is not one of the visitor links [lan]",
                unknownLink.getMessage());

        DatapathException second = assertThrows(DatapathException.class, () -> visitors(net.near));
        String message = String.valueOf(second.getMessage());
        assertTrue(
                message.startsWith(
                                "cannot open the datapath of foreign agent 198.51.102.2: cannot open TUN device mip-fa")
                        && message.endsWith(": EBUSY: busy"),
                message);
    }
}
