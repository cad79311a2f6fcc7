package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.HookTestbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.HookTestbed.FOREIGN_AGENT;
import static org.mooring.conformance.client.HookTestbed.HOME_AGENT;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.conformance.client.Association.Algorithm;
import org.mooring.conformance.client.Guest.Asked;

@Hook
@DisplayName("RFC 5944 §3.6.1: the guest hook's requests, as another maker's agents see them")
class Section3_6_1Test {
    /** Seconds: the tolerance that everybody has (§5.7.1). */
    private static final int TOLERANCE = 7;

    private final HookTestbed testbed;

    Section3_6_1Test(HookTestbed testbed) {
        this.testbed = testbed;
    }

    @Test
    @DisplayName(
            "§3.6.1.1, RFC 3024 §3.2: from the home address to the agent that advertised, at its link-layer address, TTL 255, port 434")
    void headers() throws Exception {
        var guest = testbed.visitor();
        var asked = guest.runs();

        assertEquals(guest.node().mac(), asked.frame().source());
        assertEquals(HookTestbed.AGENT, asked.frame().destination());
        assertEquals(guest.node().homeAddress(), asked.packet().source());
        assertEquals(FOREIGN_AGENT, asked.packet().destination());
        assertEquals(255, asked.packet().ttl());
        assertEquals(Datagram.MOBILE_IP, asked.datagram().destinationPort());
        assertNotEquals(0, asked.datagram().sourcePort());
        assertTrue(asked.datagram().checksummed(), "§3.1");
    }

    @Test
    @DisplayName("§3.3, 3.6.1.2: T and no other flag, the advertised care-of address, a timestamp of now")
    void fields() throws Exception {
        var guest = testbed.visitor();
        var request = guest.runs().request();

        assertEquals(Request.REVERSE_TUNNEL, request.flags());
        assertEquals(HookTestbed.LIFETIME, request.lifetime());
        assertEquals(guest.node().homeAddress(), request.homeAddress());
        assertEquals(HOME_AGENT, request.homeAgent());
        assertEquals(CARE_OF_ADDRESS, request.careOfAddress());
        assertTrue(secondsFromNow(request.identification()) <= TOLERANCE);
    }

