package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.conformance.client.Octets.Fields;

@Programs
@DisplayName("RFC 5944 §2.3, RFC 1256: the home agent's advertisements on the home link")
class Section2_3Test {
    private static final Address ALL_SYSTEMS = Address.of("224.0.0.1");
    private static final Address ALL_ROUTERS = Address.of("224.0.0.2");
    private static final Mac ALL_SYSTEMS_MAC = new Mac(0x01005e000001L);

    private final Testbed testbed;
    private final MobileNode node;

    Section2_3Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
    }

    private void solicit(Mac to, Address source, Address destination, Octets rest) {
        var solicitation = new Icmp(Icmp.ROUTER_SOLICITATION, 0, rest);
        testbed.home.send(new Frame(to, node.mac(), solicitation.packet(source, destination, 1)));
    }

    private Advertisement solicited(Mac to, Address destination) throws Exception {
        return solicited(to, node.homeAddress(), destination);
    }

    /** The answer to a solicitation from {@code source}. */
    private Advertisement solicited(Mac to, Address source, Address destination) throws Exception {
        int mark = testbed.home.mark();
        solicit(to, source, destination, Octets.hex("00000000"));
        return testbed.home.await(
                mark,
                frame -> Advertisement.of(frame)
                        .filter(came -> came.frame().destination().equals(node.mac())));
    }

    /** §2.1, §2.1.1: each octet of the ICMP message behind its checksum, which is right or {@link Icmp#of} would have said so. */
    private static Octets expected(int sequenceNumber) {
        return new Fields()
                .u8(1) // router address
                .u8(2) // words each
                .u16(180) // seconds: three intervals
                .address(HOME_AGENT)
                .u32(0) // its preference
                .u8(16)
                .u8(6) // no care-of address
                .u16(sequenceNumber)
                .u16(600) // the longest registration lifetime
                .u16(0x2000) // H
                .done();
    }

    private void assertAdvertises(Advertisement advertisement) {
        assertEquals(testbed.homeRouter, advertisement.frame().source());
        assertEquals(HOME_AGENT, advertisement.packet().source());
        assertEquals(1, advertisement.packet().ttl());
        assertEquals(16, advertisement.icmp().code());
        assertEquals(
                expected(advertisement.sequenceNumber()), advertisement.icmp().rest());
    }

    @ParameterizedTest
    @CsvSource({
        "01:00:5e:00:00:0b, 224.0.0.11",
        "01:00:5e:00:00:02, 224.0.0.2",
        "ff:ff:ff:ff:ff:ff, 255.255.255.255",
        ", 10.1.0.1"
    })
    @DisplayName(
            "T82, T83: solicitations are answered, in unicast: H, no care-of address, and nothing that only a foreign agent may say")
    void answers(String mac, String destination) throws Exception {
        var advertisement = solicited(mac == null ? testbed.homeRouter : Mac.of(mac), Address.of(destination));

        assertAdvertises(advertisement);
        assertEquals(node.homeAddress(), advertisement.packet().destination());
    }

    @ParameterizedTest
    @CsvSource({"203.0.113.9, 203.0.113.9", "0.0.0.0, 255.255.255.255"})
    @DisplayName("§2.3, T82: so are those of whoever is no neighbour, and of who has no address")
    void answersAnybody(String source, String destination) throws Exception {
        var advertisement = solicited(new Mac(0x01005e000002L), Address.of(source), ALL_ROUTERS);

        assertAdvertises(advertisement);
        assertEquals(Address.of(destination), advertisement.packet().destination());
    }

    @ParameterizedTest
    @ValueSource(strings = {"000000", "00"})
    @DisplayName("RFC 1256 §4.2, T82: an invalid solicitation is discarded silently")
    void invalid(String rest) throws Exception {
        var other = testbed.mobileNode();
        int mark = testbed.home.mark();
        solicit(new Mac(0x01005e000002L), other.homeAddress(), ALL_ROUTERS, Octets.hex(rest));
        solicited(new Mac(0x01005e000002L), ALL_ROUTERS);
        assertEquals(
                List.of(),
                testbed.home.since(mark, Advertisement::of).stream()
                        .filter(came -> came.packet().destination().equals(other.homeAddress()))
                        .toList());
    }

    @Test
    @DisplayName("§2.1: all on the link are told from time to time, with the same octets")
    void advertises() throws Exception {
        var toAll = testbed.home.await(
                0,
                frame -> Advertisement.of(frame)
                        .filter(came -> came.packet().destination().equals(ALL_SYSTEMS)));

        assertAdvertises(toAll);
        assertEquals(ALL_SYSTEMS_MAC, toAll.frame().destination());
    }

    @Test
    @DisplayName("§2.3.2: sequence numbers count from 0, one for each advertisement")
    void sequenceNumbers() throws Exception {
        solicited(new Mac(0x01005e000002L), ALL_ROUTERS);
        solicited(new Mac(0x01005e000002L), ALL_ROUTERS);
        var numbers = testbed.home.since(0, Advertisement::of).stream()
                .map(Advertisement::sequenceNumber)
                .toList();
        assertEquals(IntStream.range(0, numbers.size()).boxed().toList(), numbers);
        assertTrue(numbers.size() >= 2);
    }

    @Test
    @DisplayName("§2.3: none leaves on the other links of the home agent's router")
    void onTheHomeLinkOnly() throws Exception {
        solicited(new Mac(0x01005e000002L), ALL_ROUTERS);
        assertEquals(
                List.of(),
                testbed.internet.since(0, Advertisement::of).stream()
                        .filter(came -> came.packet().source().equals(HOME_AGENT))
                        .toList());
    }
}
