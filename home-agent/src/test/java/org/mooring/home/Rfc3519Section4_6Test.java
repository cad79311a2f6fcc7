package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.mooring.home.HomeNetwork.FOREIGN_HOME;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.open;
import static org.mooring.home.HomeNetwork.signed;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED;
import static org.mooring.protocol.wire.ReplyCode.HA_ADMINISTRATIVELY_PROHIBITED;
import static org.mooring.protocol.wire.ReplyCode.HA_ENCAPSULATION_UNAVAILABLE;
import static org.mooring.protocol.wire.ReplyCode.HA_FOREIGN_AGENT_FAILED_AUTHENTICATION;
import static org.mooring.protocol.wire.ReplyCode.HA_IDENTIFICATION_MISMATCH;
import static org.mooring.protocol.wire.ReplyCode.HA_POORLY_FORMED_REQUEST;
import static org.mooring.protocol.wire.ReplyCode.HA_UDP_ENCAPSULATION_UNAVAILABLE;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.datapath.Encapsulation;
import org.mooring.home.Action.AnnounceAway;
import org.mooring.home.Action.InstallForwarding;
import org.mooring.home.Action.RemoveForwarding;
import org.mooring.home.Action.SendTunnelData;
import org.mooring.home.Policy.Compatibility;
import org.mooring.home.Policy.NatTraversal;
import org.mooring.home.Policy.NatTraversal.Permission;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.nat.EchoPacket;
import org.mooring.protocol.nat.EchoPacket.Kind;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.UdpTunnelReply;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.TunnelData;
import org.mooring.protocol.wire.UdpTunnelRequest;

@DisplayName("RFC 3519 §4.6 Home Agent Considerations")
class Rfc3519Section4_6Test {
    /** Of a network that is behind a NAT, as the NAT has it and as everybody else sees it. */
    private static final Ipv4Address INSIDE = Ipv4Address.of("192.168.7.20");

    private static final Ipv4Address NAT = Ipv4Address.of("203.0.113.9");
    private static final Endpoint MAPPED = new Endpoint(NAT, 61434);
    private static final Endpoint MAPPED_ANEW = new Endpoint(NAT, 61999);
    private static final Endpoint NOT_TRANSLATED = new Endpoint(INSIDE, 434);
    private static final Flags D_AND_T = Flags.DECAPSULATION_BY_MOBILE_NODE.plus(T);
    private static final UdpTunnelRequest ASKS = new UdpTunnelRequest(0, 0);
    private static final UdpTunnelRequest FORCES = new UdpTunnelRequest(UdpTunnelRequest.FORCE, 0);
    private static final UdpTunnelRequest R =
            new UdpTunnelRequest(UdpTunnelRequest.REGISTERED_THROUGH_FOREIGN_AGENT, 0);
    private static final UdpTunnelReply ASSENT = new UdpTunnelReply(0, 0, 0, 110);
    private static final UdpTunnelReply FORCED_ASSENT = new UdpTunnelReply(0, 0, 0x8000, 110);
    private static final UdpTunnelReply DECLINE = new UdpTunnelReply(0, 64, 0, 0);

    private HomeNetwork network = new HomeNetwork();

    @Test
    @DisplayName("H51, T85: behind a NAT, the tunnel goes in UDP to where the request came from, and so does the reply")
    void tunnelsInUdpThroughANat() {
        receive(MAPPED, D_AND_T, ASKS);
        assertEquals(List.of(install(udp(MAPPED))), network.all(InstallForwarding.class));
        var sent = network.all(Action.SendReply.class).get(0);
        assertEquals(MAPPED, sent.to());
        var reply = network.reply();
        assertEquals(ACCEPTED, reply.code());
        assertEquals(List.of(ASSENT), coveredByMobileHome(reply));
        var binding = network.homeAgent().bindings().get(0);
        assertEquals(INSIDE, binding.careOfAddress());
        assertEquals(udp(MAPPED), binding.peer());
    }

