package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.home.HandoverScene.CARE_OF_C;
import static org.mooring.home.HandoverScene.PREPARE;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.signed;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.datapath.Encapsulation;
import org.mooring.home.Policy.Compatibility;
import org.mooring.home.Policy.NatTraversal;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("RFC 3344 §4.1 Encapsulation Types")
class Section4_1Test {
    @ParameterizedTest
    @CsvSource({
        "NONE, GRE MINIMAL, IPIP",
        "G, GRE MINIMAL, GRE",
        "M, GRE MINIMAL, MINIMAL",
        "G M, GRE MINIMAL, GRE",
        "G M, MINIMAL, MINIMAL",
        "NONE, NONE, IPIP"
    })
    @DisplayName("the tunnel is what the mobile node asks for, as far as it is served; of G and M it is G")
    void tunnelsAsAsked(String flags, String served, Encapsulation expected) {
        var network = serving(served);
        network.receive(FOREIGN_AGENT_B, signed(network.request(flags(flags), 300, CARE_OF_B)));
        var peer = new Peer(CARE_OF_B, 0, expected);
        assertEquals(
                List.of(new Action.InstallForwarding(HOME_ADDRESS, List.of(peer))),
                network.all(Action.InstallForwarding.class));
    }

    @ParameterizedTest
    @CsvSource({"G, MINIMAL", "M, GRE", "G M, NONE"})
    @DisplayName("what is not served is denied with code 139")
    void deniesWithCode139(String flags, String served) {
        var network = serving(served);
        network.receive(FOREIGN_AGENT_B, signed(network.request(flags(flags), 300, CARE_OF_B)));
        assertEquals(139, network.code().value());
    }

    @Test
    @DisplayName("a renewal with another encapsulation changes the tunnel")
    void changesWithARenewal() {
        var network = serving("GRE");
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 300, CARE_OF_B)));
        network.pass(Duration.ofSeconds(1));
        network.receive(FOREIGN_AGENT_B, signed(network.request(T.plus(Flags.GRE_ENCAPSULATION), 300, CARE_OF_B)));
        assertEquals(
                List.of(
                        new Action.InstallForwarding(HOME_ADDRESS, List.of(Peer.ipip(CARE_OF_B))),
                        new Action.InstallForwarding(HOME_ADDRESS, List.of(new Peer(CARE_OF_B, 0, Encapsulation.GRE)))),
                network.all(Action.InstallForwarding.class));
    }

    @ParameterizedTest
    @CsvSource({"G, 1", "NONE, 0"})
    @DisplayName("what is prepared is prepared with its encapsulation, and another one is not flipped to")
    void stagesAsAsked(String confirmed, int flips) {
        var network = serving("GRE");
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 300, CARE_OF_B)));
        network.pass(Duration.ofSeconds(1));
        var staging = network.request(T.plus(Flags.GRE_ENCAPSULATION), 60, CARE_OF_C, extension(PREPARE));
        network.receive(FOREIGN_AGENT_B, signed(staging));
        assertEquals(
                List.of(new Action.StageForwarding(HOME_ADDRESS, new Peer(CARE_OF_C, 0, Encapsulation.GRE))),
                network.all(Action.StageForwarding.class));
        network.pass(Duration.ofSeconds(1));
        network.receive(FOREIGN_AGENT_B, signed(network.request(T.plus(flags(confirmed)), 300, CARE_OF_C)));
        assertEquals(flips, network.all(Action.FlipForwarding.class).size());
        assertEquals(List.of(CARE_OF_C), network.careOfAddresses());
    }

    private static Extension extension(HandoverExtension extension) {
        return extension.toExtension(HandoverScene.ENTERPRISE);
    }

    private static Flags flags(String letters) {
        var flags = Flags.NONE;
        flags = letters.contains("G") ? flags.plus(Flags.GRE_ENCAPSULATION) : flags;
        return letters.contains("M") ? flags.plus(Flags.MINIMAL_ENCAPSULATION) : flags;
    }

    private static HomeNetwork serving(String words) {
        var served = Set.of(Encapsulation.values()).stream()
                .filter(encapsulation -> words.contains(encapsulation.name()))
                .collect(Collectors.toSet());
        return new HomeNetwork(new Policy(
                HomeNetwork.HOME_AGENT,
                HomeNetwork.BROADCAST,
                600,
                100,
                1,
                false,
                served,
                Compatibility.RFC5944,
                Policy.ReservedBits.IGNORED,
                ReverseTunnel.OPTIONAL,
                NatTraversal.DEFAULT,
                Policy.Revocability.REFUSED,
                Optional.empty(),
                Advertising.ON_SOLICITATION,
                HandoverExtension.DEFAULT_ENTERPRISE_NUMBER,
                List.of(new MobileNode(HOME_ADDRESS, Optional.of(HomeNetwork.MAC), List.of(HomeNetwork.MOBILE_HOME))),
                Map.of()));
    }
}
