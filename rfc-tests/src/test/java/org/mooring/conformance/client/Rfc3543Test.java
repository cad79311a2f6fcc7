package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.Testbed.FOREIGN_AGENT;
import static org.mooring.conformance.client.Testbed.FOREIGN_HOME;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;
import static org.mooring.conformance.client.Testbed.toMobileNode;

import java.io.DataOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.conformance.client.Octets.Fields;
import org.mooring.conformance.client.Station.Answer;

@Programs(foreignAgent = "require-association = false\nnat-traversal = \"off\"\n")
@DisplayName("RFC 3543: registrations that either agent ends, and what the wire shows")
class Rfc3543Test {
    private static final int REVOCATION = 7;
    private static final int ACKNOWLEDGMENT = 15;
    private static final int SUPPORT = 137;
    private static final int INFORM_IN_SUPPORT = 0x8000;
    private static final int FROM_HOME_AGENT = 0x8000;
    private static final int INFORM = 0x4000;
    private static final int INFORMED = 0x8000;
    private static final int ACKNOWLEDGMENT_LENGTH = 12;

    private final Testbed testbed;
    private final MobileNode node;
    private final long now = Instant.now().getEpochSecond();

    Rfc3543Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
    }

    /** §3.2. */
    private static Octets support(long timestamp) {
        return Extension.octets(
                SUPPORT, new Fields().u16(INFORM_IN_SUPPORT).u32(timestamp).done());
    }

    /** §3.3, with the two agents' authentication. */
    private Octets revocation(int flags, Address homeDomain, Address foreignDomain, long identifier) {
        return FOREIGN_HOME.seal(
                Extension.FOREIGN_HOME,
                new Fields()
                        .u8(REVOCATION)
                        .u8(0)
                        .u16(flags)
                        .address(node.homeAddress())
                        .address(homeDomain)
                        .address(foreignDomain)
                        .u32(identifier)
                        .done());
    }

    /** §3.4. */
    private Octets acknowledgment(long identifier) {
        return FOREIGN_HOME.seal(
                Extension.FOREIGN_HOME,
                new Fields()
                        .u8(ACKNOWLEDGMENT)
                        .u8(0)
                        .u16(0)
                        .address(node.homeAddress())
                        .u32(identifier)
                        .done());
    }

    /** One of these two to {@code destination}, about this mobile node. */
    private Optional<Packet> message(Packet packet, int type, Address destination) {
        return Optional.of(packet)
                .filter(came -> came.destination().equals(destination)
                        && came.datagram()
                                .map(Datagram::payload)
                                .filter(payload -> payload.u8(0) == type
                                        && payload.address(4).equals(node.homeAddress()))
                                .isPresent());
    }

    private Packet await(int mark, int type, Address destination) throws InterruptedException {
        return testbed.internet.await(
                mark, frame -> frame.packet().flatMap(packet -> message(packet, type, destination)));
    }

    private static Octets payload(Packet packet) {
        return packet.datagram().orElseThrow().payload();
    }

    private static void assertSealed(Octets message, int length) {
        var extensions = Extension.all(message, length);
        assertEquals(
                List.of(Extension.FOREIGN_HOME),
                extensions.stream().map(Extension::type).toList());
        assertTrue(FOREIGN_HOME.sealed(message, extensions.get(0)));
    }

    /** By way of a foreign agent that offers revocation; the home agent agrees, and tells its time. */
    private long register(Station foreignAgent, long timestamp) throws InterruptedException {
        var request = node.request(HOME_AGENT, foreignAgent.address(), 300).with(Request.REVERSE_TUNNEL);
        var message =
                FOREIGN_HOME.seal(Extension.FOREIGN_HOME, node.signed(request).and(support(timestamp)));
        var reply = foreignAgent.ask(HOME_AGENT, message).reply();
        assertEquals(Code.ACCEPTED, reply.code());
        assertEquals(List.of(Extension.MOBILE_HOME, SUPPORT, Extension.FOREIGN_HOME), reply.types());
        assertTrue(FOREIGN_HOME.sealed(reply.message(), reply.extension(Extension.FOREIGN_HOME)));
        assertEquals(6, reply.extension(SUPPORT).data().length());
        assertEquals(INFORM_IN_SUPPORT, reply.extension(SUPPORT).data().u16(0));
        return reply.extension(SUPPORT).data().u32(2);
    }

    /** Its packets go to its home link, and to nowhere else. */
    private void assertAtHome() throws Exception {
        testbed.home.join(node.homeAddress(), node.mac());
        int mark = testbed.home.mark();
        int internet = testbed.internet.mark();
        var packet = toMobileNode(node);
        testbed.arriveAtHome(packet);
        testbed.home.await(mark, frame -> Visit.delivered(frame, packet));
        assertEquals(List.of(), testbed.internet.since(internet, frame -> Testbed.tunnelled(frame, packet)));
    }

    @Test
    @DisplayName("§4.2.2: a home agent's revocation, which is repeated until it is acknowledged")
    void homeAgentRevokes() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        long told = register(foreignAgent, now);
        int mark = testbed.internet.mark();

        var said = testbed.homeAgent.revoke(node.homeAddress());

        assertTrue(said.contains(node.homeAddress().toString()), said);
        var first = await(mark, REVOCATION, foreignAgent.address());
        assertEquals(HOME_AGENT, first.source());
        assertEquals(Datagram.MOBILE_IP, first.datagram().orElseThrow().destinationPort());
        long identifier = payload(first).u32(16);
        assertTrue(identifier > told, identifier + " is not later than " + told);
        assertEquals(
                revocation(FROM_HOME_AGENT | INFORM, HOME_AGENT, foreignAgent.address(), identifier), payload(first));
        assertAtHome();

        int again = testbed.internet.mark();
        var second = await(again, REVOCATION, foreignAgent.address());
        assertTrue(payload(second).u32(16) > identifier, second::toString);
        foreignAgent.send(new Datagram(
                        Datagram.MOBILE_IP,
                        second.datagram().orElseThrow().sourcePort(),
                        acknowledgment(payload(second).u32(16)))
                .packet(foreignAgent.address(), HOME_AGENT, 64));
        testbed.homeAgentHasAnswered();
        assertTrue(testbed.homeAgent.log().contains("revocation acknowledged home=" + node.homeAddress()));
    }

    @Test
    @DisplayName("§3.2: to who offers no revocation, none is offered, and nobody is told")
    void offersNothingUnasked() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        var reply = Testbed.register(node, foreignAgent, 300).reply();

        assertEquals(List.of(Extension.MOBILE_HOME, Extension.FOREIGN_HOME), reply.types());
        int mark = testbed.internet.mark();
        testbed.homeAgent.revoke(node.homeAddress());
        assertAtHome();
        testbed.homeAgentHasAnswered();
        assertEquals(
                List.of(),
                testbed.internet.since(
                        mark,
                        frame ->
                                frame.packet().flatMap(packet -> message(packet, REVOCATION, foreignAgent.address()))));
    }

    @Test
    @DisplayName(
            "§4.2.3, §3.5, T95, T96: a foreign agent's revocation ends the binding; replayed, forged or reflected it ends none")
    void foreignAgentRevokes() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        register(foreignAgent, now);
        var revocation = revocation(0, HOME_AGENT, foreignAgent.address(), now + 1);
        int mark = testbed.internet.mark();

        foreignAgent.send(
                new Datagram(40_007, Datagram.MOBILE_IP, revocation).packet(foreignAgent.address(), HOME_AGENT, 64));

        var answer = await(mark, ACKNOWLEDGMENT, foreignAgent.address());
        assertEquals(40_007, answer.datagram().orElseThrow().destinationPort());
        assertEquals(Datagram.MOBILE_IP, answer.datagram().orElseThrow().sourcePort());
        assertEquals(acknowledgment(now + 1), payload(answer));
        assertSealed(payload(answer), ACKNOWLEDGMENT_LENGTH);
        assertAtHome();

        testbed.home.leave(node.homeAddress());
        register(foreignAgent, now + 1);
        int replayed = testbed.internet.mark();
        for (var message : List.of(
                revocation,
                revocation(FROM_HOME_AGENT, HOME_AGENT, foreignAgent.address(), now + 2),
                revocation(0, HOME_AGENT, foreignAgent.address(), now + 2).flipped(19, 1))) {
            foreignAgent.send(
                    new Datagram(40_007, Datagram.MOBILE_IP, message).packet(foreignAgent.address(), HOME_AGENT, 64));
        }
        testbed.homeAgentHasAnswered();
        assertEquals(
                List.of(),
                testbed.internet.since(
                        replayed,
                        frame -> frame.packet()
                                .flatMap(packet -> message(packet, ACKNOWLEDGMENT, foreignAgent.address()))));
        assertEquals(foreignAgent.address(), testbed.tunnelled(node).destination());
    }

    @Test
    @DisplayName(
            "§4.2.2.2, §4.1: a home agent's revocation ends the visit, and the mobile node is told by sequence number 0")
    void endsAVisit() throws Exception {
        var visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        var request = visit.request(300);
        var relayed = visit.relay(node.signed(request));
        var offered = Extension.all(relayed.message(), Request.LENGTH);
        assertEquals(
                List.of(Extension.MOBILE_HOME, SUPPORT, Extension.FOREIGN_HOME),
                offered.stream().map(Extension::type).toList());
        assertTrue(FOREIGN_HOME.sealed(relayed.message(), offered.get(2)));
        visit.answer(
                relayed,
                Visit.forForeignAgent(visit.reply(request, Code.ACCEPTED, 300).and(support(now))));
        var packet = toMobileNode(node);
        visit.deliver(packet);
        int mark = testbed.internet.mark();
        int visited = testbed.visited.mark();

        visit.atForeignSite(new Datagram(
                        40_008,
                        Datagram.MOBILE_IP,
                        revocation(FROM_HOME_AGENT | INFORM, OTHER_HOME_AGENT, CARE_OF_ADDRESS, now + 1))
                .packet(OTHER_HOME_AGENT, CARE_OF_ADDRESS, 64));

        var answer = payload(await(mark, ACKNOWLEDGMENT, OTHER_HOME_AGENT));
        assertEquals(INFORMED, answer.u16(2));
        assertEquals(now + 1, answer.u32(8));
        assertSealed(answer, ACKNOWLEDGMENT_LENGTH);
        var told = testbed.visited.await(
                visited,
                frame -> Advertisement.of(frame)
                        .filter(advertisement -> frame.destination().equals(node.mac())));
        assertEquals(0, told.sequenceNumber());
        assertEquals(node.homeAddress(), told.packet().destination());
        int after = testbed.visited.mark();
        visit.atForeignSite(visit.tunnelled(toMobileNode(node)));
        testbed.foreignAgentHasAnswered();
        assertEquals(List.of(), visit.received(after));
    }

    @Test
    @DisplayName("the two programs between themselves, as Wireshark reads them")
    void betweenThePrograms(@TempDir Path directory) throws Exception {
        var request = node.request(HOME_AGENT, CARE_OF_ADDRESS, 300).with(Request.REVERSE_TUNNEL);
        Answer answer = testbed.visiting(node).ask(FOREIGN_AGENT, node.signed(request));
        assertEquals(Code.ACCEPTED, answer.code());
        assertFalse(answer.reply().types().contains(SUPPORT), "what the agents agree on is not the mobile node's");
        int mark = testbed.internet.mark();

        var said = testbed.homeAgent.revoke(node.homeAddress());

        assertTrue(said.contains(CARE_OF_ADDRESS + " is told"), said);
        var acknowledged = await(mark, ACKNOWLEDGMENT, HOME_AGENT);
        var revoked = await(mark, REVOCATION, CARE_OF_ADDRESS);
        assertEquals(payload(revoked).u32(16), payload(acknowledged).u32(8));
        assertAtHome();
        var capture = directory.resolve("revocation.pcap");
        write(capture, List.of(revoked, acknowledged));
        var lines = tshark(
                capture,
                "ip.src ip.dst mip.type mip.flags2 mip.homeaddr mip.rev.hda mip.rev.fda mip.revid _ws.malformed");
        long identifier = payload(revoked).u32(16);
        assertEquals(
                List.of(
                        List.of(
                                HOME_AGENT.toString(),
                                CARE_OF_ADDRESS.toString(),
                                "7",
                                "49152",
                                node.homeAddress().toString(),
                                HOME_AGENT.toString(),
                                CARE_OF_ADDRESS.toString(),
                                Long.toString(identifier),
                                ""),
                        List.of(
                                CARE_OF_ADDRESS.toString(),
                                HOME_AGENT.toString(),
                                "15",
                                "32768",
                                node.homeAddress().toString(),
                                "",
                                "",
                                Long.toString(identifier),
                                "")),
                lines);
    }

    /** Numbers in decimal. */
    private static List<List<String>> tshark(Path capture, String fields) throws Exception {
        var command =
                new ArrayList<>(List.of("tshark", "-n", "-r", capture.toString(), "-T", "fields", "-E", "separator=;"));
        for (var field : fields.split(" ", -1)) {
            command.addAll(List.of("-e", field));
        }
        var process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        return said.lines()
                .map(line -> Arrays.stream(line.split(";", -1))
                        .map(value -> value.startsWith("0x") ? Long.toString(Long.decode(value)) : value)
                        .toList())
                .toList();
    }

    /** As raw IPv4. */
    private static void write(Path file, List<Packet> packets) throws Exception {
        try (var out = new DataOutputStream(Files.newOutputStream(file))) {
            out.writeInt(0xa1b2c3d4);
            out.writeShort(2);
            out.writeShort(4);
            out.writeLong(0);
            out.writeInt(65_535);
            out.writeInt(101);
            for (var packet : packets) {
                var octets = packet.octets().bytes();
                out.writeLong(0);
                out.writeInt(octets.length);
                out.writeInt(octets.length);
                out.write(octets);
            }
        }
    }
}
