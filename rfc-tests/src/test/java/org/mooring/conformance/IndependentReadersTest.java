package org.mooring.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.DataOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.ArpPacket;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.RepeatedRequest;
import org.mooring.protocol.nat.EchoPacket;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.AdvertisementExtension;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AdvertisementExtension.Padding;
import org.mooring.protocol.wire.AdvertisementExtension.PrefixLengths;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.AgentAdvertisement.Router;
import org.mooring.protocol.wire.AgentDiscoveryCodec;
import org.mooring.protocol.wire.AgentSolicitation;
import org.mooring.protocol.wire.Challenge;
import org.mooring.protocol.wire.ControlMessage;
import org.mooring.protocol.wire.DynamicHomeAgent;
import org.mooring.protocol.wire.EncapsulatingDelivery;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Extension.GeneralizedAuthentication;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Extension.NormalVendorSpecific;
import org.mooring.protocol.wire.Extension.UdpTunnelReply;
import org.mooring.protocol.wire.ForeignAgentError;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.ProxyAuthenticationMethod;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.Revocation;
import org.mooring.protocol.wire.RevocationAcknowledgment;
import org.mooring.protocol.wire.RevocationSupport;
import org.mooring.protocol.wire.TunnelData;
import org.mooring.protocol.wire.UdpTunnelRequest;
import org.pcap4j.packet.EthernetPacket;
import org.pcap4j.packet.IcmpV4CommonPacket;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.UnknownPacket;
import org.pcap4j.packet.namednumber.UdpPort;
import org.w3c.dom.Element;

@DisplayName("Wireshark and Pcap4J read what was written, as it was meant")
class IndependentReadersTest {
    private static final Ipv4Address HOME = Ipv4Address.of("10.1.0.5");
    private static final Ipv4Address HOME_AGENT = Ipv4Address.of("10.1.0.1");
    private static final Ipv4Address CARE_OF = Ipv4Address.of("198.51.100.9");
    private static final Identification ID = Identification.of(0xe8b41f00, 0x1234abcd);
    private static final int PORT = 434;
    private static final int FROM_PORT = 40_434;

    private static final Seal MOBILE_HOME = seal(Kind.MOBILE_HOME, 0x100, Algorithm.HMAC_MD5);
    private static final Seal MOBILE_FOREIGN = seal(Kind.MOBILE_FOREIGN, 0x2001, Algorithm.HMAC_MD5);
    private static final Seal FOREIGN_HOME = seal(Kind.FOREIGN_HOME, 0x1001, Algorithm.HMAC_SHA_256);
    private static final MacAddress MAC = MacAddress.of("52:54:00:01:00:50");

    private static final String OF_THE_REQUEST = "mip.type=01 mip.flags=7a mip.s=0 mip.b=1"
            + " mip.d=1 mip.m=1 mip.g=1 mip.v=0 mip.t=1 mip.x=0 mip.life=012c mip.homeaddr=0a010005"
            + " mip.haaddr=0a010001 mip.coa=c6336409 mip.ident=e8b41f001234abcd";
    private static final String OF_MOBILE_HOME =
            " mip.ext.type=20 mip.ext.len=14 mip.auth.spi=00000100" + " mip.auth.auth=b750fc3e984c4b8d8f7747570da348c1";
    private static final String OF_THE_REPLY = "mip.type=03 mip.code=85 mip.life=012c mip.homeaddr=0a010005"
            + " mip.haaddr=0a010001 mip.ident=e8b41f001234abcd";

    /** {@link #request()} with mobile-home authentication. */
    private static final String THE_REQUEST =
            "017a012c0a0100050a010001c6336409e8b41f001234abcd" + "201400000100b750fc3e984c4b8d8f7747570da348c1";

    private static final String ECHO_REQUEST = "4500001c00010000400134d8cb0071020a0100050800f7ff00000000";
    private static final int ENTERPRISE = HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;
    private static final HandoverId HANDOVER = new HandoverId(0xfedcba9876543210L);

    private static final Path TSHARK = Path.of("/usr/bin/tshark");

    /** What Wireshark makes of each message, by its number. */
    private static List<List<String>> dissected = List.of();