    @Test
    @DisplayName("H51: a foreign agent is answered behind the mobile-home extension, under the foreign-home one")
    void tunnelsInUdpToAForeignAgent() {
        network = network(Permission.DETECTED, 1, true);
        network.receive(MAPPED, relayed(network.request(T, 600, INSIDE), List.of(ASKS)));
        assertEquals(List.of(install(udp(MAPPED))), network.all(InstallForwarding.class));
        var message = message(network.all(Action.SendReply.class).get(0));
        assertEquals(new Verified.By(FOREIGN_HOME), verifiedByForeignAgent(message));
        var extensions = message.message().extensions();
        assertEquals(3, extensions.size(), extensions::toString);
        assertEquals(
                Authentication.Kind.MOBILE_HOME,
                assertInstanceOf(Authentication.class, extensions.get(0)).kind());
        assertEquals(ASSENT, extensions.get(1));
        assertEquals(
                Authentication.Kind.FOREIGN_HOME,
                assertInstanceOf(Authentication.class, extensions.get(2)).kind());
    }

    @Test
    @DisplayName(
            "§4.5: the foreign agent's association is that of its care-of address; another key is refused with 132")
    void authenticatesAForeignAgentBehindANat() {
        network = network(Permission.DETECTED, 1, true);
        var stranger =
                HomeNetwork.association(FOREIGN_HOME.spi(), "ffffffffffffffffffffffffffffffff", Algorithm.HMAC_MD5);
        var forged = new Seal(Authentication.Kind.FOREIGN_HOME, stranger)
                .appendTo(signed(network.request(T, 600, INSIDE)).concat(RegistrationCodec.encode(List.of(ASKS))));
        network.receive(MAPPED, forged);
        assertEquals(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, network.code());
        assertEquals(List.of(), network.homeAgent().bindings());
    }

    @Test
    @DisplayName("a foreign agent without an association is answered as well")
    void answersAForeignAgentWithoutAnAssociation() {
        network.receive(
                MAPPED, signed(network.request(T, 600, INSIDE)).concat(RegistrationCodec.encode(List.of(ASKS))));
        var message = message(network.all(Action.SendReply.class).get(0));
        assertEquals(List.of(ASSENT), message.message().extensions().subList(1, 2));
    }

    @Test
    @DisplayName("H52, T86: without a NAT it is declined, and the tunnel is as ever")
    void declinesWithoutANat() {
        receive(NOT_TRANSLATED, D_AND_T, ASKS);
        assertEquals(List.of(install(Peer.ipip(INSIDE))), network.all(InstallForwarding.class));
        var reply = network.reply();
        assertEquals(ACCEPTED, reply.code());
        assertEquals(List.of(DECLINE), coveredByMobileHome(reply));
    }

    @Test
    @DisplayName("H53, T86: F has its UDP tunnel without a NAT, which the reply says")
    void assentsToWhatIsForced() {
        receive(NOT_TRANSLATED, D_AND_T, FORCES);
        assertEquals(List.of(install(udp(NOT_TRANSLATED))), network.all(InstallForwarding.class));
        assertEquals(List.of(FORCED_ASSENT), coveredByMobileHome(network.reply()));
    }

    @ParameterizedTest
    @DisplayName("H53, T86, §4.6.1: what the policy does not permit is denied with code 129")
    @CsvSource({
        "OFF,true,false,129",
        "OFF,true,true,129",
        "OFF,false,true,129",
        "OFF,false,false,0",
        "DETECTED,false,true,129",
        "DETECTED,true,true,0",
        "DETECTED,true,false,0"
    })
    void deniesWithCode129WhatIsNotPermitted(Permission permission, boolean translated, boolean forced, int code) {
        network = network(permission, 1, false, Map.of());
        receive(translated ? MAPPED : NOT_TRANSLATED, D_AND_T, forced ? FORCES : ASKS);
        var reply = network.reply();
        assertEquals(code, reply.code().value());
        if (code == 129) {
            assertEquals(HA_ADMINISTRATIVELY_PROHIBITED, reply.code());
            assertEquals(Optional.empty(), reply.extension(UdpTunnelReply.class));
            assertEquals(List.of(), network.homeAgent().bindings());
        }
    }

