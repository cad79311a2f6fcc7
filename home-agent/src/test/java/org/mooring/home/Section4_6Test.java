package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.home.HomeNetwork.ANNOUNCEMENT;
import static org.mooring.home.HomeNetwork.AT_HOME;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.LIFETIME;
import static org.mooring.home.HomeNetwork.MAC;
import static org.mooring.home.HomeNetwork.MOBILE_HOME;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.signed;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mooring.home.Action.AnnounceAway;
import org.mooring.home.Action.AnnounceHome;
import org.mooring.home.Action.ReadNeighbour;
import org.mooring.home.Action.RemoveForwarding;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("RFC 3344 §4.6 ARP, Proxy ARP, and Gratuitous ARP")
class Section4_6Test {
    private static final AnnounceAway AWAY = new AnnounceAway(HOME_ADDRESS);
    private static final AnnounceHome HOME = new AnnounceHome(HOME_ADDRESS, MAC);

    private final HomeNetwork network = new HomeNetwork();

    @Test
    @DisplayName("T46: the first binding is announced with the agent's MAC, three times in all")
    void announcesTheFirstBinding() {
        network.register(300);
        letAnnouncementsPass();
        assertEquals(List.of(AWAY, AWAY, AWAY), network.all(AnnounceAway.class));
    }

    @Test
    @DisplayName(
            "who probes for the address of a mobile node that is away is told that it is in use; after its return nobody is")
    void answersProbes() {
        var prober = MacAddress.of("02:00:00:00:00:20");
        probed(prober);
        network.register(300);
        probed(prober);
        probed(prober);
        network.pass(Duration.ofMinutes(5));
        network.handle(new Event.TimerFired(network.now(), HomeNetwork.LIFETIME));
        probed(prober);
        var answer = new Action.AnswerProbe(HOME_ADDRESS, prober);
        assertEquals(List.of(answer, answer), network.all(Action.AnswerProbe.class));
    }

    @Test
    @DisplayName("H47: a mobile node that probes for its own address finds it free")
    void answersNoProbeOfItsOwn() {
        network.register(300);
        probed(MAC);
        assertEquals(List.of(), network.all(Action.AnswerProbe.class));
    }

    @Test
    @DisplayName("a probe for any other address is nobody's")
    void answersNoProbeForOthers() {
        network.register(300);
        network.handle(
                new Event.ArpProbed(network.now(), Ipv4Address.of("10.1.0.6"), MacAddress.of("02:00:00:00:00:20")));
        assertEquals(List.of(), network.all(Action.AnswerProbe.class));
    }

    private void probed(MacAddress prober) {
        network.handle(new Event.ArpProbed(network.now(), HOME_ADDRESS, prober));
    }

    @Test
    @DisplayName("T47: a denial is not announced")
    void announcesNoDenial() {
        network.receive(FOREIGN_AGENT_A, signed(network.request(T, 300, CARE_OF_A)));
        assertEquals(List.of(), network.all(AnnounceAway.class));
    }

