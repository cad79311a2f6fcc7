package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.foreign.Site.CARE_OF;
import static org.mooring.foreign.Site.HOME;
import static org.mooring.foreign.Site.ID;
import static org.mooring.foreign.Site.LINK;
import static org.mooring.foreign.Site.LINK_ADDRESS;
import static org.mooring.foreign.Site.MAC;
import static org.mooring.foreign.Site.MAX_LIFETIME;
import static org.mooring.foreign.Site.NOW;
import static org.mooring.foreign.Site.policy;
import static org.mooring.foreign.Site.request;
import static org.mooring.foreign.Site.serve;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.foreign.Policy.Compatibility;
import org.mooring.foreign.Policy.ReverseTunnel;
import org.mooring.foreign.Policy.Revocability;
import org.mooring.protocol.discovery.AdvertisementSeries.Window;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AdvertisementExtension.PrefixLengths;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.AgentAdvertisement.Router;
import org.mooring.protocol.wire.AgentDiscoveryCodec;
import org.mooring.protocol.wire.Ipv4Address;

@DisplayName("RFC 3344 §2.3 Foreign Agent and Home Agent Considerations")
class Section2_3Test {
    private static final Advertising EACH_MINUTE = new Advertising(Duration.ofMinutes(1), false, Map.of());

    private final ForeignAgent agent = new ForeignAgent(advertising(EACH_MINUTE));

    @Test
    @DisplayName("§2.1: says what a mobile node has to know, to all on the link")
    void advertises() {
        var advertise = advertised(agent.handle(new Event.AdvertisementDue(NOW, LINK)));

        assertEquals(Optional.empty(), advertise.linkAddress());
        assertEquals(LINK_ADDRESS, advertise.source());
        assertEquals(Ipv4Address.of("224.0.0.1"), advertise.destination());
        var said = advertise.advertisement();
        assertEquals(16, said.code(), "for mobile nodes only");
        assertEquals(List.of(new Router(LINK_ADDRESS, 0)), said.routers());
        assertEquals(180, said.lifetime(), "two of three may be lost");
        var expected = new MobilityAgent(0, MAX_LIFETIME, 0x1100, List.of(CARE_OF));
        assertEquals(Optional.of(expected), said.mobilityAgent());
        assertEquals(Optional.empty(), said.prefixLengths());
        assertEquals(Optional.of(said), AgentDiscoveryCodec.decode(AgentDiscoveryCodec.encode(said)));
    }

    @Test
    @DisplayName(
            "RFC 1256 §4.1, §6: begins at once, then three quarters of the interval to all of it; the first ones sooner")
    void spreadsItsAdvertisements() {
        var started = agent.handle(new Event.Restored(NOW, List.of()));

        assertEquals(List.of(new Action.ArmAdvertisement(LINK, new Window(NOW, NOW.plusSeconds(1)))), armed(started));
        var initial = List.of(new Action.ArmAdvertisement(LINK, new Window(NOW.plusSeconds(12), NOW.plusSeconds(16))));
        assertEquals(initial, armed(agent.handle(new Event.AdvertisementDue(NOW, LINK))));
        assertEquals(initial, armed(agent.handle(new Event.AdvertisementDue(NOW, LINK))));
        assertEquals(
                List.of(new Action.ArmAdvertisement(LINK, new Window(NOW.plusSeconds(45), NOW.plusSeconds(60)))),
                armed(agent.handle(new Event.AdvertisementDue(NOW, LINK))));
    }

    @Test
    void solicitationsDoNotSpeedItUp() {
        assertEquals(List.of(), armed(agent.handle(solicitation(HOME))));
    }

    @ParameterizedTest(name = "from {0} to {1}")
    @CsvSource({"10.1.0.50, 10.1.0.50", "203.0.113.9, 203.0.113.9", "0.0.0.0, 255.255.255.255"})
    @DisplayName("answers a solicitation from wherever, in a frame to who sent it")
    void answersSolicitations(String from, String destination) {
        var advertise = advertised(agent.handle(solicitation(Ipv4Address.of(from))));

        assertEquals(Optional.of(MAC), advertise.linkAddress());
        assertEquals(Ipv4Address.of(destination), advertise.destination());
    }

    @Test
    @DisplayName("answers solicitations though it does not advertise otherwise")
    void mayAdvertiseOnSolicitationOnly() {
        var silent = new ForeignAgent(advertising(Advertising.ON_SOLICITATION));

        assertEquals(List.of(), Site.deeds(silent.handle(new Event.Restored(NOW, List.of()))));
        assertEquals(List.of(), silent.handle(new Event.AdvertisementDue(NOW, LINK)), "as was decided meanwhile");
        assertEquals(
                1800,
                advertised(silent.handle(solicitation(HOME))).advertisement().lifetime());
    }

    @Test
    void beginsWhenItIsConfiguredTo() {
        var silent = new ForeignAgent(advertising(Advertising.ON_SOLICITATION));

        assertEquals(
                1,
                armed(silent.handle(new Event.PolicyChanged(NOW, advertising(EACH_MINUTE))))
                        .size());
        assertEquals(
                0,
                armed(silent.handle(new Event.PolicyChanged(NOW, advertising(EACH_MINUTE))))
                        .size());
    }