    @Test
    @DisplayName("E16: who asks for nothing gets no answer to it, and a tunnel to its care-of address, NAT or not")
    void answersNobodyWhoDidNotAsk() {
        receive(MAPPED, D_AND_T);
        var reply = network.reply();
        assertEquals(ACCEPTED, reply.code());
        assertEquals(Optional.empty(), reply.extension(UdpTunnelReply.class));
        assertEquals(Peer.ipip(INSIDE), network.homeAgent().bindings().get(0).peer());
    }

    @Test
    @DisplayName(
            "H54, T87: a UDP Tunnel Request of the mobile node without D, or of the foreign agent with D: code 134")
    void deniesWithCode134WhenDDisagrees() {
        receive(MAPPED, T, ASKS);
        assertEquals(HA_POORLY_FORMED_REQUEST, network.code());
        network.receive(
                MAPPED, signed(network.request(D_AND_T, 600, INSIDE)).concat(RegistrationCodec.encode(List.of(ASKS))));
        assertEquals(HA_POORLY_FORMED_REQUEST, network.code());
        for (var flags : List.of(T, D_AND_T)) {
            var both =
                    signed(network.request(flags, 600, INSIDE, ASKS)).concat(RegistrationCodec.encode(List.of(ASKS)));
            network.receive(MAPPED, both);
            assertEquals(HA_POORLY_FORMED_REQUEST, network.code(), "one of the two disagrees");
        }
    }

    @ParameterizedTest
    @DisplayName("H54, T88: what is to be tunnelled in UDP in another way than IP in IP: code 142")
    @CsvSource({"0x22,47", "0x22,55", "0x22,6", "0x2a,0", "0x32,0"})
    void deniesWithCode142WhatCannotBeCarriedInUdp(String flags, int encapsulation) {
        receive(MAPPED, new Flags(Integer.decode(flags)), new UdpTunnelRequest(0, encapsulation));
        assertEquals(HA_UDP_ENCAPSULATION_UNAVAILABLE, network.code());
        assertEquals(List.of(), network.homeAgent().bindings());
    }

    @Test
    @DisplayName("§3.1.4: M and G matter only if the extension leaves it open, or nothing is tunnelled in UDP")
    void looksAtTheEncapsulationThatCounts() {
        receive(MAPPED, D_AND_T.plus(Flags.GRE_ENCAPSULATION), new UdpTunnelRequest(0, 4));
        assertEquals(ACCEPTED, network.code());
        network.pass(Duration.ofSeconds(1));
        receive(NOT_TRANSLATED, D_AND_T, new UdpTunnelRequest(0, 47));
        assertEquals(ACCEPTED, network.code());
        network.pass(Duration.ofSeconds(1));
        receive(NOT_TRANSLATED, D_AND_T.plus(Flags.GRE_ENCAPSULATION), new UdpTunnelRequest(0, 4));
        assertEquals(HA_ENCAPSULATION_UNAVAILABLE, network.code());
    }

    @ParameterizedTest
    @DisplayName(
            "E15, §3.1.3: Reserved 3, or another sub-type, makes it an extension that is skipped; the others are ignored")
    @CsvSource({"0,0,1,false", "1,0,0,false", "0,255,0,true"})
    void skipsLaterVersions(int subtype, int reserved1, int reserved3, boolean understood) {
        receive(MAPPED, D_AND_T, new UdpTunnelRequest(subtype, reserved1, understood ? 0x3f : 0, 0, reserved3));
        var reply = network.reply();
        assertEquals(ACCEPTED, reply.code());
        assertEquals(understood, reply.extension(UdpTunnelReply.class).isPresent());
    }

    @Test
    @DisplayName("H59, §5.2: what no authenticator covers is trusted for a minute")
    void grantsAShortLifetime() {
        receive(MAPPED, D_AND_T, ASKS);
        assertEquals(60, network.reply().lifetime());
        network.pass(Duration.ofSeconds(1));
        receive(NOT_TRANSLATED, D_AND_T, ASKS);
        assertEquals(600, network.reply().lifetime());
    }

