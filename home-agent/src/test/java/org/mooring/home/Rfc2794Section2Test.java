package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.MOBILE_HOME;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.signed;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED;
import static org.mooring.protocol.wire.ReplyCode.HA_ADMINISTRATIVELY_PROHIBITED;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest;

@DisplayName("RFC 2794 §2 Mobile Node NAI Extension")
class Rfc2794Section2Test {
    private static final Nai NAI = Nai.of("vm42@site-a.example");
    private static final Ipv4Address NOT_SERVED = Ipv4Address.of("10.1.0.66");

    private final HomeNetwork network = new HomeNetwork(new Policy(
            HOME_AGENT,
            HomeNetwork.BROADCAST,
            600,
            100,
            false,
            ReverseTunnel.OPTIONAL,
            32473,
            List.of(new MobileNode(HOME_ADDRESS, Optional.of(NAI), Optional.empty(), List.of(MOBILE_HOME))),
            Map.of()));

    @Test
    @DisplayName("T44: who says its NAI and no home address is told its home address, and its NAI")
    void assignsTheHomeAddress() {
        network.receive(FOREIGN_AGENT_B, signed(request(300, Ipv4Address.UNSPECIFIED, NAI)));

        assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
        var reply = network.reply();
        assertEquals(ACCEPTED, reply.code());
        assertEquals(HOME_ADDRESS, reply.homeAddress());
        assertEquals(Optional.of(NAI), reply.extension(Nai.class));

        network.pass(Duration.ofSeconds(1));
        network.receive(FOREIGN_AGENT_B, signed(request(0, Ipv4Address.UNSPECIFIED, NAI)));
        assertEquals(ACCEPTED, network.code());
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    @DisplayName("RFC 5944 §3.8.3.2: a home address that is not its own is denied with code 129")
    void deniesWithCode129AnotherHomeAddress() {
        network.receive(FOREIGN_AGENT_B, signed(request(300, NOT_SERVED, NAI)));

        assertEquals(
                List.of(Fact.Denied.class),
                network.facts().stream().map(Object::getClass).toList());
        var reply = network.reply();
        assertEquals(HA_ADMINISTRATIVELY_PROHIBITED, reply.code());
        assertEquals(NOT_SERVED, reply.homeAddress());
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    @DisplayName("(a) before the rest: that takes the mobile node's key")
    void saysNothingToWhoHasNoKey() {
        var forged = signed(request(300, NOT_SERVED, NAI)).toByteArray();
        forged[forged.length - 1]++;

        network.receive(FOREIGN_AGENT_B, Octets.of(forged));

        assertEquals(List.of(), network.all(Action.SendReply.class));
    }

    @Test
    @DisplayName("T16: an NAI behind mobile-home authentication says nothing of who sent it")
    void doesNotTrustAnNaiThatIsNotCovered() {
        var uncovered = signed(request(300, Ipv4Address.UNSPECIFIED)).concat(RegistrationCodec.encode(List.of(NAI)));

        network.receive(FOREIGN_AGENT_B, uncovered);

        assertEquals(List.of(), network.all(Action.SendReply.class));
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    @DisplayName("T44: whoever has no home address, and no NAI or one that is not known, is nobody")
    void saysNothingToStrangers() {
        network.receive(FOREIGN_AGENT_B, signed(request(300, Ipv4Address.UNSPECIFIED, Nai.of("vm43@site-a.example"))));
        network.receive(FOREIGN_AGENT_B, signed(request(300, Ipv4Address.UNSPECIFIED)));

        assertEquals(List.of(), network.all(Action.SendReply.class));
    }

    private RegistrationRequest request(int lifetime, Ipv4Address homeAddress, Nai... nai) {
        return network.request(T, lifetime, CARE_OF_B, nai).withHomeAddress(homeAddress);
    }
}
