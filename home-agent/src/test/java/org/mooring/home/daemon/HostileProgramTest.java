package org.mooring.home.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.home.daemon.HomeSite.CARE_OF_ADDRESS;
import static org.mooring.home.daemon.HomeSite.HOME_ADDRESS;
import static org.mooring.home.daemon.HomeSite.HOME_AGENT;
import static org.mooring.home.daemon.HomeSite.NEIGHBOUR;
import static org.mooring.home.daemon.HomeSite.NEXT_CARE_OF_ADDRESS;
import static org.mooring.home.daemon.HomeSite.await;
import static org.mooring.home.daemon.HomeSite.relayed;
import static org.mooring.home.daemon.HomeSite.signed;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED;
import static org.mooring.protocol.wire.ReplyCode.HA_IDENTIFICATION_MISMATCH;
import static org.mooring.protocol.wire.ReplyCode.HA_MOBILE_NODE_FAILED_AUTHENTICATION;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.ArpPacket;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;

/** The program, and somebody who can send it anything, and has seen everything, but has no key. */
@Tag("netns")
@DisplayName("The home agent as a program, among strangers")
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
class HostileProgramTest {
    private static final int UDP_CHECKSUM = 14 + 20 + 6;

    private static HomeSite site;
    private static String configuration;

    @BeforeAll
    static void raise(@TempDir Path directory) throws Exception {
        site = new HomeSite(directory);
        // The one that asks for the others' MAC addresses is a mobile node itself.
        site.changeConfiguration("[[mobile-node]]", """
                [[mobile-node]]
                home-address = "%s"
                [[mobile-node.association]]
                spi = 256
                key = "ffffffffffffffffffffffffffffffff"

                [[mobile-node]]""".formatted(NEIGHBOUR));
        configuration = site.configuration();
    }

    @AfterAll
    static void tearDown() {
        site.close();
    }

    @BeforeEach
    void reset() throws Exception {
        site.reset(configuration);
    }

    @Test
    @DisplayName("a request that is replayed brings no binding back, not even after a restart")
    void replays() throws Exception {
        var registration = relayed(site.request(300, CARE_OF_ADDRESS));
        assertEquals(ACCEPTED, site.fromForeignAgent(registration).code());
        assertEquals(
                ACCEPTED,
                site.fromForeignAgent(signed(site.request(0, CARE_OF_ADDRESS))).code());

        assertEquals(
                HA_IDENTIFICATION_MISMATCH, site.fromForeignAgent(registration).code());
        site.restart();
        assertEquals(
                HA_IDENTIFICATION_MISMATCH, site.fromForeignAgent(registration).code());
        assertEquals(0, site.bindings().size());
    }