    @Test
    @DisplayName(
            "T90, §4.4: a registration from a new port of the NAT moves the tunnel there, and from the old one nothing is taken")
    void followsTheNat() {
        receive(MAPPED, D_AND_T, ASKS);
        network.actions();
        network.pass(Duration.ofSeconds(30));
        receive(MAPPED_ANEW, D_AND_T, ASKS);
        assertEquals(List.of(install(udp(MAPPED_ANEW))), network.all(InstallForwarding.class));
        assertEquals(MAPPED_ANEW, network.all(Action.SendReply.class).get(0).to());
        network.actions();
        keepalive(MAPPED, HOME_ADDRESS, HOME_AGENT);
        assertEquals(List.of(), network.actions());
        keepalive(MAPPED_ANEW, HOME_ADDRESS, HOME_AGENT);
        assertEquals(MAPPED_ANEW, network.all(SendTunnelData.class).get(0).to());
    }

    @Test
    @DisplayName("§6: what was accepted before is no registration from another address")
    void isNotMovedByAReplay() {
        var request = signed(network.request(D_AND_T, 600, INSIDE, ASKS));
        network.receive(MAPPED, request);
        network.actions();
        network.receive(new Endpoint(Ipv4Address.of("198.51.100.66"), 434), request);
        assertEquals(HA_IDENTIFICATION_MISMATCH, network.code());
        assertEquals(udp(MAPPED), network.homeAgent().bindings().get(0).peer());
    }

    @Test
    @DisplayName("a tunnel that would end at the mobile node itself, or here, is poorly formed: code 134")
    void refusesTunnelsThatLeadBack() {
        receive(new Endpoint(HOME_ADDRESS, 434), D_AND_T, ASKS);
        assertEquals(HA_POORLY_FORMED_REQUEST, network.code());
        receive(new Endpoint(HOME_AGENT, 1), D_AND_T, ASKS);
        assertEquals(HA_POORLY_FORMED_REQUEST, network.code());
    }

    @Test
    @DisplayName("a network behind a NAT may have the home network's own addresses")
    void servesWhoHasOurAddressBehindANat() {
        network.receive(MAPPED, signed(network.request(D_AND_T, 600, HOME_AGENT, ASKS)));
        assertEquals(ACCEPTED, network.code());
    }

    @Test
    @DisplayName(
            "RFC 3344 §3.8.2.2: the care-of address that was registered is what is deregistered, and that is declined")
    void deregistersTheCareOfAddress() {
        receive(MAPPED, D_AND_T, ASKS);
        network.actions();
        network.pass(Duration.ofSeconds(1));
        network.receive(MAPPED_ANEW, signed(network.request(D_AND_T, 0, INSIDE, ASKS)));
        assertEquals(List.of(new RemoveForwarding(HOME_ADDRESS)), network.all(RemoveForwarding.class));
        var reply = network.reply();
        assertEquals(0, reply.lifetime());
        assertEquals(List.of(DECLINE), coveredByMobileHome(reply));
        assertEquals(List.of(), network.homeAgent().bindings());
    }

    @Test
    @DisplayName("H57, T89, §4.9: a keepalive is answered through the tunnel")
    void answersKeepalives() {
        receive(MAPPED, D_AND_T, ASKS);
        network.actions();
        keepalive(MAPPED, HOME_ADDRESS, HOME_AGENT);
        var answer = new EchoPacket(Kind.REPLY, HOME_AGENT, HOME_ADDRESS, 434, 7, Octets.ofHex("cafe"));
        assertEquals(List.of(), network.facts(), "nothing is discarded");
        assertEquals(List.of(new SendTunnelData(MAPPED, answer.encode())), network.actions());
    }

