package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.home.HomeNetwork.AT_HOME;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.MAC;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.advertising;
import static org.mooring.home.HomeNetwork.signed;
import static org.mooring.protocol.wire.Ipv4Address.ALL_MOBILITY_AGENTS;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.protocol.discovery.AdvertisementInterval;
import org.mooring.protocol.discovery.AdvertisementSeries.Window;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AdvertisementExtension.PrefixLengths;
import org.mooring.protocol.wire.AgentAdvertisement.Router;
import org.mooring.protocol.wire.AgentDiscoveryCodec;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("RFC 3344 §2.3 Foreign Agent and Home Agent Considerations")
class Section2_3Test {
    private static final Advertising EACH_MINUTE = new Advertising(new AdvertisementInterval(Duration.ofMinutes(1)));

    private static final Flags CO_LOCATED = Flags.DECAPSULATION_BY_MOBILE_NODE.plus(T);

    private final HomeNetwork network = new HomeNetwork(advertising(EACH_MINUTE));

    @Test
    @DisplayName(
            "§2.1.1: says on the home link that this is a home agent, and nothing else: H alone, no care-of address")
    void advertises() {
        due();

        var advertise = advertised();
        assertEquals(Optional.empty(), advertise.station());
        assertEquals(Ipv4Address.of("224.0.0.1"), advertise.destination());
        var said = advertise.advertisement();
        assertEquals(16, said.code(), "for mobile nodes only");
        assertEquals(List.of(new Router(HOME_AGENT, 0)), said.routers());
        assertEquals(180, said.lifetime(), "two of three may be lost");
        assertEquals(List.of(new MobilityAgent(0, 600, 0x2000, List.of())), said.extensions());
        assertEquals(Optional.of(said), AgentDiscoveryCodec.decode(AgentDiscoveryCodec.encode(said)));
    }

    @Test
    @DisplayName("tells the prefix length where it is configured, as every agent of the link does then or none")
    void tellsThePrefixLength() {
        var telling = new HomeNetwork(advertising(new Advertising(EACH_MINUTE.interval(), Optional.of(24))));
        telling.handle(new Event.AdvertisementDue(telling.now()));
        var said = telling.all(Action.Advertise.class).get(0).advertisement();
        assertEquals(Optional.of(PrefixLengths.of(24)), said.prefixLengths());

        due();
        assertEquals(Optional.empty(), advertised().advertisement().prefixLengths());
    }

    @Test
    @DisplayName("RFC 1256 §4.1: begins at once, and goes on")
    void goesOn() {
        network.handle(new Event.Restored(network.now(), List.of()));
        assertEquals(List.of(window(0, 1)), armed());
        due();
        assertEquals(List.of(window(12, 16)), armed());
    }

    @ParameterizedTest(name = "from {0} to {1}")
    @CsvSource({"10.1.0.5, 10.1.0.5", "203.0.113.9, 203.0.113.9", "0.0.0.0, 255.255.255.255"})
    @DisplayName("answers a solicitation from wherever, in a frame to who sent it, and advertises to all no sooner")
    void answersSolicitations(String from, String destination) {
        solicit(Ipv4Address.of(from));

        var advertise = advertised();
        assertEquals(Optional.of(MAC), advertise.station());
        assertEquals(Ipv4Address.of(destination), advertise.destination());
        assertEquals(List.of(), armed());
    }

    @Test
    @DisplayName("answers solicitations though it does not advertise otherwise, until it is configured to")
    void mayAdvertiseOnSolicitationOnly() {
        var silent = new HomeNetwork(advertising(Advertising.ON_SOLICITATION));

        silent.handle(new Event.Restored(silent.now(), List.of()));
        silent.handle(new Event.AdvertisementDue(silent.now()));
        assertEquals(List.of(), silent.actions(), "as was decided meanwhile");
        silent.handle(new Event.SolicitationReceived(silent.now(), MAC, HOME_ADDRESS));
        assertEquals(1, silent.all(Action.Advertise.class).size());

        silent.handle(new Event.PolicyChanged(silent.now(), advertising(EACH_MINUTE)));
        silent.handle(new Event.PolicyChanged(silent.now(), advertising(EACH_MINUTE)));
        assertEquals(List.of(window(0, 1)), silent.all(Action.ArmAdvertisement.class));
    }