    @Test
    @DisplayName("§2.3.2: counts all that it sends on a link from 0; 256 follows 0xffff")
    void countsSequenceNumbers() {
        var counted = IntStream.rangeClosed(0, 0x10000)
                .map(i -> sequence(i % 2 == 0 ? solicitation(HOME) : new Event.AdvertisementDue(NOW, LINK)))
                .toArray();

        assertEquals(0, counted[0]);
        assertEquals(1, counted[1]);
        assertEquals(0xffff, counted[0xffff]);
        assertEquals(256, counted[0x10000]);
    }

    @Test
    @DisplayName("§2.1.1: B once no new visitor is taken, which changes nothing for the others; F with it")
    void saysThatItIsBusy() {
        var small = new ForeignAgent(new Policy(
                CARE_OF, Map.of(LINK, LINK_ADDRESS), 1800, 5, 1, 32473, false, Map.of(), Site.POLICY.homeAgents()));
        assertEquals(0, flags(small) & MobilityAgent.BUSY);

        serve(small, NOW, request(), 300);

        assertEquals(MobilityAgent.BUSY | MobilityAgent.FOREIGN_AGENT, flags(small) & 0x5000);
        serve(small, NOW, request(HOME, 300, ID.next()), 300);
    }

    @ParameterizedTest
    @EnumSource(ReverseTunnel.class)
    @DisplayName("§2.1.1, RFC 3024 §3.1: promises only what it does, R with F, F with a care-of address")
    void promisesOnlyWhatItDoes(ReverseTunnel reverseTunnel) {
        var required = new Advertising(Duration.ofMinutes(1), true, Map.of(LINK, 24));
        var strict = new ForeignAgent(policy(Compatibility.RFC5944, reverseTunnel, required));

        var said =
                advertised(strict.handle(new Event.AdvertisementDue(NOW, LINK))).advertisement();

        var mobilityAgent = said.mobilityAgent().orElseThrow();
        int tunnels = reverseTunnel == ReverseTunnel.REFUSED ? 0 : MobilityAgent.REVERSE_TUNNELING;
        assertEquals(0x9000 | tunnels, mobilityAgent.flags());
        assertTrue(mobilityAgent.has(MobilityAgent.REGISTRATION_REQUIRED));
        assertEquals(List.of(CARE_OF), mobilityAgent.careOfAddresses());
        assertEquals(Optional.of(PrefixLengths.of(24)), said.prefixLengths());
    }

    @ParameterizedTest
    @EnumSource(Revocability.class)
    @DisplayName("RFC 3543 §4.3.1: R is set where each registration is to be revocable")
    void requiresRegistration(Revocability revocation) {
        boolean required = revocation == Revocability.REQUIRED;
        assertEquals(
                required ? MobilityAgent.REGISTRATION_REQUIRED : 0,
                flags(new ForeignAgent(RevocationSite.policy(revocation, Advertising.ON_SOLICITATION)))
                        & MobilityAgent.REGISTRATION_REQUIRED);
    }

    @ParameterizedTest
    @CsvSource({"NONE, 0", "GRE, 0x0400", "MINIMAL, 0x0800", "GRE MINIMAL, 0x0c00"})
    @DisplayName("§2.1.1: G and M tell which tunnels it takes packets from")
    void tellsOfEncapsulations(String served, String flags) {
        var encapsulating = new ForeignAgent(Site.serving(served));
        int both = MobilityAgent.GRE_ENCAPSULATION | MobilityAgent.MINIMAL_ENCAPSULATION;
        assertEquals(Integer.decode(flags), flags(encapsulating) & both);
    }

    @Test
    @DisplayName("RFC 1256 §4.1: no advertisement holds longer than 9000 seconds")
    void limitsItsLifetime() {
        var slow = new ForeignAgent(advertising(new Advertising(Duration.ofSeconds(4000), false, Map.of())));

        assertEquals(
                9000,
                advertised(slow.handle(new Event.AdvertisementDue(NOW, LINK)))
                        .advertisement()
                        .lifetime());
    }

    private static Policy advertising(Advertising advertising) {
        return policy(Compatibility.RFC5944, ReverseTunnel.OPTIONAL, advertising);
    }

    private static Event solicitation(Ipv4Address from) {
        return new Event.SolicitationReceived(NOW, LINK, MAC, from);
    }

    private int sequence(Event event) {
        return mobilityAgent(advertised(agent.handle(event)).advertisement()).sequence();
    }

    private static int flags(ForeignAgent agent) {
        return mobilityAgent(advertised(agent.handle(solicitation(HOME))).advertisement())
                .flags();
    }

    private static MobilityAgent mobilityAgent(AgentAdvertisement advertisement) {
        return advertisement.mobilityAgent().orElseThrow();
    }

    private static Action.Advertise advertised(List<Action> actions) {
        return actions.stream()
                .filter(Action.Advertise.class::isInstance)
                .map(Action.Advertise.class::cast)
                .findFirst()
                .orElseThrow(() -> new AssertionError("nothing advertised: " + actions));
    }

    private static List<Action> armed(List<Action> actions) {
        return actions.stream()
                .filter(Action.ArmAdvertisement.class::isInstance)
                .toList();
    }
}