    @Test
    @DisplayName("H56, T89, §4.3: nobody else's is")
    void answersNobodyElse() {
        receive(MAPPED, D_AND_T, ASKS);
        network.actions();
        keepalive(MAPPED_ANEW, HOME_ADDRESS, HOME_AGENT);
        keepalive(new Endpoint(INSIDE, MAPPED.port()), HOME_ADDRESS, HOME_AGENT);
        keepalive(MAPPED, INSIDE, HOME_AGENT);
        keepalive(MAPPED, HOME_ADDRESS, Ipv4Address.of("10.1.0.2"));
        var reply = new EchoPacket(Kind.REPLY, HOME_ADDRESS, HOME_AGENT, 434, 7, Octets.EMPTY);
        network.handle(new Event.TunnelDataReceived(network.now(), MAPPED, reply.encode()));
        var request = new EchoPacket(Kind.REQUEST, HOME_ADDRESS, HOME_AGENT, 434, 7, Octets.EMPTY).encode();
        network.handle(new Event.TunnelDataReceived(
                network.now(), MAPPED, new TunnelData(TunnelData.MINIMAL, 0, request.packet())));
        assertEquals(
                6,
                network.facts().stream()
                        .filter(fact ->
                                fact instanceof Fact.Discarded discarded && discarded.discard() == Discard.TUNNEL_DATA)
                        .count());
        assertEquals(List.of(), network.actions());
    }

    @Test
    @DisplayName("§4.7: of a binding without a UDP tunnel nothing is taken in UDP")
    void takesNothingInUdpOfAPlainBinding() {
        receive(NOT_TRANSLATED, D_AND_T, ASKS);
        network.actions();
        keepalive(NOT_TRANSLATED, HOME_ADDRESS, HOME_AGENT);
        assertEquals(List.of(), network.actions());
    }

    @Test
    @DisplayName("H60, §4.7: of two bindings at once, one may have its tunnel in UDP and the other in IP")
    void servesBothKindsOfBindings() {
        network = network(Permission.DETECTED, 2, false);
        var plain = Ipv4Address.of("198.51.100.20");
        receive(MAPPED, D_AND_T.plus(Flags.SIMULTANEOUS_BINDINGS), ASKS);
        network.actions();
        network.pass(Duration.ofSeconds(1));
        network.receive(
                new Endpoint(plain, 434),
                signed(network.request(D_AND_T.plus(Flags.SIMULTANEOUS_BINDINGS), 600, plain, ASKS)));
        assertEquals(List.of(install(udp(MAPPED), Peer.ipip(plain))), network.all(InstallForwarding.class));
    }

    @Test
    @DisplayName("H60, H55: the one that waits for its keepalive leaves the other as it is")
    void servesTheOtherWhileOneWaits() {
        network = network(Permission.DETECTED, 2, false);
        var plain = Ipv4Address.of("198.51.100.20");
        network.receive(
                new Endpoint(plain, 434),
                signed(network.request(D_AND_T.plus(Flags.SIMULTANEOUS_BINDINGS), 600, plain, ASKS)));
        network.actions();
        network.pass(Duration.ofSeconds(1));
        receive(MAPPED, D_AND_T.plus(Flags.SIMULTANEOUS_BINDINGS), R);
        assertEquals(List.of(install(Peer.ipip(plain))), network.all(InstallForwarding.class));
        network.actions();
        keepalive(MAPPED_ANEW, HOME_ADDRESS, HOME_AGENT);
        assertEquals(List.of(install(Peer.ipip(plain), udp(MAPPED_ANEW))), network.all(InstallForwarding.class));
    }

    @Test
    @DisplayName("H55: with R nothing is tunnelled before the first keepalive, which tells the port")
    void waitsForTheFirstKeepalive() {
        receive(MAPPED, D_AND_T, R);
        assertEquals(List.of(), network.all(InstallForwarding.class));
        assertEquals(List.of(), network.all(AnnounceAway.class));
        assertEquals(List.of(ASSENT), coveredByMobileHome(network.reply()));

        keepalive(MAPPED_ANEW, HOME_ADDRESS, HOME_AGENT);
        var wanted = network.actions();
        assertEquals(install(udp(MAPPED_ANEW)), wanted.get(0));
        var answer = new EchoPacket(Kind.REPLY, HOME_AGENT, HOME_ADDRESS, 434, 7, Octets.ofHex("cafe"));
        assertEquals(
                1,
                wanted.stream()
                        .filter(new SendTunnelData(MAPPED_ANEW, answer.encode())::equals)
                        .count());
        assertEquals(1, wanted.stream().filter(AnnounceAway.class::isInstance).count());
        assertEquals(udp(MAPPED_ANEW), network.homeAgent().bindings().get(0).peer());
    }

