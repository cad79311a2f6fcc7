package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.FOREIGN_HOME;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.MOBILE_HOME;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.relayed;
import static org.mooring.home.HomeNetwork.signed;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED;
import static org.mooring.protocol.wire.ReplyCode.HA_ENCAPSULATION_UNAVAILABLE;
import static org.mooring.protocol.wire.ReplyCode.HA_INSUFFICIENT_RESOURCES;
import static org.mooring.protocol.wire.ReplyCode.HA_PMIP_UNSUPPORTED;
import static org.mooring.protocol.wire.ReplyCode.HA_POORLY_FORMED_REQUEST;
import static org.mooring.protocol.wire.ReplyCode.HA_REVERSE_TUNNEL_MANDATORY;
import static org.mooring.protocol.wire.ReplyCode.HA_REVERSE_TUNNEL_UNAVAILABLE;
import static org.mooring.protocol.wire.ReplyCode.HA_UNKNOWN_CVSE_FROM_FOREIGN_AGENT;
import static org.mooring.protocol.wire.ReplyCode.HA_UNKNOWN_CVSE_FROM_MOBILE_NODE;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.ProxyAuthenticationMethod;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("RFC 3344 §3.8.2.3 Denying an Invalid Request")
class Section3_8_2_3Test {
    private static final CriticalVendorSpecific CRITICAL = new CriticalVendorSpecific(9, 1, Octets.ofHex("aa"));

    private static final Extension PROXY = new ProxyAuthenticationMethod(ProxyAuthenticationMethod.FOREIGN_HOME);

    private final HomeNetwork network = new HomeNetwork();