    @Test
    @DisplayName("§2.3.2: counts all that it sends, to whomever")
    void countsSequenceNumbers() {
        var counted = IntStream.range(0, 4)
                .map(i -> {
                    if (i % 2 == 0) {
                        solicit(HOME_ADDRESS);
                    } else {
                        due();
                    }
                    return advertised()
                            .advertisement()
                            .mobilityAgent()
                            .orElseThrow()
                            .sequence();
                })
                .toArray();

        assertEquals(List.of(0, 1, 2, 3), IntStream.of(counted).boxed().toList());
    }

    @Test
    @DisplayName("takes what a mobile node that has come home sends to all mobility agents, and answers it there")
    void deregistersWhoAsksAllAgents() {
        network.register(300);
        assertEquals(ACCEPTED, network.code());
        network.pass(Duration.ofSeconds(1));

        network.receive(AT_HOME, ALL_MOBILITY_AGENTS, signed(network.request(Flags.NONE, 0, HOME_ADDRESS)));

        assertEquals(List.of(), network.careOfAddresses());
        assertTrue(network.all(Action.SendReply.class).get(0).onHomeLink());
        assertEquals(ACCEPTED, network.code());
    }

    @Test
    @DisplayName("takes what a mobile node with a co-located care-of address sends to all mobility agents")
    void registersWhoAsksAllAgents() {
        var coLocated = new Endpoint(CARE_OF_B, 40434);

        network.receive(coLocated, ALL_MOBILITY_AGENTS, signed(network.request(CO_LOCATED, 300, CARE_OF_B)));

        assertEquals(coLocated, network.all(Action.SendReply.class).get(0).to());
        assertEquals(ACCEPTED, network.code());
        assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
    }

    @ParameterizedTest(name = "lifetime {0}, home agent {1}, care-of address {2}")
    @CsvSource({
        "300, 10.1.0.1, 203.0.113.77",
        "0, 10.1.0.1, 203.0.113.77",
        "300, 10.9.0.1, 203.0.113.77",
        "0, 10.9.0.1, 10.1.0.5",
        "0, 0.0.0.0, 10.1.0.5"
    })
    @DisplayName("§3.6.1.1: leaves to a foreign agent on the home link what that is to relay, or another home agent's")
    void leavesToForeignAgents(int lifetime, String homeAgent, String careOfAddress) {
        var request = new RegistrationRequest(
                T,
                lifetime,
                HOME_ADDRESS,
                Ipv4Address.of(homeAgent),
                Ipv4Address.of(careOfAddress),
                Identification.of(network.now()),
                List.of());

        network.receive(AT_HOME, ALL_MOBILITY_AGENTS, signed(request));

        assertEquals(List.of(), network.actions());
        assertEquals(
                Set.of(Discard.FOR_FOREIGN_AGENT),
                network.homeAgent().traffic().discards().keySet());
    }

    private void due() {
        network.handle(new Event.AdvertisementDue(network.now()));
    }

    private void solicit(Ipv4Address from) {
        network.handle(new Event.SolicitationReceived(network.now(), MAC, from));
    }

    /** The only one since this was asked last, or what was armed. */
    private Action.Advertise advertised() {
        var all = network.all(Action.Advertise.class);
        assertEquals(1, all.size());
        network.actions();
        return all.get(0);
    }

    /** Since this was asked last, or what was advertised. */
    private List<Action.ArmAdvertisement> armed() {
        var all = network.all(Action.ArmAdvertisement.class);
        network.actions();
        return all;
    }

    private Action.ArmAdvertisement window(int earliest, int latest) {
        return new Action.ArmAdvertisement(
                new Window(network.now().plusSeconds(earliest), network.now().plusSeconds(latest)));
    }
}