    @Test
    @DisplayName(
            "H55, §6.1.2: it must come from the registration's address, be the mobile node's and for the home agent")
    void isNotHijackedWhileItWaits() {
        receive(MAPPED, D_AND_T, R);
        network.actions();
        keepalive(new Endpoint(Ipv4Address.of("198.51.100.66"), 5000), HOME_ADDRESS, HOME_AGENT);
        keepalive(MAPPED_ANEW, INSIDE, HOME_AGENT);
        keepalive(MAPPED_ANEW, HOME_ADDRESS, Ipv4Address.of("203.0.113.1"));
        assertEquals(List.of(), network.actions());
        keepalive(MAPPED_ANEW, HOME_ADDRESS, HOME_AGENT);
        network.actions();
        keepalive(MAPPED, HOME_ADDRESS, HOME_AGENT);
        assertEquals(List.of(), network.actions(), "only the first one tells the port");
    }

    @Test
    @DisplayName("H55: a refusal of the kernel leaves it waiting for the next keepalive")
    void waitsOnIfTheKernelRefuses() {
        receive(MAPPED, D_AND_T, R);
        network.actions();
        network.kernelRefuses(true);
        keepalive(MAPPED_ANEW, HOME_ADDRESS, HOME_AGENT);
        assertEquals(List.of(), network.all(SendTunnelData.class));
        network.kernelRefuses(false);
        network.actions();
        keepalive(MAPPED_ANEW, HOME_ADDRESS, HOME_AGENT);
        assertEquals(1, network.all(SendTunnelData.class).size());
    }

    @Test
    @DisplayName("H55: while the kernel does as the first keepalive told, another changes nothing")
    void takesOneKeepaliveAtATime() {
        receive(MAPPED, D_AND_T, R);
        network.actions();
        network.pause();
        keepalive(MAPPED_ANEW, HOME_ADDRESS, HOME_AGENT);
        assertEquals(List.of(), network.facts(), "nothing is discarded");
        keepalive(new Endpoint(NAT, 62000), HOME_ADDRESS, HOME_AGENT);
        assertEquals(List.of(install(udp(MAPPED_ANEW))), network.actions());
    }

    @Test
    @DisplayName("H55: each registration with R waits for a keepalive of its own")
    void waitsAgainAfterARenewal() {
        receive(MAPPED, D_AND_T, R);
        keepalive(MAPPED_ANEW, HOME_ADDRESS, HOME_AGENT);
        network.actions();
        network.pass(Duration.ofSeconds(30));
        receive(MAPPED, D_AND_T, R);
        assertEquals(List.of(new RemoveForwarding(HOME_ADDRESS)), network.all(RemoveForwarding.class));
        network.actions();
        keepalive(MAPPED_ANEW, HOME_ADDRESS, HOME_AGENT);
        assertEquals(List.of(install(udp(MAPPED_ANEW))), network.all(InstallForwarding.class));
    }

    @Test
    @DisplayName("H55: what waits for a keepalive outlives a restart")
    void waitsAfterARestart() {
        receive(MAPPED, D_AND_T, R);
        var stored = network.all(Action.Persist.class).get(0).record();
        network = new HomeNetwork();
        network.handle(new Event.Restored(HomeNetwork.START.plusSeconds(1), List.of(stored)));
        network.actions();
        keepalive(MAPPED_ANEW, HOME_ADDRESS, HOME_AGENT);
        assertEquals(List.of(install(udp(MAPPED_ANEW))), network.all(InstallForwarding.class));
    }