    @Test
    @DisplayName("a request that is forged changes no binding, and makes none")
    void forgeries() throws Exception {
        assertEquals(
                HA_MOBILE_NODE_FAILED_AUTHENTICATION,
                site.fromNextForeignAgent(forged(relayed(site.request(300, NEXT_CARE_OF_ADDRESS))))
                        .code());
        assertEquals(0, site.bindings().size());

        assertEquals(
                ACCEPTED,
                site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)))
                        .code());
        assertEquals(
                HA_MOBILE_NODE_FAILED_AUTHENTICATION,
                site.fromNextForeignAgent(forged(relayed(site.request(300, NEXT_CARE_OF_ADDRESS))))
                        .code());
        assertEquals(
                HA_MOBILE_NODE_FAILED_AUTHENTICATION,
                site.fromForeignAgent(forged(signed(site.request(0, CARE_OF_ADDRESS))))
                        .code());

        assertEquals(1, site.bindings().size());
        assertEquals(
                CARE_OF_ADDRESS.toString(),
                site.bindings().get(0).get("care-of-address").asText());
    }

    /** The mobile-home authenticator has one bit changed. */
    private static Octets forged(Octets request) {
        var octets = request.toByteArray();
        octets[24 + 6] ^= 1;
        return Octets.of(octets);
    }

    @Test
    @DisplayName("its own replies, sent back to it, are dropped without an answer")
    void reflections() throws Exception {
        RegistrationReply reply = site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)));
        long replies = replies();
        long discarded = discarded("not a registration request");
        for (int i = 0; i < 3; i++) {
            site.send(RegistrationCodec.encode(reply));
        }

        await("they were discarded", () -> discarded("not a registration request") == discarded + 3);
        assertEquals(replies, replies());
        assertEquals(1, site.bindings().size());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"as it was, true", "none, true", "wrong, false"})
    @DisplayName("RFC 3344 §3.8.2.1, T12, T13: a wrong UDP checksum is nobody's word, a missing one does no harm")
    void checksums(String checksum, boolean taken) throws Exception {
        long before = datagrams();
        var from = MacAddress.of(
                site.foreignAgent().exec("cat", "/sys/class/net/eth/address").strip());
        var to = MacAddress.of(
                site.router().exec("cat", "/sys/class/net/wan/address").strip());
        var sent = new UdpPacket(
                        CARE_OF_ADDRESS.toInet(),
                        434,
                        HOME_AGENT.toInet(),
                        434,
                        64,
                        ByteBuffer.wrap(
                                relayed(site.request(300, CARE_OF_ADDRESS)).toByteArray()))
                .toIpv4()
                .toFrame(from, to)
                .toOctets();
        var frame = ByteBuffer.allocate(sent.remaining()).put(sent).flip();
        if (checksum.equals("none")) {
            frame.putShort(UDP_CHECKSUM, (short) 0);
        } else if (checksum.equals("wrong")) {
            frame.putShort(UDP_CHECKSUM, (short) (frame.getShort(UDP_CHECKSUM) + 1));
        }
        try (var link = site.listen(site.foreignAgent(), PacketFilter.arp())) {
            link.send(EthernetFrame.parse(frame).orElseThrow());
        }
        // What comes behind it is served.
        assertEquals(
                HA_MOBILE_NODE_FAILED_AUTHENTICATION,
                site.fromNextForeignAgent(forged(relayed(site.request(300, NEXT_CARE_OF_ADDRESS))))
                        .code());

        await("it was read, or not", () -> datagrams() - before == (taken ? 2 : 1));
        assertEquals(taken ? 1 : 0, site.bindings().size());
    }

    @Test
    @DisplayName(
            "RFC 3344 §4.6: ARP requests for who is away are answered with the agent's MAC, also those of another mobile node")
    void answersArpForWhoIsAway() throws Exception {
        assertEquals(
                ACCEPTED,
                site.fromForeignAgent(relayed(site.request(300, CARE_OF_ADDRESS)))
                        .code());
        var asking = MacAddress.of(
                site.neighbour().exec("cat", "/sys/class/net/eth/address").strip());
        var router = MacAddress.of(
                site.router().exec("cat", "/sys/class/net/lan/address").strip());
        try (var arp = site.listen(site.neighbour(), PacketFilter.arp())) {
            arp.send(ArpPacket.request(asking, NEIGHBOUR.toInet(), HOME_ADDRESS.toInet())
                    .toFrame(MacAddress.BROADCAST));

            assertEquals(router, answer(arp).senderMac());
        }
    }

    /** The reply about the home address. */
    private static ArpPacket answer(PacketSocket arp) throws Exception {
        for (var frame = arp.receive(); ; frame = arp.receive()) {
            var reply = frame.flatMap(ReceivedFrame::arp)
                    .filter(packet -> packet.operation() == ArpPacket.REPLY
                            && packet.senderAddress().equals(HOME_ADDRESS.toInet()));
            if (reply.isPresent()) {
                return reply.get();
            }
            assertTrue(frame.isPresent(), "the socket was closed");
        }
    }

    private long datagrams() {
        return site.show(Routing.TRAFFIC).orElseThrow().get("datagrams").asLong();
    }

    /** How many of all codes. */
    private long replies() {
        return StreamSupport.stream(
                        site.show(Routing.TRAFFIC).orElseThrow().get("replies").spliterator(), false)
                .mapToLong(reply -> reply.get("count").asLong())
                .sum();
    }

    private long discarded(String why) {
        return StreamSupport.stream(
                        site.show(Routing.TRAFFIC)
                                .orElseThrow()
                                .get("discarded")
                                .spliterator(),
                        false)
                .filter(discard -> discard.get("reason").asText().equals(why))
                .mapToLong(discard -> discard.get("count").asLong())
                .sum();
    }
}