    @ParameterizedTest
    @ValueSource(ints = {0x04, 0x01, 0x05})
    @DisplayName("§3.3, E1, T45: r and x are ignored")
    void ignoresReservedBits(int reserved) {
        network.receive(FOREIGN_AGENT_B, signed(network.request(new Flags(reserved), 300, CARE_OF_B)));
        assertEquals(ACCEPTED, network.code());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x04, 0x01, 0x05})
    @DisplayName(
            "E1, T45: or denied with 134, in deregistrations, too, where that is configured; without them all is well")
    void deniesWithCode134ReservedBitsThatAreRefused(int reserved) {
        var refusing = new HomeNetwork(HomeNetwork.refusingReservedBits());
        for (int lifetime : List.of(300, 0)) {
            refusing.receive(FOREIGN_AGENT_B, signed(refusing.request(new Flags(reserved), lifetime, CARE_OF_B)));
            assertEquals(HA_POORLY_FORMED_REQUEST, refusing.code());
            refusing.pass(Duration.ofSeconds(1));
        }

        refusing.receive(FOREIGN_AGENT_B, signed(refusing.request(T, 300, CARE_OF_B)));
        assertEquals(ACCEPTED, refusing.code());
    }

    @Test
    @DisplayName("§3.8.2, T41: B is not served, and no reason to deny")
    void ignoresB() {
        network.receive(FOREIGN_AGENT_B, signed(network.request(Flags.BROADCAST_DATAGRAMS, 300, CARE_OF_B)));
        assertEquals(ACCEPTED, network.code());
    }

    @ParameterizedTest
    @CsvSource({"0x10,139", "0x08,139", "0x18,139", "0x12,139"})
    @DisplayName("RFC 3024 §4.3.1: an encapsulation other than IP in IP is denied with code 139")
    void deniesWithCode139WhenMinimalOrGreEncapsulationIsAskedFor(String flags, int code) {
        network.receive(FOREIGN_AGENT_B, signed(network.request(new Flags(Integer.decode(flags)), 300, CARE_OF_B)));
        assertEquals(code, network.code().value());
    }

    @Test
    @DisplayName("RFC 3024 §3.4: without T where a reverse tunnel is required: code 138; with T: accepted")
    void deniesWithCode138WhenAReverseTunnelIsRequired() {
        var strict = new HomeNetwork(HomeNetwork.policy(600, false, ReverseTunnel.REQUIRED));
        strict.receive(FOREIGN_AGENT_B, signed(strict.request(Flags.NONE, 300, CARE_OF_B)));
        assertEquals(HA_REVERSE_TUNNEL_MANDATORY, strict.code());
        strict.receive(FOREIGN_AGENT_B, signed(strict.request(T, 300, CARE_OF_B)));
        assertEquals(ACCEPTED, strict.code());
    }

    @Test
    @DisplayName("RFC 3024 §4.3.1: the forward tunnel is checked before the reverse tunnel")
    void checksTheEncapsulationBeforeTheReverseTunnel() {
        var strict = new HomeNetwork(HomeNetwork.policy(600, false, ReverseTunnel.REQUIRED));
        strict.receive(FOREIGN_AGENT_B, signed(strict.request(Flags.GRE_ENCAPSULATION, 300, CARE_OF_B)));
        assertEquals(139, strict.code().value());
    }

    @Test
    @DisplayName("what cannot be served is no reason to refuse a deregistration")
    void acceptsDeregistrationsWhateverTheirFlags() {
        var strict = new HomeNetwork(HomeNetwork.policy(600, false, ReverseTunnel.REQUIRED));
        strict.receive(FOREIGN_AGENT_B, signed(strict.request(Flags.GRE_ENCAPSULATION, 0, CARE_OF_B)));
        assertEquals(ACCEPTED, strict.code());
    }

    @Test
    @DisplayName("§3.8.2.2: S says nothing in a deregistration: code 0")
    void ignoresSInADeregistration() {
        network.receive(FOREIGN_AGENT_B, signed(network.request(Flags.SIMULTANEOUS_BINDINGS, 0, CARE_OF_B)));
        assertEquals(ACCEPTED, network.code());
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.0.5", "10.1.0.1", "0.0.0.0", "255.255.255.255", "10.1.0.255", "224.0.0.11"})
    @DisplayName("H14: a tunnel that would loop or lead nowhere is poorly formed, code 134")
    void deniesWithCode134WhenTheCareOfAddressIsImpossible(String careOfAddress) {
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 300, Ipv4Address.of(careOfAddress))));
        assertEquals(HA_POORLY_FORMED_REQUEST, network.code());
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    @DisplayName("RFC 3115 §2.4: a critical vendor extension is denied with code 140, or with 141 if the foreign agent"
            + " added it")
    void deniesCriticalVendorExtensions() {
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 300, CARE_OF_B, CRITICAL)));
        assertEquals(HA_UNKNOWN_CVSE_FROM_MOBILE_NODE, network.code());
        var added = signed(network.request(T, 300, CARE_OF_B)).concat(RegistrationCodec.encode(List.of(CRITICAL)));
        network.receive(FOREIGN_AGENT_B, added);
        assertEquals(HA_UNKNOWN_CVSE_FROM_FOREIGN_AGENT, network.code());
    }

    @Test
    @DisplayName("more mobile nodes away than permitted: code 130; those that are away can renew and move")
    void deniesWithCode130WhenThereAreTooManyBindings() {
        var second = Ipv4Address.of("10.1.0.6");
        var crowded = new HomeNetwork(new Policy(
                HOME_AGENT,
                HomeNetwork.BROADCAST,
                600,
                1,
                false,
                ReverseTunnel.OPTIONAL,
                32473,
                List.of(
                        new MobileNode(HomeNetwork.HOME_ADDRESS, Optional.empty(), List.of(MOBILE_HOME)),
                        new MobileNode(second, Optional.empty(), List.of(MOBILE_HOME))),
                Map.of()));
        crowded.receive(FOREIGN_AGENT_B, signed(crowded.request(T, 300, CARE_OF_B)));
        assertEquals(ACCEPTED, crowded.code());
        var another = new RegistrationRequest(
                T, 300, second, HOME_AGENT, CARE_OF_B, Identification.of(crowded.now()), List.of());
        crowded.receive(FOREIGN_AGENT_B, signed(another));
        assertEquals(HA_INSUFFICIENT_RESOURCES, crowded.code());
        crowded.pass(Duration.ofSeconds(1));
        crowded.receive(FOREIGN_AGENT_B, signed(crowded.request(T, 300, HomeNetwork.CARE_OF_A)));
        assertEquals(ACCEPTED, crowded.code());
    }

    @Test
    @DisplayName("RFC 3024 §3.4: where no reverse tunnel is to be had, asking for one is denied with code 137")
    void deniesWithCode137WhenAReverseTunnelIsRefused() {
        var plain = new HomeNetwork(HomeNetwork.policy(600, false, ReverseTunnel.REFUSED));
        plain.receive(FOREIGN_AGENT_B, signed(plain.request(T, 300, CARE_OF_B)));
        assertEquals(HA_REVERSE_TUNNEL_UNAVAILABLE, plain.code());

        plain.receive(FOREIGN_AGENT_B, signed(plain.request(T.plus(Flags.GRE_ENCAPSULATION), 300, CARE_OF_B)));
        assertEquals(
                HA_ENCAPSULATION_UNAVAILABLE, plain.code(), "RFC 3024 §4.3.1: the reverse tunnel is looked at last");

        plain.receive(FOREIGN_AGENT_B, signed(plain.request(Flags.NONE, 300, CARE_OF_B)));
        assertEquals(ACCEPTED, plain.code());
    }

    @Test
    @DisplayName(
            "RFC 5563 §8.1, T98: who is to be authenticated by an association of its sender is denied with code 149")
    void deniesWithCode149WhoeverSpeaksForManyMobileNodes() {
        var proxied = network.request(T, 300, CARE_OF_A, PROXY);
        network.receive(FOREIGN_AGENT_A, Seal.encode(proxied, new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME)));
        assertEquals(HA_PMIP_UNSUPPORTED, network.code());

        network.receive(FOREIGN_AGENT_A, relayed(proxied));
        assertEquals(HA_PMIP_UNSUPPORTED, network.code());
        assertEquals(List.of(), network.careOfAddresses());
        network.receive(FOREIGN_AGENT_A, relayed(network.request(T, 300, CARE_OF_A)));
        assertEquals(ACCEPTED, network.code(), "and its Identification is not used up");
    }

    @Test
    @DisplayName(
            "RFC 5563 §5.1, RFC 5944 §3.8.2.1, T98: without extension 47, or a sender that authenticates itself, there"
                    + " is silence")
    void saysNothingToOtherProxies() {
        var plain = network.request(T, 300, CARE_OF_A);
        network.receive(FOREIGN_AGENT_A, Seal.encode(plain, new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME)));
        var proxied = network.request(T, 300, CARE_OF_A, PROXY);
        network.receive(FOREIGN_AGENT_A, RegistrationCodec.encode(proxied));
        network.receive(FOREIGN_AGENT_A, Seal.encode(proxied, new Seal(Kind.FOREIGN_HOME, MOBILE_HOME)));
        network.receive(FOREIGN_AGENT_B, Seal.encode(proxied, new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME)));
        assertEquals(List.of(), network.actions());
        assertEquals(
                Map.of(Discard.NO_AUTHORIZATION, new Traffic.Tally(4, network.now())),
                network.homeAgent().traffic().discards());
    }

    @Test
    @DisplayName(
            "of denials with code 149, too, there is no more than one a second: what they answer may be a recording")
    void limitsCode149() {
        var proxied = Seal.encode(network.request(T, 300, CARE_OF_A, PROXY), new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME));
        for (int i = 0; i < 100; i++) {
            network.receive(FOREIGN_AGENT_A, proxied);
        }
        assertEquals(3, network.all(Action.SendReply.class).size());
    }

    @Test
    @DisplayName("E16: a request may come from any address: its source is the foreign agent's, whatever that is")
    void servesWhoeverRelays() {
        network.receive(FOREIGN_AGENT_B, signed(network.request(T, 300, CARE_OF_A)));
        assertEquals(ACCEPTED, network.code());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
    }
}