    @ParameterizedTest
    @DisplayName(
            "docs/handover.md: a staged tunnel goes through the NAT, and is flipped to if the NAT has not changed its port")
    @ValueSource(booleans = {true, false})
    void flipsToAStagedTunnelIfItIsStillThere(boolean same) {
        network.register(600);
        network.actions();
        network.pass(Duration.ofSeconds(1));
        receive(MAPPED, D_AND_T, ASKS, extension(new Prepare(new HandoverId(7), 60)));
        assertEquals(
                List.of(new Action.StageForwarding(HOME_ADDRESS, udp(MAPPED))),
                network.all(Action.StageForwarding.class));
        assertEquals(Optional.of(ASSENT), network.reply().extension(UdpTunnelReply.class));
        network.pass(Duration.ofSeconds(1));
        receive(same ? MAPPED : MAPPED_ANEW, D_AND_T, ASKS);
        var wanted = network.all(Action.Forwarding.class);
        assertEquals(same ? new Action.FlipForwarding(HOME_ADDRESS) : install(udp(MAPPED_ANEW)), wanted.get(0));
        assertEquals(List.of(), network.homeAgent().staged());
    }

    @Test
    @DisplayName("docs/handover.md: with R there is nothing that could be staged")
    void stagesNothingWithR() {
        receive(MAPPED, D_AND_T, R, extension(new Prepare(new HandoverId(7), 60)));
        assertEquals(HA_POORLY_FORMED_REQUEST, network.code());
    }

    private void receive(Endpoint from, Flags flags, Extension... extensions) {
        network.receive(from, signed(network.request(flags, 600, INSIDE, extensions)));
    }

    private void keepalive(Endpoint from, Ipv4Address source, Ipv4Address destination) {
        var echo = new EchoPacket(Kind.REQUEST, source, destination, 434, 7, Octets.ofHex("cafe"));
        network.handle(new Event.TunnelDataReceived(network.now(), from, echo.encode()));
    }

    private static Octets relayed(RegistrationRequest request, List<Extension> added) {
        return new Seal(Authentication.Kind.FOREIGN_HOME, FOREIGN_HOME)
                .appendTo(signed(request).concat(RegistrationCodec.encode(added)));
    }

    private static Decoded.Message message(Action.SendReply sent) {
        open(sent);
        return assertInstanceOf(Decoded.Message.class, RegistrationCodec.decode(sent.wire()));
    }

    private static Verified verifiedByForeignAgent(Decoded.Message message) {
        return Verifier.verify(message, Authentication.Kind.FOREIGN_HOME, List.of(FOREIGN_HOME));
    }

    private static List<Extension> coveredByMobileHome(RegistrationReply reply) {
        return HandoverRequest.covered(reply.extensions());
    }

    private static Extension extension(HandoverExtension extension) {
        return extension.toExtension(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER);
    }

    private static InstallForwarding install(Peer... peers) {
        return new InstallForwarding(HOME_ADDRESS, List.of(peers));
    }

    private static Peer udp(Endpoint end) {
        return new Peer(end.address(), end.port(), Encapsulation.UDP);
    }

    /** The foreign agent with an association is behind the NAT. */
    private static HomeNetwork network(Permission permission, int bindings, boolean requireAssociation) {
        return network(permission, bindings, requireAssociation, Map.of(INSIDE, List.of(FOREIGN_HOME)));
    }

    private static HomeNetwork network(
            Permission permission,
            int bindings,
            boolean requireAssociation,
            Map<Ipv4Address, List<SecurityAssociation>> foreignAgents) {
        var policy = HomeNetwork.policy();
        return new HomeNetwork(new Policy(
                policy.address(),
                policy.homeNetworkBroadcast(),
                policy.maxLifetime(),
                policy.maxBindings(),
                bindings,
                requireAssociation,
                Set.of(),
                Compatibility.RFC5944,
                Policy.ReservedBits.IGNORED,
                ReverseTunnel.OPTIONAL,
                new NatTraversal(permission, 110, 60),
                Policy.Revocability.OPTIONAL,
                Optional.empty(),
                policy.advertisement(),
                policy.enterpriseNumber(),
                policy.mobileNodes(),
                foreignAgents));
    }
}