    /** By how many seconds the timestamp is off, either way. */
    private static long secondsFromNow(long identification) {
        return Math.abs((identification >>> 32) - MobileNode.ntp(Instant.now()));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("§3.5.1, 3.5.2: each algorithm; over all before it and its own type, length and SPI")
    void authenticator(Algorithm algorithm) throws Exception {
        var guest = testbed.authenticatedBy(algorithm);
        var asked = guest.runs();
        assertSealedLast(guest, asked);
        guest.accept(asked, HookTestbed.LIFETIME);
    }

    private static void assertSealedLast(Guest guest, Asked asked) {
        var seal = asked.extension(Extension.MOBILE_HOME);
        assertTrue(guest.node().association().sealed(asked.message(), seal));
        assertEquals(asked.message().length(), seal.end());
    }

    @Test
    @DisplayName("§3.6.1.3, 1.8: before the authentication only what an agent that doesn't know it skips")
    void extensions() throws Exception {
        var guest = testbed.visitor();
        var types = guest.runs().types();
        int seal = types.indexOf(Extension.MOBILE_HOME);
        assertEquals(types.size() - 1, seal);
        assertTrue(types.stream().limit(seal).allMatch(type -> type >= 128), types::toString);
    }

    @Test
    @DisplayName("§3.6.1.2: no longer than the agent advertises")
    void lifetime() throws Exception {
        assertEquals(
                HookTestbed.LONGEST_LIFETIME, testbed.lasting().runs().request().lifetime());
    }

    @Test
    @DisplayName("§3.6.1.3, 3.5.3: for an agent that it has an association with, mobile-foreign authentication is last")
    void mobileForeign() throws Exception {
        var guest = testbed.acquainted();
        var asked = guest.runs();
        int seal = asked.types().indexOf(Extension.MOBILE_HOME);
        assertEquals(
                List.of(Extension.MOBILE_HOME, Extension.MOBILE_FOREIGN),
                asked.types().subList(seal, seal + 2));
        assertTrue(guest.node().association().sealed(asked.message(), asked.extension(Extension.MOBILE_HOME)));
        assertForForeignAgent(asked);

        var accepted = guest.signed(guest.reply(asked, Code.ACCEPTED, HookTestbed.LIFETIME));
        guest.answer(asked, accepted);
        guest.answer(asked, wrong(HookTestbed.MOBILE_FOREIGN.seal(Extension.MOBILE_FOREIGN, accepted)));
        // RFC 4721 §3.3, 3.5: a challenge with a denial, which the next request answers.
        var challenge = Octets.hex("0102030405060708");
        guest.answer(
                asked,
                HookTestbed.MOBILE_FOREIGN.seal(
                        Extension.MOBILE_FOREIGN,
                        guest.reply(asked, Code.FA_MISSING_CHALLENGE, 0)
                                .message()
                                .and(Extension.octets(Extension.CHALLENGE, challenge))));
        var next = guest.request();
        int then = next.types().indexOf(Extension.MOBILE_HOME);
        assertEquals(
                List.of(Extension.MOBILE_HOME, Extension.CHALLENGE, Extension.MOBILE_FOREIGN),
                next.types().subList(then, next.types().size()));
        assertEquals(challenge, next.extension(Extension.CHALLENGE).data());
        assertForForeignAgent(next);
        guest.answer(
                next,
                HookTestbed.MOBILE_FOREIGN.seal(
                        Extension.MOBILE_FOREIGN,
                        guest.signed(guest.reply(next, Code.ACCEPTED, HookTestbed.LIFETIME))));
        guest.awaitRegistration("accepted");
    }

    /** With another last octet. */
    private static Octets wrong(Octets message) {
        return message.flipped(message.length() - 1, 1);
    }

    private static void assertForForeignAgent(Asked asked) {
        var seal = asked.extension(Extension.MOBILE_FOREIGN);
        assertTrue(HookTestbed.MOBILE_FOREIGN.sealed(asked.message(), seal));
        assertEquals(asked.message().length(), seal.end());
    }

    @Test
    @DisplayName(
            "§3.6.1.2, 3.6.2.3: the home agent is asked for by the home network's broadcast address, and then by the one that it tells")
    void findsItsHomeAgent() throws Exception {
        var guest = testbed.searching();
        var asked = guest.runs();
        assertEquals(HookTestbed.HOME_BROADCAST, asked.request().homeAgent());
        assertEquals(FOREIGN_AGENT, asked.packet().destination());
        guest.answer(
                asked,
                unknownHomeAgent(guest, asked, Address.of("203.0.113.66")).message());
        guest.answer(asked, guest.signed(unknownHomeAgent(guest, asked, HOME_AGENT)));

        var next = guest.request();
        assertEquals(HOME_AGENT, next.request().homeAgent());
        guest.accept(next, HookTestbed.LIFETIME);
    }

    private static Reply unknownHomeAgent(Guest guest, Asked asked, Address homeAgent) {
        return new Reply(Code.HA_UNKNOWN_HOME_AGENT, 0, guest.node().homeAddress(), homeAgent, asked.identification());
    }

    @Test
    @DisplayName("§3.6.1.2: a guest that ends is deregistered, with its care-of address")
    void departure() throws Exception {
        var guest = testbed.visitor();
        var registered = guest.runs();
        guest.accept(registered, HookTestbed.LIFETIME);
        guest.becomes("gone");

        var asked = guest.request();
        assertEquals(0, asked.request().lifetime());
        assertEquals(CARE_OF_ADDRESS, asked.request().careOfAddress());
        assertEquals(FOREIGN_AGENT, asked.packet().destination());
        assertTrue(Long.compareUnsigned(registered.identification(), asked.identification()) < 0);
        assertSealedLast(guest, asked);
        guest.answer(asked, guest.signed(guest.reply(asked, Code.ACCEPTED, 0)));
        guest.awaitRegistration("none");
    }

    @Test
    @DisplayName(
            "§1.8: what is said before the guest runs, an agent that doesn't know it drops; when it runs it is registered all the same")
    void arrives() throws Exception {
        var guest = testbed.visitor();
        int mark = testbed.link.mark();
        guest.becomes("arriving");
        var before = guest.requests(mark);
        assertTrue(!before.isEmpty(), "nobody has answered");
        for (var asked : before) {
            assertTrue(asked.types().contains(Extension.CRITICAL_VENDOR), asked::toString);
            assertEquals(HookTestbed.HOST, asked.packet().source(), "the guest may still use its address elsewhere");
            assertTrue(guest.node().association().sealed(asked.message(), asked.extension(Extension.MOBILE_HOME)));
        }
        int running = testbed.link.mark();
        guest.becomes("running");
        var asked = testbed.link.await(
                running,
                frame -> Asked.of(frame)
                        .filter(any -> any.packet().source().equals(guest.node().homeAddress())));
        assertTrue(asked.types().stream().allMatch(type -> type >= 128 || type == Extension.MOBILE_HOME));
        guest.accept(asked, HookTestbed.LIFETIME);
    }
}
