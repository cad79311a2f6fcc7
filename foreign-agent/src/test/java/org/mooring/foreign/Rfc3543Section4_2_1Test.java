package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.foreign.Site.*;
import static org.mooring.protocol.wire.ReplyCode.FA_ADMINISTRATIVELY_PROHIBITED;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.foreign.Policy.Revocability;
import org.mooring.protocol.revocation.RevocationTerms;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.ForeignAgentError;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.RevocationSupport;

@DisplayName("RFC 3543 §3.1, §3.2, §4.2.1 Negotiation of Revocation Support, §4.3.1 The 'R' Bit in Use")
class Rfc3543Section4_2_1Test extends RevocationSite {
    private static final Advertising WITH_R = new Advertising(Duration.ZERO, true, Map.of());

    @Test
    @DisplayName("a relayed request has the offer behind the mobile node's part, under the foreign-home authentication")
    void offers() {
        var request = ask(300);
        var support = RegistrationCodec.encode(List.of(new RevocationSupport(true, now())));
        assertEquals(
                FOR_FOREIGN_AGENT.appendTo(Seal.encode(request, BY_MOBILE_NODE).concat(support)), relayed());
    }

    @Test
    @DisplayName("what both have said in a successful exchange is agreed on")
    void agrees() {
        serve();
        assertEquals(Optional.of(new RevocationTerms(now(), nowAtHome(), true)), terms());
    }

    @Test
    @DisplayName("I is agreed on only where the home agent sets it")
    void agreesToInform() {
        serve(300, false);
        assertEquals(Optional.of(new RevocationTerms(now(), nowAtHome(), false)), terms());
    }

    @Test
    @DisplayName("without the home agent's answer nothing is agreed on")
    void noAnswer() {
        answer(ask(300), 300);
        assertEquals(Optional.empty(), terms());
    }

    @Test
    @DisplayName("T97: a mobile node without a co-located care-of address that offers it is discarded silently")
    void offerByAMobileNode() {
        ask(300, new RevocationSupport(true, now()));
        assertEquals(List.of(), deeds(done));
        assertEquals(List.of(Fact.Discard.REVOCATION_SUPPORT), discards());
    }

    @Test
    @DisplayName("neither a deregistration nor a co-located care-of address has an offer")
    void offersNoMore() {
        var deregistration = ask(0);
        assertEquals(Seal.encode(deregistration, BY_MOBILE_NODE), relayed());
        done.clear();
        var coLocated = withCareOfAddress(
                withFlags(Site.request(HOME, 300, id.next()), Flags.DECAPSULATION_BY_MOBILE_NODE),
                Ipv4Address.of("10.2.0.77"));
        handle(requestReceived(now, sealed(coLocated)));
        assertEquals(Seal.encode(coLocated, BY_MOBILE_NODE), relayed());
    }

    @Test
    @DisplayName("where revocation is refused, nothing is offered")
    void refused() {
        agent = new ForeignAgent(policy(Revocability.REFUSED, Advertising.ON_SOLICITATION));
        var request = ask(300);
        assertEquals(Seal.encode(request, BY_MOBILE_NODE, FOR_FOREIGN_AGENT), relayed());
    }

    @Test
    @DisplayName("code 65 where revocation is required, and the home agent does not agree")
    void required() {
        agent = new ForeignAgent(policy(Revocability.REQUIRED, Advertising.ON_SOLICITATION));
        answer(ask(300), 300);
        assertEquals(
                FA_ADMINISTRATIVELY_PROHIBITED,
                replyToVisitor()
                        .extension(ForeignAgentError.class)
                        .orElseThrow()
                        .code());
        assertEquals(List.of(), agent.visitors());
        pass(Duration.ofSeconds(2));
        done.clear();
        serve();
        assertEquals(ReplyCode.ACCEPTED, replyToVisitor().code());
    }

    @Test
    @DisplayName("§4.3.1: code 65 for a co-located care-of address where R would have it registered here")
    void coLocatedWithR() {
        agent = new ForeignAgent(policy(Revocability.OPTIONAL, WITH_R));
        var coLocated = withCareOfAddress(
                withFlags(Site.request(), Flags.DECAPSULATION_BY_MOBILE_NODE), Ipv4Address.of("10.2.0.77"));
        handle(requestReceived(now, sealed(coLocated)));
        assertEquals(FA_ADMINISTRATIVELY_PROHIBITED, replyToVisitor().code());
    }

    @Test
    @DisplayName("F14, §3.1: X is advertised where revocation is supported")
    void advertisesX() {
        assertEquals(MobilityAgent.REVOCATION, flags() & MobilityAgent.REVOCATION);
        agent = new ForeignAgent(policy(Revocability.REFUSED, Advertising.ON_SOLICITATION));
        assertEquals(0, flags() & MobilityAgent.REVOCATION);
    }

    @Test
    @DisplayName("§3.2: the time that is told never goes back")
    void timeNeverGoesBack() {
        ask(300);
        int told = now();
        done.clear();
        pass(Duration.ofSeconds(-5));
        var request = ask(300);
        var support = RegistrationCodec.encode(List.of(new RevocationSupport(true, told)));
        assertEquals(
                FOR_FOREIGN_AGENT.appendTo(Seal.encode(request, BY_MOBILE_NODE).concat(support)), relayed());
    }

    private Optional<RevocationTerms> terms() {
        return agent.visitors().get(0).revocation();
    }

    private Octets relayed() {
        var relayed = all(Action.RelayToHomeAgent.class);
        assertEquals(1, relayed.size());
        return relayed.get(0).message();
    }

    private int flags() {
        done.clear();
        handle(new Event.SolicitationReceived(now, LINK, MAC, HOME));
        return told().orElseThrow().flags();
    }
}
