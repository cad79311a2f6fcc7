package org.mooring.conformance.fuzz;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.mooring.datapath.TunnelDecoder;
import org.mooring.datapath.TunnelErrorDecoder;
import org.mooring.hook.daemon.ControlledGuest;
import org.mooring.linux.packet.ArpPacket;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.RepeatedRequest;
import org.mooring.protocol.nat.EchoPacket;
import org.mooring.protocol.wire.AgentDiscoveryCodec;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.TunnelData;
import org.mooring.qmp.QmpDecoder;
import org.mooring.runtime.control.ControlConnection;
import org.mooring.runtime.udp.IcmpErrorDecoder;

/** What reads octets that anybody may have sent. */
enum Decoder {
    REGISTRATION(
            "010202580a0100050a010001c6336409e8b41f001234abcd2014000001006d9cdd3a7074904613bd3e721a28c7e7",
            "0300003c0a0100050a010001e8b41f001234abcd8303 614062 2c060000000000"
                    + " 6e201400000100d7642bd5c6a09b3e7a045a9363067d1c",
            "0122012c0a0100050a010001c000024de8b41f001234abcd 00 26000010 00007ed9 0001 fedcba9876543210003c"
                    + "860800000000 7ed90003 9308 02 01 525400010050 2401 0014 00000200 62d9ffd899645abd8be915dd3d25432c",
            "0122012c0a0100050a010001c000024de8b41f001234abcd 8200 8906 8000 65a1b2c3 8b05 01 0a010001 9006 00 00 c0"
                    + " 2f 0000",
            "0122012c0a0100050a010001c000024de8b41f001234abcd 2f01 0001 01 8b01 0004 0a010001 00 8404 01020304",
            "070080000a0100050a010001c633640965a1b2c322140000100135b7632b735257755ead06d148692ffc",
            "0f0000000a01000565a1b2c32214000010018467947a62340f36d5446654898fbbe3") {
        @Override
        boolean accepts(Octets octets) {
            if (!(RegistrationCodec.decode(octets) instanceof Decoded.Message message)) {
                return false;
            }
            requireSame(octets, RegistrationCodec.encode(message.message()));
            for (var extension : message.message().extensions()) {
                HandoverExtension.of(extension, ENTERPRISE)
                        .ifPresent(said -> requireSame(
                                said.value(),
                                HandoverExtension.of(said.toExtension(ENTERPRISE), ENTERPRISE)
                                        .orElseThrow()
                                        .value()));
            }
            return true;
        }
    },
    AGENT_DISCOVERY(
            "0900d3010102001ec633640900000000100a000002589100c633640913011800",
            "09000000020307080a010001000000010000abcd0a010002ffffffff0000abcd"
                    + "100e ffff ffff ffe0 c6336409 c633640a 00 13021820 8802 03 61",
            "0a00f5ff01020304ff00") {
        /** The checksum is made right: nothing would be accepted otherwise. */
        @Override
        boolean accepts(Octets octets) {
            var icmp = withChecksum(octets);
            var decoded = AgentDiscoveryCodec.decode(icmp);
            decoded.ifPresent(message -> requireSame(icmp, AgentDiscoveryCodec.encode(message)));
            return decoded.isPresent();
        }
    },
    /** Also the other two forms of vector V17. */
    TUNNEL_DATA(
            "040400004500001c00010000400100000a0100050a010001",
            "042f0000 00000800 4500001c00010000400100000a0100050a010001",
            "04370000 1100e4f90a010005") {
        @Override
        boolean accepts(Octets octets) {
            var decoded = TunnelData.decode(octets);
            decoded.ifPresent(data -> requireSame(octets, data.encode()));
            return decoded.isPresent();
        }
    },
    KEEPALIVE("040400004500001c000000004001 66da 0a0100050a010001 0800f64c01b20001") {
        /** The checksums are made right: nothing would be accepted otherwise. */
        @Override
        boolean accepts(Octets octets) {
            var header = withChecksum(octets, TUNNEL_DATA_HEADER, IP_HEADER, 10);
            var icmp = TUNNEL_DATA_HEADER + IP_HEADER;
            var decoded = TunnelData.decode(withChecksum(header, icmp, octets.length() - icmp, 2))
                    .flatMap(EchoPacket::decode);
            decoded.ifPresent(
                    echo -> requireSame(echo, EchoPacket.decode(echo.encode()).orElseThrow()));
            return decoded.isPresent();
        }
    },
    HANDOVER_MESSAGE(
            "ff010000 00007ed9 fedcba9876543210 01020304 45000015 00010000 40110000 cb007102 0a010032 ff",
            "ff020000 00007ed9 fedcba9876543210 00000003",
            "ff030000 00007ed9 fedcba9876543210",
            "ff040000 00007ed9 fedcba9876543210",
            "ff070000 00007ed9 010203") {
        /** Two octets are reserved: they are ignored, and sent as zero. */
        @Override
        boolean accepts(Octets octets) {
            var decoded = HandoverMessage.decode(octets, ENTERPRISE);
            decoded.ifPresent(message -> {
                var encoded = message.encode(ENTERPRISE);
                requireSame(octets.slice(0, 2), encoded.slice(0, 2));
                requireSame(octets.slice(4), encoded.slice(4));
            });
            var repeated = RepeatedRequest.decode(octets, ENTERPRISE);
            repeated.ifPresent(request -> requireSame(
                    octets.slice(4), RepeatedRequest.encode(request, ENTERPRISE).slice(4)));
            return decoded.isPresent() || repeated.isPresent();
        }
    },
    /** The last two are vectors V19 and V20. */
    FRAME(
            "020000010002525400010050080045000020000100004011 66c3 0a0100050a0200028000 01b2 000c 0000 01020304",
            "ffffffffffff52540001005008060001080006040001525400010050 0a010005 000000000000 0a010001",
            "ffffffffffff0200000000a1080600010800060400010200000000a10a0100050000000000000a010005",
            "ffffffffffff0200000000a108060001080006040001525400aabbcc0a0100050000000000000a010005") {
        @Override
        boolean accepts(Octets octets) {
            var frame = EthernetFrame.parse(ByteBuffer.wrap(octets.toByteArray()));
            var udp = frame.flatMap(Ipv4Packet::parse).flatMap(UdpPacket::parse);
            udp.ifPresent(datagram ->
                    requireSame(datagram, UdpPacket.parse(datagram.toIpv4()).orElseThrow()));
            var arp = frame.flatMap(ArpPacket::parse);
            arp.ifPresent(packet -> requireSame(
                    packet, ArpPacket.parse(packet.toFrame(packet.senderMac())).orElseThrow()));
            return udp.isPresent() || arp.isPresent();
        }
    },
    ICMP_ERROR("4500003c00010000400146890a010001c6336402 0300000000000000"
            + "4500002000010000401100 00c63364020a01000101b201b2000c0000 01020304") {
        @Override
        boolean accepts(Octets octets) {
            return Ipv4Packet.parse(ByteBuffer.wrap(octets.toByteArray()))
                    .flatMap(IcmpErrorDecoder::parse)
                    .isPresent();
        }
    },
    TUNNEL_ERROR(
            "0b000000000000004500003000010000400400000a0100 01c6336409"
                    + "4500001c00010000401100 00cb0071050a0100050fa00fa000080000",
            "030400000000057845000030000100004037 00000a010001c6336409"
                    + "1180e4f90a010005cb0071050fa00fa00008000000000000",
            "030100000000000045000034000100004011 00000a010001c6336409"
                    + "01b201b20020000004040000 4500001c00010000401100 00cb0071050a0100050fa00fa000080000") {
        @Override
        boolean accepts(Octets octets) {
            var told = TunnelErrorDecoder.told(
                    ByteBuffer.wrap(octets.toByteArray()),
                    Ipv4Address.of("10.1.0.1").toInet());
            told.ifPresent(icmp -> {
                var message = Octets.copyOf(icmp);
                requireSame(message, withChecksum(message));
            });
            return told.isPresent();
        }
    },
    /** The last three are behind the headers of vectors V15, V16 and V18. */
    TUNNEL(
            "450000340000000040048e8ec6336402c00002024500002000000000401134980a010032cb0071020fa00fa0000c000001020304",
            "450000340000000040048e8ec6336402c0000202450000200000000040113498cb0071020a0100320fa00fa0000c000001020304",
            "4500003c00000000402f8e5bc6336402c00002028000080054ad00004500002000000000401134980a010032cb0071020fa00fa0000c000001020304",
            "4500002c0000000040378e63c6336402c00002021180a849cb0071020a0100320fa00fa0000c000001020304",
            "4500002c0000000040378e63c6336402c00002021180a8490a010032cb0071020fa00fa0000c000001020304",
            "450000400000000040118e75c6336402c000020201b201b2002c0000040400004500002000000000401134980a010032cb0071020fa00fa0000c000001020304",
            "45000034000000004004ae910a010032c00002024500002000000000401134980a010032cb0071020fa00fa0000c000001020304",
            "450000340000000040378e5bc6336402c0000202 0680b3700a010005cb007108 13899c400000000100000007501001f400000000",
            "450000280000000040378e67c6336402c0000202 1100e4f90a010005 0fa00fa0000c000001020304",
            "4500003800000000402f8e5fc6336402c0000202 00000800 4500002000000000401134980a010032cb0071020fa00fa0000c000001020304") {
        @Override
        boolean accepts(Octets octets) {
            return TunnelDecoder.takes(ByteBuffer.wrap(octets.toByteArray()));
        }
    },
    SEGMENTS(
            "0030450000300000000040063493cb0071020a01003213899c400000000100000007501001f4324c000061616161616161610030450000300000000040063493cb0071020a01003213899c400000000900000007501001f42e4000006262626262626262002c4500002c0000000040063497cb0071020a01003213899c400000001100000007501801f4f0f6000063636363") {
        @Override
        boolean accepts(Octets octets) {
            return TunnelDecoder.coalesces(ByteBuffer.wrap(octets.toByteArray()));
        }
    },
    CONTROL_REQUEST(
            lines(
                    "POST /guests/web/events HTTP/1.1",
                    "Content-Length: 39",
                    "",
                    "{\"phase\": \"leaving\", \"tap\": \"tap-web0\"}"),
            lines(
                    "POST /guests/web/events?a=b HTTP/1.1",
                    "Transfer-Encoding: chunked",
                    "",
                    "13",
                    "{\"phase\": \"stopped\"",
                    "1",
                    "}",
                    "0",
                    "",
                    ""),
            lines("GET /health HTTP/1.1", "", "")) {
        @Override
        boolean accepts(Octets octets) {
            return new ControlConnection(ControlledGuest.routes())
                    .answer(octets.toByteArray())
                    .startsWith("HTTP/1.1 200");
        }

        @Override
        List<Octets> floods() {
            return Stream.of(
                            "GET / HTTP/1.1\r\n",
                            "GET / HTTP/1.1\r\n\r\n",
                            "POST /guests/web/events HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n0\r\n\r\n")
                    .map(Decoder::octets)
                    .toList();
        }
    },
    QMP(
            text("{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 2, \"major\": 7}}, \"capabilities\":"
                    + " []}}"),
            text("{\"event\": \"STOP\", \"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"data\": {\"a\": [1]}}"),
            text("{\"return\": {}, \"id\": 7}"),
            text("{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}, \"id\": 7}")) {
        @Override
        boolean accepts(Octets octets) {
            return QmpDecoder.accepts(new String(octets.toByteArray(), StandardCharsets.UTF_8));
        }

        @Override
        List<Octets> floods() {
            return Stream.of("[", "[[],", "{\"\":", "9", "\\u0000", "\"", " ")
                    .map(Decoder::octets)
                    .toList();
        }
    };

