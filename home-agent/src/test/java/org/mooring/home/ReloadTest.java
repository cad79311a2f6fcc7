package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.home.HomeNetwork.BROADCAST;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.FOREIGN_HOME;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.MOBILE_HOME;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.relayed;
import static org.mooring.home.HomeNetwork.signed;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("A configuration that is read again holds from the next datagram on")
class ReloadTest {
    private static final Nai NAI = Nai.of("vm5@site-a.example");

    private final HomeNetwork network = new HomeNetwork(policy(Optional.of(NAI), List.of(MOBILE_HOME), FOREIGN_HOME));

    private static Policy policy(
            Optional<Nai> nai, List<SecurityAssociation> mobileHome, SecurityAssociation foreignHome) {
        return new Policy(
                HOME_AGENT,
                BROADCAST,
                600,
                100,
                false,
                ReverseTunnel.OPTIONAL,
                HandoverExtension.DEFAULT_ENTERPRISE_NUMBER,
                List.of(new MobileNode(HOME_ADDRESS, nai, Optional.empty(), mobileHome)),
                Map.of(CARE_OF_A, List.of(foreignHome)));
    }

    private void reload(Policy policy) {
        network.handle(new Event.PolicyChanged(network.now(), policy));
    }

    @Test
    void repliesAreForTheForeignAgentsAssociationOfNow() {
        network.register(300);
        assertEquals(2, network.reply().extensions().size());
        network.pass(Duration.ofSeconds(1));

        reload(HomeNetwork.withForeignAgents(Map.of()));
        network.receive(FOREIGN_AGENT_A, signed(network.request(T, 300, CARE_OF_A)));

        assertEquals(
                List.of(32),
                network.reply().extensions().stream().map(Extension::type).toList());
    }

    @Test
    void aForeignAgentsOldKeyIsNoGood() {
        var next = HomeNetwork.association(0x1001, "2f0e0d0c0b0a09080706050403020100", Algorithm.HMAC_MD5);
        reload(policy(Optional.of(NAI), List.of(MOBILE_HOME), next));

        network.receive(FOREIGN_AGENT_A, relayed(network.request(T, 300, CARE_OF_A)));

        assertEquals(
                List.of("foreign-home authentication: BAD_AUTHENTICATOR"),
                network.facts().stream()
                        .map(fact -> ((Fact.Denied) fact).reason())
                        .toList());
    }

    @Test
    void aMobileNodesOldKeyIsNoGood() {
        var next = HomeNetwork.association(0x101, "2f0e0d0c0b0a09080706050403020100", Algorithm.HMAC_MD5);
        reload(policy(Optional.of(NAI), List.of(next), FOREIGN_HOME));

        network.receive(FOREIGN_AGENT_A, relayed(network.request(T, 300, CARE_OF_A)));

        assertEquals(List.of(), network.careOfAddresses());
        assertEquals(
                List.of(ReplyCode.HA_MOBILE_NODE_FAILED_AUTHENTICATION),
                network.facts().stream()
                        .map(fact -> ((Fact.Denied) fact).code())
                        .toList());
    }

    @Test
    void aNameThatIsTakenAwayIsNobodys() {
        var nameless = network.request(T, 300, CARE_OF_A, NAI).withHomeAddress(Ipv4Address.UNSPECIFIED);
        reload(policy(Optional.empty(), List.of(MOBILE_HOME), FOREIGN_HOME));

        network.receive(FOREIGN_AGENT_B, signed(nameless));

        assertEquals(List.of(), network.actions());
        assertEquals(List.of(), network.careOfAddresses());
    }
}
