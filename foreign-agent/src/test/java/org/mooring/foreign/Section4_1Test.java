package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.foreign.Site.NOW;
import static org.mooring.foreign.Site.request;
import static org.mooring.foreign.Site.sealed;
import static org.mooring.foreign.Site.withFlags;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.datapath.Encapsulation;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;

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
    @DisplayName("a visitor's tunnel is what it asks for, as far as it is served; of G and M it is G")
    void tunnelsAsAsked(String flags, String served, Encapsulation expected) {
        var agent = new ForeignAgent(Site.serving(served));
        var visitor = Site.serve(agent, NOW, withFlags(request(), flags(flags)), 300);
        assertEquals(expected, visitor.encapsulation());
    }

    @ParameterizedTest
    @CsvSource({"G, MINIMAL", "M, GRE", "G M, NONE"})
    @DisplayName("§3.4: what is not served is denied with code 72")
    void deniesWithCode72(String flags, String served) {
        var agent = new ForeignAgent(Site.serving(served));
        var actions = agent.handle(Site.requestReceived(NOW, sealed(withFlags(request(), flags(flags)))));
        assertEquals(
                ReplyCode.FA_ENCAPSULATION_UNAVAILABLE,
                Site.denial(actions).orElseThrow().code());
    }

    private static Flags flags(String letters) {
        var flags = Flags.REVERSE_TUNNELING;
        flags = letters.contains("G") ? flags.plus(Flags.GRE_ENCAPSULATION) : flags;
        return letters.contains("M") ? flags.plus(Flags.MINIMAL_ENCAPSULATION) : flags;
    }
}