    private static final int ENTERPRISE = HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;
    private static final int TUNNEL_DATA_HEADER = 4;
    private static final int IP_HEADER = 20;

    /** In hexadecimal, one a line. */
    private final String examples;

    Decoder(String... examples) {
        this.examples = String.join("\n", examples);
    }

    /** Octets that it accepts. */
    List<Octets> examples() {
        return examples.lines().map(Octets::ofHex).toList();
    }

    /**
     * Whether {@code octets} are accepted. If they are, they come back from the encoder, if there is one.
     *
     * @throws AssertionError if they don't
     */
    abstract boolean accepts(Octets octets);

    /** What may be dear if there is more and more of it, beside what the examples have. */
    List<Octets> floods() {
        return List.of();
    }

    private static void requireSame(Object received, Object encoded) {
        if (!received.equals(encoded)) {
            throw new AssertionError(received + " was received, and is encoded as " + encoded);
        }
    }

    private static String text(String json) {
        return octets(json).toString();
    }

    private static Octets octets(String text) {
        return Octets.of(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String lines(String... lines) {
        return text(String.join("\r\n", lines));
    }

    private static Octets withChecksum(Octets icmp) {
        return withChecksum(icmp, 0, icmp.length(), 2);
    }

    /** With a checksum over {@code length} octets from {@code from} on that is right, and stands {@code at} octets behind that. */
    private static Octets withChecksum(Octets octets, int from, int length, int at) {
        if (length < at + 2 || octets.length() < from + length) {
            return octets;
        }
        int sum = 0;
        for (int i = 0; i < length; i++) {
            int octet = i == at || i == at + 1 ? 0 : octets.unsignedByte(from + i);
            sum += i % 2 == 0 ? octet << 8 : octet;
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return octets.slice(0, from + at)
                .concat(Octets.of((byte) (~sum >>> 8), (byte) ~sum))
                .concat(octets.slice(from + at + 2));
    }
}
