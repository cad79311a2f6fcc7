package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.home.HomeNetwork.AT_HOME;
import static org.mooring.home.HomeNetwork.BROADCAST;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.signed;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.home.Action.SendReply;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.RepeatedRequest;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("docs/handover.md, Messages beside registration: AGAIN, at the home agent")
class AgainTest extends HandoverScene {
    private Octets commitAtHome() {
        return signed(network.request(Flags.NONE, 0, HOME_ADDRESS, extensions(new Commit(ID))));
    }

    private void again(Ipv4Address to, Octets request, int enterpriseNumber) {
        network.handle(new Event.HandoverMessageReceived(
                network.now(), AT_HOME, to, RepeatedRequest.encode(request, enterpriseNumber)));
    }

    @Test
    @DisplayName("does what the request does that was lost")
    void isTheRequest() {
        prepare();
        network.actions();
        network.pass(Duration.ofSeconds(1));
        again(HOME_AGENT, commitAtHome(), ENTERPRISE);
        assertEquals(
                List.of(PEER_B),
                network.homeAgent().bindings().stream()
                        .map(MobilityBinding::peer)
                        .toList());
        assertEquals(ReplyCode.ACCEPTED, theReply().message().code());
    }

    @Test
    @DisplayName("is answered as the request was, and changes nothing more")
    void isAnsweredAsTheRequest() {
        prepare();
        network.actions();
        network.pass(Duration.ofSeconds(1));
        var request = commitAtHome();
        network.receive(AT_HOME, request);
        var first = network.all(SendReply.class);
        network.actions();
        again(HOME_AGENT, request, ENTERPRISE);
        assertEquals(List.<Action>copyOf(first), network.actions());
    }

    @Test
    @DisplayName("is believed for its authenticator alone, and knows where it was sent to")
    void isCheckedAsARequest() {
        var forged = commitAtHome().toByteArray();
        forged[forged.length - 1]++;
        again(HOME_AGENT, Octets.of(forged), ENTERPRISE);
        assertEquals(ReplyCode.HA_MOBILE_NODE_FAILED_AUTHENTICATION, network.code());
        again(BROADCAST, commitAtHome(), ENTERPRISE);
        assertEquals(ReplyCode.HA_UNKNOWN_HOME_AGENT_ADDRESS, network.code());
    }

    @Test
    @DisplayName("of another enterprise, or of nothing, is dropped")
    void isDropped() {
        again(HOME_AGENT, commitAtHome(), ENTERPRISE + 1);
        again(HOME_AGENT, Octets.ofHex("ff"), ENTERPRISE);
        assertEquals(List.of(), network.actions());
    }
}