    @Test
    @DisplayName("T48: a further care-of address is not announced")
    void announcesNoMove() {
        network.register(300);
        letAnnouncementsPass();
        network.actions();
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 300, CARE_OF_B)));
        assertEquals(List.of(), network.all(AnnounceAway.class));
        assertEquals(List.of(), network.armed(ANNOUNCEMENT));
    }

    @Test
    @DisplayName("T32: coming home ends the proxying first, and is announced then with the mobile node's MAC")
    void announcesTheReturnHome() {
        network.register(300);
        letAnnouncementsPass();
        network.actions();
        network.deregisterFromHome();
        letAnnouncementsPass();
        var relevant = network.actions().stream()
                .filter(action -> action instanceof RemoveForwarding || action instanceof AnnounceHome)
                .toList();
        assertEquals(List.of(new RemoveForwarding(HOME_ADDRESS), HOME, HOME, HOME), relevant);
    }

    @Test
    @DisplayName("coming home at once stops the announcements of being away")
    void announcesNothingThatIsOver() {
        network.register(300);
        network.pass(Duration.ofMillis(500));
        network.deregisterFromHome();
        letAnnouncementsPass();
        assertEquals(List.of(AWAY), network.all(AnnounceAway.class));
        assertEquals(List.of(HOME, HOME, HOME), network.all(AnnounceHome.class));
    }

    @Test
    @DisplayName("RFC 5563 §5.3: the MAC that the request's Device ID names is the one announced")
    void announcesTheMacOfTheDeviceId() {
        var device = DeviceId.ethernet(Octets.ofHex("525400010050"));
        network.receive(AT_HOME, signed(network.request(Flags.NONE, 0, HOME_ADDRESS, device)));
        assertEquals(
                List.of(new AnnounceHome(HOME_ADDRESS, MacAddress.of("52:54:00:01:00:50"))),
                network.all(AnnounceHome.class));
    }

    @Test
    @DisplayName("RFC 5563 §5: a Device ID behind the mobile-home authentication may be anybody's")
    void doesNotTrustADeviceIdThatIsNotCovered() {
        var device = RegistrationCodec.encode(List.of(DeviceId.ethernet(Octets.ofHex("525400010050"))));
        network.receive(
                AT_HOME, signed(network.request(Flags.NONE, 0, HOME_ADDRESS)).concat(device));
        assertEquals(List.of(HOME), network.all(AnnounceHome.class));
    }

    @Test
    @DisplayName("the MAC that a registration named is remembered for the return")
    void remembersTheMacOfTheDeviceId() {
        var device = DeviceId.ethernet(Octets.ofHex("525400010050"));
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 300, CARE_OF_B, device)));
        network.pass(Duration.ofSeconds(1));
        network.deregisterFromHome();
        assertEquals(
                List.of(new AnnounceHome(HOME_ADDRESS, MacAddress.of("52:54:00:01:00:50"))),
                network.all(AnnounceHome.class));
    }

    @Nested
    @DisplayName("H46: of which nobody says the MAC")
    class Unnamed {
        private static final ReadNeighbour READ = new ReadNeighbour(HOME_ADDRESS);
        private static final MacAddress FOUND = MacAddress.of("02:00:00:00:00:60");

        private final HomeNetwork unnamed = new HomeNetwork(new Policy(
                HOME_AGENT,
                HomeNetwork.BROADCAST,
                600,
                100,
                false,
                ReverseTunnel.OPTIONAL,
                32473,
                List.of(new MobileNode(HOME_ADDRESS, Optional.empty(), List.of(MOBILE_HOME))),
                Map.of(CARE_OF_A, List.of(HomeNetwork.FOREIGN_HOME))));

        @Test
        @DisplayName("is announced with the MAC that ARP finds, behind the reply that the kernel asks for it to send")
        void announcesTheMacThatIsFound() {
            comeHome();
            var wanted = unnamed.actions();
            assertEquals(READ, wanted.get(wanted.size() - 2));
            assertTrue(wanted.stream().limit(wanted.size() - 2).anyMatch(Action.SendReply.class::isInstance));

            read(Optional.of(FOUND));
            letTimePass(4);
            assertEquals(List.of(home(), home(), home()), unnamed.all(AnnounceHome.class));
            assertEquals(List.of(), unnamed.all(ReadNeighbour.class));
        }

        @Test
        @DisplayName("is looked for until it is found")
        void looksAgain() {
            comeHome();
            read(Optional.empty());
            unnamed.actions();
            letTimePass(1);
            assertEquals(List.of(READ), unnamed.all(ReadNeighbour.class));
            assertEquals(List.of(unnamed.now().plusMillis(100)), unnamed.armed(ANNOUNCEMENT), "ten times a second");
            read(Optional.of(FOUND));
            assertEquals(List.of(home()), unnamed.all(AnnounceHome.class));
        }

        @Test
        @DisplayName("is not announced where it doesn't answer ARP, and the operator is told, once")
        void saysThatTheMacIsUnknown() {
            comeHome();
            unnamed.actions();
            letTimePass(29);
            assertEquals(29, unnamed.all(ReadNeighbour.class).size());
            assertFalse(unnamed.facts().contains(new Fact.MacUnknown(HOME_ADDRESS)));
            letTimePass(5);
            assertEquals(29, unnamed.all(ReadNeighbour.class).size());
            assertEquals(List.of(new Fact.MacUnknown(HOME_ADDRESS)), unnamed.facts());
            read(Optional.of(FOUND));
            assertEquals(List.of(), unnamed.all(AnnounceHome.class), "too late");
        }

        @Test
        @DisplayName("is looked for at each return: it may have another MAC by then")
        void looksAtEachReturn() {
            comeHome();
            read(Optional.of(FOUND));
            letTimePass(4);
            unnamed.register(300);
            unnamed.pass(Duration.ofSeconds(1));
            comeHome();
            unnamed.actions();
            read(Optional.of(MAC));
            assertEquals(List.of(HOME), unnamed.all(AnnounceHome.class));
        }

        @Test
        @DisplayName("finds its own address free when it comes home once more")
        void answersNoProbeOfItsOwn() {
            comeHome();
            read(Optional.of(FOUND));
            unnamed.pass(Duration.ofSeconds(1));
            unnamed.register(300);
            unnamed.handle(new Event.ArpProbed(unnamed.now(), HOME_ADDRESS, FOUND));
            assertEquals(List.of(), unnamed.all(Action.AnswerProbe.class));
            unnamed.handle(new Event.ArpProbed(unnamed.now(), HOME_ADDRESS, MAC));
            assertEquals(List.of(new Action.AnswerProbe(HOME_ADDRESS, MAC)), unnamed.all(Action.AnswerProbe.class));
        }

        @Test
        @DisplayName("is not announced at home once it has left again")
        void announcesNobodyWhoHasLeft() {
            comeHome();
            unnamed.pass(Duration.ofMillis(50));
            unnamed.register(300);
            unnamed.actions();
            read(Optional.of(FOUND));
            assertEquals(List.of(), unnamed.all(AnnounceHome.class));
        }

        @Test
        @DisplayName("is not looked for before its authenticator is verified")
        void looksForNobodyOnAForgery() {
            unnamed.register(300);
            unnamed.pass(Duration.ofSeconds(1));
            var request = signed(unnamed.request(Flags.NONE, 0, HOME_ADDRESS));
            var forged = request.toByteArray();
            forged[forged.length - 1] ^= 1;
            unnamed.receive(AT_HOME, Octets.of(forged));
            read(Optional.of(FOUND));
            assertEquals(List.of(), unnamed.all(ReadNeighbour.class));
            assertEquals(List.of(), unnamed.all(AnnounceHome.class));
        }

        @Test
        @DisplayName("is not looked for at home where its deregistration comes from elsewhere")
        void looksForNobodyElsewhere() {
            unnamed.register(300);
            unnamed.pass(Duration.ofSeconds(1));
            unnamed.receive(FOREIGN_AGENT_B, signed(unnamed.request(Flags.NONE, 0, HOME_ADDRESS)));
            assertEquals(List.of(), unnamed.all(ReadNeighbour.class));
            assertTrue(unnamed.facts().contains(new Fact.MacUnknown(HOME_ADDRESS)));
        }

        private void comeHome() {
            unnamed.deregisterFromHome();
        }

        private void read(Optional<MacAddress> mac) {
            unnamed.handle(new Event.NeighbourRead(unnamed.now(), HOME_ADDRESS, mac));
        }

        private AnnounceHome home() {
            return new AnnounceHome(HOME_ADDRESS, FOUND);
        }

        /** Fires the timer as often as that. */
        private void letTimePass(int times) {
            for (int i = 0; i < times; i++) {
                unnamed.pass(Duration.ofMillis(100));
                unnamed.handle(new Event.TimerFired(unnamed.now(), ANNOUNCEMENT));
            }
        }
    }

    @Test
    @DisplayName("H46: whose MAC is known otherwise is not looked for")
    void looksForNobodyWhoIsKnown() {
        network.deregisterFromHome();
        assertEquals(List.of(), network.all(ReadNeighbour.class));
    }

    @Test
    @DisplayName("T49: a deregistration that is denied changes nothing on the home link")
    void announcesNoDeniedReturn() {
        network.register(300);
        letAnnouncementsPass();
        network.actions();
        var late = signed(network.request(Flags.NONE, 0, HOME_ADDRESS));
        network.pass(Duration.ofSeconds(20));
        network.receive(AT_HOME, late);
        letAnnouncementsPass();
        assertEquals(
                List.of(Action.SendReply.class),
                network.actions().stream().map(Object::getClass).toList());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
    }

    @Test
    @DisplayName(
            "H45, T51: a lifetime that ends stops the proxying and is not announced: nobody knows where the mobile node is")
    void announcesNoExpiry() {
        network.register(300);
        network.actions();
        network.pass(Duration.ofMinutes(5));
        network.handle(new Event.TimerFired(network.now(), LIFETIME));
        letAnnouncementsPass();
        assertEquals(List.of(new RemoveForwarding(HOME_ADDRESS)), network.all(RemoveForwarding.class));
        assertEquals(List.of(), network.all(AnnounceAway.class));
        assertEquals(List.of(), network.all(AnnounceHome.class));
    }

    @Test
    @DisplayName("who isn't away any more, nor home, is announced no more")
    void stopsAnnouncingWhoIsAwayNoMore() {
        network.register(300);
        network.pass(Duration.ofSeconds(1));
        network.receive(FOREIGN_AGENT_A, signed(network.request(T, 0, CARE_OF_A)));
        assertEquals(List.of(), network.careOfAddresses());
        network.actions();
        letAnnouncementsPass();
        assertEquals(List.of(), network.actions());
    }

    /** Fires the announcement timer as often as it would fire, and once more. */
    private void letAnnouncementsPass() {
        for (int i = 0; i < 4; i++) {
            network.pass(Duration.ofSeconds(1));
            network.handle(new Event.TimerFired(network.now(), ANNOUNCEMENT));
        }
    }
}