    /** A message, and what it says, in Wireshark's words. */
    private record Example(String name, EthernetFrame frame, String fields) {
        /** Wireshark knows no message of type 255 (RFC 4064), and takes its octets for extensions that have no end. */
        boolean isOfUnknownType() {
            return fields.contains("udp.payload=ff");
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static List<Example> examples() {
        return List.of(
                control(
                        "request",
                        Seal.encode(request(), MOBILE_HOME, FOREIGN_HOME),
                        OF_THE_REQUEST + OF_MOBILE_HOME
                                + " mip.ext.type=22 mip.ext.len=24 mip.auth.spi=00001001"
                                + " mip.auth.auth=c07e3e20d353ca95ff1132208edadb93264b0f74e0d2a64b877ff11beb66a953"),
                control(
                        "request of who shares an association with the foreign agent",
                        Seal.encode(request(), MOBILE_HOME, MOBILE_FOREIGN),
                        OF_THE_REQUEST + OF_MOBILE_HOME
                                + " mip.ext.type=21 mip.ext.len=14 mip.auth.spi=00002001"
                                + " mip.auth.auth=da9ac45e8b53f90c28d67fe6c0494a6f"),
                control(
                        "reply",
                        Seal.encode(reply(), MOBILE_HOME),
                        OF_THE_REPLY + " mip.ext.type=20 mip.ext.len=14 mip.auth.spi=00000100"
                                + " mip.auth.auth=a05fefa787eaaf2cb315f8292485b51b"),
                control(
                        "NAI",
                        request(Nai.of("a@b")),
                        OF_THE_REQUEST + " mip.ext.type=83 mip.ext.len=03 mip.nai=614062"),
                control(
                        "generalized authentication",
                        request(new GeneralizedAuthentication(
                                1, 0x200, Octets.ofHex("62d9ffd899645abd8be915dd3d25432c"))),
                        OF_THE_REQUEST + " mip.ext.type=24 mip.ext.auth.subtype=01 mip.ext.len=0014"
                                + " mip.auth.spi=00000200 mip.auth.auth=62d9ffd899645abd8be915dd3d25432c"),
                control(
                        "critical vendor extension",
                        request(new CriticalVendorSpecific(0x7ed9, 7, Octets.ofHex("0102"))),
                        OF_THE_REQUEST + " mip.ext.type=26 mip.ext.cvse.reserved=00 mip.ext.len=0008"
                                + " mip.ext.cvse.vendor_id=00007ed9 mip.ext.cvse.vendor_type=0007"
                                + " mip.ext.cvse.vendor_value=0102"),
                control(
                        "normal vendor extension",
                        request(new NormalVendorSpecific(0x7ed9, 7, Octets.ofHex("0102"))),
                        OF_THE_REQUEST + " mip.ext.type=86 mip.ext.len=0a mip.ext.nvse.reserved=0000"
                                + " mip.ext.nvse.vendor_id=00007ed9 mip.ext.nvse.vendor_type=0007"
                                + " mip.ext.nvse.vendor_value=0102"),
                control(
                        "device identifier",
                        request(DeviceId.ethernet(Octets.ofHex("525400010050"))),
                        OF_THE_REQUEST + " mip.ext.type=93 mip.ext.len=08 mip.ext.pmipv4skipext.subtype=02"
                                + " mip.ext.pmipv4skipext.deviceid_type=01"
                                + " mip.ext.pmipv4skipext.deviceid_id=525400010050"),
                control(
                        "encapsulating delivery style",
                        request(new EncapsulatingDelivery()),
                        OF_THE_REQUEST + " mip.ext.type=82 mip.ext.len=00"),
                control(
                        "UDP tunnel request",
                        request(new UdpTunnelRequest(UdpTunnelRequest.FORCE, TunnelData.GRE)),
                        OF_THE_REQUEST + " mip.ext.type=90 mip.ext.len=06 mip.ext.utrq.subtype=00"
                                + " mip.ext.utrq.reserved1=00 mip.ext.utrq.flags=80 mip.ext.utrq.encaptype=2f"
                                + " mip.ext.utrq.reserved3=0000"),
                control(
                        "UDP tunnel reply",
                        reply(new UdpTunnelReply(0, 64, 0x8000, 110)),
                        OF_THE_REPLY + " mip.ext.type=2c mip.ext.len=06 mip.ext.utrp.subtype=00 mip.ext.utrp.code=40"
                                + " mip.ext.utrp.flags=8000 mip.ext.utrp.keepalive=006e"),
                control(
                        "foreign agent error",
                        reply(new ForeignAgentError(ReplyCode.FA_INVALID_CARE_OF_ADDRESS)),
                        OF_THE_REPLY + " mip.ext.type=2d mip.ext.len=02 mip.extension=004d"),
                control(
                        "dynamic home agent",
                        request(new DynamicHomeAgent(DynamicHomeAgent.REQUESTED, HOME_AGENT)),
                        OF_THE_REQUEST + " mip.ext.type=8b mip.ext.len=05 mip.ext.dynha.subtype=01"
                                + " mip.ext.dynha.ha=0a010001"),
                control(
                        "challenge",
                        request(new Challenge(Octets.ofHex("01020304"))),
                        OF_THE_REQUEST + " mip.ext.type=84 mip.ext.len=04 mip.extension=01020304"),
                control(
                        "per-node authentication method",
                        request(new ProxyAuthenticationMethod(ProxyAuthenticationMethod.FOREIGN_HOME)),
                        OF_THE_REQUEST + " mip.ext.type=2f mip.ext.pmipv4nonskipext.subtype=01 mip.ext.len=0001"
                                + " mip.ext.pmipv4nonskipext.pernodeauthmethod=01"),
                control(
                        "revocation support",
                        request(new RevocationSupport(true, 0x65a1b2c3)),
                        OF_THE_REQUEST + " mip.ext.type=89 mip.ext.len=06 mip.ext.rev.flags=8000"
                                + " mip.ext.rev.tstamp=65a1b2c3"),
                control(
                        "revocation",
                        Seal.encode(
                                new Revocation(0, 0xc000, HOME, HOME_AGENT, CARE_OF, 0x65a1b2c3, List.of()),
                                FOREIGN_HOME),
                        "mip.type=07 mip.rev.reserved=00 mip.flags2=c000 mip.homeaddr=0a010005 mip.rev.hda=0a010001"
                                + " mip.rev.fda=c6336409 mip.revid=65a1b2c3"
                                + " mip.ext.type=22 mip.ext.len=24 mip.auth.spi=00001001"
                                + " mip.auth.auth=a071b08ad39935a3bcce8365380bf71076354df0e1a64c455aea38eae00eab7e"),
                control(
                        "revocation acknowledgment",
                        Seal.encode(new RevocationAcknowledgment(0, 0x8000, HOME, 0x65a1b2c3, List.of()), FOREIGN_HOME),
                        "mip.type=0f mip.ack.reserved=00 mip.flags2=8000 mip.homeaddr=0a010005 mip.revid=65a1b2c3"
                                + " mip.ext.type=22 mip.ext.len=24 mip.auth.spi=00001001"
                                + " mip.auth.auth=3ee47c1eb3ce69f0d943815776bb5dbbb28a22eb6ce10c399ffe3f15472816f1"),
                control(
                        "tunnel data",
                        new TunnelData(
                                        TunnelData.IP_IN_IP,
                                        0,
                                        Octets.ofHex("4500001c00000000400166d20a0100050a010001" + "0800f7ff00000000"))
                                .encode(),
                        "mip.type=04 mip.nattt.nexthdr=04 mip.nattt.reserved=0000"),
                control(
                        "keepalive",
                        new EchoPacket(EchoPacket.Kind.REQUEST, HOME, HOME_AGENT, 0x1b2, 7, Octets.EMPTY)
                                .encode()
                                .encode(),
                        "mip.type=04 mip.nattt.nexthdr=04 mip.nattt.reserved=0000 ip.src=0a010005 ip.dst=0a010001"
                                + " icmp.type=08 icmp.code=00 icmp.ident=01b2 icmp.seq=0007"),
                control(
                        "answer to a keepalive",
                        new EchoPacket(EchoPacket.Kind.REQUEST, HOME, HOME_AGENT, 0x1b2, 7, Octets.ofHex("cafe"))
                                .reply()
                                .encode()
                                .encode(),
                        "mip.type=04 mip.nattt.nexthdr=04 mip.nattt.reserved=0000 ip.src=0a010001 ip.dst=0a010005"
                                + " icmp.type=00 icmp.code=00 icmp.ident=01b2 icmp.seq=0007 data.data=cafe"),
                experimental("AGAIN", again(), "ff070000 00007ed9" + THE_REQUEST),
                control("what AGAIN repeats", again().slice(8), OF_THE_REQUEST + OF_MOBILE_HOME),
                experimental("RESCUED", rescued(), "ff010000 00007ed9 fedcba9876543210 00000003" + ECHO_REQUEST),
                new Example(
                        "what RESCUED carries",
                        new EthernetFrame(
                                MAC,
                                MAC,
                                EtherType.IPV4,
                                ByteBuffer.wrap(rescued().slice(20).toByteArray())),
                        "ip.ttl=40 ip.proto=01 ip.src=cb007102 ip.dst=0a010005 icmp.type=08 icmp.ident=0000"
                                + " icmp.seq=0000"),
                experimental(
                        "END",
                        new HandoverMessage.End(HANDOVER, 4).encode(ENTERPRISE),
                        "ff020000 00007ed9 fedcba9876543210 00000004"),
                experimental(
                        "REDIRECTED",
                        new HandoverMessage.Redirected(HANDOVER).encode(ENTERPRISE),
                        "ff030000 00007ed9 fedcba9876543210"),
                experimental(
                        "MARKER",
                        new HandoverMessage.Marker(HANDOVER).encode(ENTERPRISE),
                        "ff040000 00007ed9 fedcba9876543210"),
                experimental(
                        "HELD",
                        new HandoverMessage.Held(HANDOVER, 5).encode(ENTERPRISE),
                        "ff050000 00007ed9 fedcba9876543210 00000005"),
                experimental(
                        "FOLLOWED",
                        new HandoverMessage.Followed(HANDOVER, 6).encode(ENTERPRISE),
                        "ff060000 00007ed9 fedcba9876543210 00000006"),
                discovery(
                        "advertisement",
                        AgentDiscoveryCodec.encode(AgentAdvertisement.of(
                                16,
                                180,
                                List.of(new Router(CARE_OF, -1)),
                                List.of(new MobilityAgent(258, 600, 0x9140, List.of(CARE_OF)), PrefixLengths.of(24)))),
                        "icmp.type=09 icmp.code=10 icmp.num_addrs=01 icmp.addr_entry_size=02 icmp.lifetime=00b4"
                                + " icmp.router_address=c6336409 icmp.pref_level=ffffffff"
                                + " icmp.mip.type=10 icmp.mip.length=0a icmp.mip.seq=0102 icmp.mip.life=0258"
                                + " icmp.mip.flags=9140 icmp.mip.coa=c6336409"
                                + " icmp.mip.type=13 icmp.mip.length=01 icmp.mip.prefixlength=18"),
                discovery(
                        "advertisement of all that there is",
                        AgentDiscoveryCodec.encode(AgentAdvertisement.of(
                                0,
                                9000,
                                List.of(new Router(CARE_OF, 0), new Router(HOME_AGENT, 1)),
                                List.of(
                                        new MobilityAgent(0xffff, 0xffff, 0xffff, List.of(CARE_OF, HOME_AGENT)),
                                        new PrefixLengths(Octets.ofHex("1810")),
                                        new Padding()))),
                        "icmp.type=09 icmp.code=00 icmp.num_addrs=02 icmp.addr_entry_size=02 icmp.lifetime=2328"
                                + " icmp.router_address=c6336409 icmp.pref_level=00000000"
                                + " icmp.router_address=0a010001 icmp.pref_level=00000001"
                                + " icmp.mip.type=10 icmp.mip.length=0e icmp.mip.seq=ffff icmp.mip.life=ffff"
                                + " icmp.mip.flags=ffff icmp.mip.r=1 icmp.mip.b=1 icmp.mip.h=1 icmp.mip.f=1"
                                + " icmp.mip.m=1 icmp.mip.g=1 icmp.mip.v=1 icmp.mip.rt=1 icmp.mip.u=1 icmp.mip.x=1"
                                + " icmp.mip.coa=c6336409 icmp.mip.coa=0a010001"
                                + " icmp.mip.type=13 icmp.mip.length=02 icmp.mip.prefixlength=18"
                                + " icmp.mip.prefixlength=10 icmp.mip.type=00"),
                discovery(
                        "advertisement with a challenge",
                        AgentDiscoveryCodec.encode(AgentAdvertisement.of(
                                16,
                                180,
                                List.of(new Router(CARE_OF, 0)),
                                List.of(
                                        new MobilityAgent(258, 600, 0x9140, List.of(CARE_OF)),
                                        new AdvertisementExtension.Challenge(Octets.ofHex("01020304"))))),
                        "icmp.type=09 icmp.code=10 icmp.mip.type=10 icmp.mip.length=0a icmp.mip.seq=0102"
                                + " icmp.mip.type=18 icmp.mip.length=04 icmp.mip.challenge=01020304"),
                new Example(
                        "gratuitous ARP",
                        ArpPacket.gratuitous(ArpPacket.REQUEST, MAC, HOME.toInet())
                                .toFrame(MacAddress.BROADCAST),
                        "eth.dst=ffffffffffff eth.src=525400010050 arp.hw.type=0001 arp.proto.type=0800"
                                + " arp.hw.size=06 arp.proto.size=04 arp.opcode=0001 arp.isgratuitous="
                                + " arp.src.hw_mac=525400010050 arp.src.proto_ipv4=0a010005"
                                + " arp.dst.proto_ipv4=0a010005"),
                discovery(
                        "solicitation",
                        AgentDiscoveryCodec.encode(new AgentSolicitation()),
                        "icmp.type=0a icmp.code=00"));
    }

    @BeforeAll
    static void dissect(@TempDir Path directory) throws Exception {
        if (!Files.isExecutable(TSHARK)) {
            return;
        }
        var capture = directory.resolve("examples.pcap");
        write(capture);
        var tshark = new ProcessBuilder(TSHARK.toString(), "-n", "-r", capture.toString(), "-T", "pdml")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        var packets = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(tshark.getInputStream())
                .getElementsByTagName("packet");
        assertEquals(0, tshark.waitFor());
        var read = new ArrayList<List<String>>();
        for (int i = 0; i < packets.getLength(); i++) {
            read.add(fields((Element) packets.item(i)));
        }
        dissected = read;
    }

    @ParameterizedTest
    @MethodSource("examples")
    void wiresharkReads(Example example) {
        requireTshark();
        var read = dissected.get(names().indexOf(example.name()));
        var expected = List.of(example.fields().split(" "));

        assertEquals(expected, inOrder(expected, read), () -> "of " + read);
        assertTrue(
                example.isOfUnknownType() || read.stream().noneMatch(field -> field.startsWith("_ws.malformed")),
                () -> "malformed: " + read);
    }

    /** It may be missing where somebody only builds, and not where all tests are meant to run: as root, or in CI. */
    private static void requireTshark() {
        if (!Files.isExecutable(TSHARK)) {
            assertTrue(
                    !"root".equals(System.getProperty("user.name")) && System.getenv("CI") == null,
                    "tshark is not installed: nobody reads along");
            abort("tshark is not installed: nobody reads along");
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    @DisplayName("Pcap4J reads headers, checksums and payload")
    void pcap4jReads(Example example) throws Exception {
        var octets = octets(example.frame().toOctets());
        var frame = EthernetPacket.newPacket(octets, 0, octets.length);
        var read = frame.get(IpV4Packet.class);
        if (read == null) {
            var arp = frame.get(org.pcap4j.packet.ArpPacket.class).getHeader();
            assertEquals(HOME.toInet(), arp.getSrcProtocolAddr());
            assertEquals(HOME.toInet(), arp.getDstProtocolAddr());
            assertEquals(frame.getHeader().getSrcAddr(), arp.getSrcHardwareAddr());
            return;
        }
        assertTrue(read.getHeader().hasValidChecksum(true), "IPv4 header checksum");
        assertEquals(
                Ipv4Packet.parse(example.frame()).orElseThrow().ttl(),
                read.getHeader().getTtlAsInt());
        var udp = read.get(org.pcap4j.packet.UdpPacket.class);
        if (udp == null) {
            assertTrue(read.get(IcmpV4CommonPacket.class).hasValidChecksum(true), "ICMP checksum");
        } else {
            assertTrue(
                    udp.hasValidChecksum(
                            read.getHeader().getSrcAddr(), read.getHeader().getDstAddr(), true),
                    "UDP checksum");
            assertEquals(PORT, udp.getHeader().getDstPort().valueAsInt());
            assertEquals(FROM_PORT, udp.getHeader().getSrcPort().valueAsInt());
        }
    }

    @Test
    @DisplayName("what Pcap4J builds is read here")
    void readsWhatPcap4jBuilds() throws Exception {
        var message = Seal.encode(request(), MOBILE_HOME);
        var built = new IpV4Packet.Builder()
                .version(org.pcap4j.packet.namednumber.IpVersion.IPV4)
                .tos(org.pcap4j.packet.IpV4Rfc791Tos.newInstance((byte) 0))
                .ttl((byte) 255)
                .protocol(org.pcap4j.packet.namednumber.IpNumber.UDP)
                .srcAddr(HOME.toInet())
                .dstAddr(CARE_OF.toInet())
                .payloadBuilder(new org.pcap4j.packet.UdpPacket.Builder()
                        .srcPort(UdpPort.getInstance((short) FROM_PORT))
                        .dstPort(UdpPort.getInstance((short) PORT))
                        .srcAddr(HOME.toInet())
                        .dstAddr(CARE_OF.toInet())
                        .payloadBuilder(new UnknownPacket.Builder().rawData(message.toByteArray()))
                        .correctChecksumAtBuild(true)
                        .correctLengthAtBuild(true))
                .correctChecksumAtBuild(true)
                .correctLengthAtBuild(true)
                .build()
                .getRawData();

        assertEquals(
                Optional.of(udp(message)),
                Ipv4Packet.parse(ByteBuffer.wrap(built)).flatMap(UdpPacket::parse));
    }

    private static RegistrationRequest request(Extension... extensions) {
        var flags = Flags.BROADCAST_DATAGRAMS
                .plus(Flags.DECAPSULATION_BY_MOBILE_NODE)
                .plus(Flags.MINIMAL_ENCAPSULATION)
                .plus(Flags.GRE_ENCAPSULATION)
                .plus(Flags.REVERSE_TUNNELING);
        return new RegistrationRequest(flags, 300, HOME, HOME_AGENT, CARE_OF, ID, List.of(extensions));
    }

    private static RegistrationReply reply(Extension... extensions) {
        return new RegistrationReply(
                ReplyCode.HA_IDENTIFICATION_MISMATCH, 300, HOME, HOME_AGENT, ID, List.of(extensions));
    }

    private static Example control(String name, ControlMessage message, String fields) {
        return control(name, Seal.encode(message), fields);
    }

    private static Example control(String name, Octets message, String fields) {
        return new Example(name, udp(message).toIpv4().toFrame(MAC, MAC), fields);
    }

    /** A message of type 255, which Wireshark reads as far as the datagram's payload. */
    private static Example experimental(String name, Octets message, String octets) {
        return control(
                name, message, "ip.ttl=ff udp.srcport=9df2 udp.dstport=01b2 udp.payload=" + Octets.ofHex(octets));
    }

    private static Octets again() {
        return RepeatedRequest.encode(Seal.encode(request(), MOBILE_HOME), ENTERPRISE);
    }

    private static Octets rescued() {
        return new HandoverMessage.Rescued(HANDOVER, 3, Octets.ofHex(ECHO_REQUEST)).encode(ENTERPRISE);
    }

    private static UdpPacket udp(Octets message) {
        return new UdpPacket(
                HOME.toInet(), FROM_PORT, CARE_OF.toInet(), PORT, 255, ByteBuffer.wrap(message.toByteArray()));
    }

    private static Example discovery(String name, Octets icmp, String fields) {
        var payload = ByteBuffer.wrap(icmp.toByteArray());
        var all = Ipv4Address.ALL_SYSTEMS.toInet();
        var packet = Ipv4Packet.of(CARE_OF.toInet(), all, Ipv4Packet.ICMP, 1, payload);
        return new Example(name, packet.toFrame(MAC, MAC), fields);
    }

    private static List<String> names() {
        return examples().stream().map(Example::name).toList();
    }

    /** A capture of frames. */
    private static void write(Path file) throws Exception {
        try (var out = new DataOutputStream(Files.newOutputStream(file))) {
            out.writeInt(0xa1b2c3d4);
            out.writeShort(2);
            out.writeShort(4);
            out.writeLong(0);
            out.writeInt(0xffff);
            out.writeInt(1); // LINKTYPE_ETHERNET
            for (var example : examples()) {
                var octets = octets(example.frame().toOctets());
                out.writeLong(0);
                out.writeInt(octets.length);
                out.writeInt(octets.length);
                out.write(octets);
            }
        }
    }

    private static List<String> fields(Element packet) {
        var read = new ArrayList<String>();
        var fields = packet.getElementsByTagName("field");
        for (int i = 0; i < fields.getLength(); i++) {
            var field = (Element) fields.item(i);
            read.add(field.getAttribute("name") + "=" + field.getAttribute("value"));
        }
        return read;
    }

    /** As many of {@code expected}, from the first on, as come in this order. */
    private static List<String> inOrder(List<String> expected, List<String> read) {
        var found = new ArrayList<String>();
        for (var field : read) {
            if (found.size() < expected.size() && field.equals(expected.get(found.size()))) {
                found.add(field);
            }
        }
        return found;
    }

    private static byte[] octets(ByteBuffer buffer) {
        var bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private static Seal seal(Kind kind, int spi, Algorithm algorithm) {
        var key = new Key(Octets.ofHex("00112233445566778899aabbccddeeff"));
        return new Seal(kind, new SecurityAssociation(spi, key, algorithm, SecurityAssociation.DEFAULT_TOLERANCE));
    }
}
