package org.mooring.conformance.fuzz;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.mooring.linux.packet.ArpPacket;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.wire.AgentDiscoveryCodec;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.TunnelData;
import org.mooring.qmp.QmpDecoder;
import org.mooring.runtime.udp.IcmpErrorDecoder;

/** What reads octets that anybody may have sent. */
enum Decoder {
    REGISTRATION(
            "010202580a0100050a010001c6336409e8b41f001234abcd2014000001006d9cdd3a7074904613bd3e721a28c7e7",
            "0300003c0a0100050a010001e8b41f001234abcd8303 614062 2c060000000000 6e201400000100d7642bd5c6a09b3e7a045a9363067d1c",
            "0122012c0a0100050a010001c000024de8b41f001234abcd 00 26000010 00007ed9 0001 fedcba9876543210003c"
                    + "860800000000 7ed90003 9308 02 01 525400010050 2401 0006 00000200 abcd",
            "0122012c0a0100050a010001c000024de8b41f001234abcd 8200 8906 8000 65a1b2c3 8b05 01 0a010001 9006 00 00 c0 2f 0000",
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
    TUNNEL_DATA("040400004500001c00010000400100000a0100050a010001") {
        @Override
        boolean accepts(Octets octets) {
            var decoded = TunnelData.decode(octets);
            decoded.ifPresent(data -> requireSame(octets, data.encode()));
            return decoded.isPresent();
        }
    },
    HANDOVER_MESSAGE(
            "ff010000 00007ed9 fedcba9876543210 01020304 45000015 00010000 40110000 cb007102 0a010032 ff",
            "ff020000 00007ed9 fedcba9876543210 00000003",
            "ff030000 00007ed9 fedcba9876543210",
            "ff040000 00007ed9 fedcba9876543210") {
        /** Two octets are reserved: they are ignored, and sent as zero. */
        @Override
        boolean accepts(Octets octets) {
            var decoded = HandoverMessage.decode(octets, ENTERPRISE);
            decoded.ifPresent(message -> {
                var encoded = message.encode(ENTERPRISE);
                requireSame(octets.slice(0, 2), encoded.slice(0, 2));
                requireSame(octets.slice(4), encoded.slice(4));
            });
            return decoded.isPresent();
        }
    },
    FRAME(
            "020000010002525400010050080045000020000100004011 66c3 0a0100050a0200028000 01b2 000c 0000 01020304",
            "ffffffffffff52540001005008060001080006040001525400010050 0a010005 000000000000 0a010001") {
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
    QMP(
            text(
                    "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 2, \"major\": 7}}, \"capabilities\": []}}"),
            text("{\"event\": \"STOP\", \"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"data\": {\"a\": [1]}}"),
            text("{\"return\": {}, \"id\": 7}"),
            text("{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}, \"id\": 7}")) {
        @Override
        boolean accepts(Octets octets) {
            return QmpDecoder.accepts(new String(octets.toByteArray(), StandardCharsets.UTF_8));
        }
    };

    private static final int ENTERPRISE = HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

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

    private static void requireSame(Object received, Object encoded) {
        if (!received.equals(encoded)) {
            throw new AssertionError(received + " was received, and is encoded as " + encoded);
        }
    }

    private static String text(String json) {
        return Octets.of(json.getBytes(StandardCharsets.UTF_8)).toString();
    }

    private static Octets withChecksum(Octets icmp) {
        if (icmp.length() < 4) {
            return icmp;
        }
        int sum = 0;
        for (int at = 0; at < icmp.length(); at++) {
            int octet = at == 2 || at == 3 ? 0 : icmp.unsignedByte(at);
            sum += at % 2 == 0 ? octet << 8 : octet;
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return icmp.slice(0, 2)
                .concat(Octets.of((byte) (~sum >>> 8), (byte) ~sum))
                .concat(icmp.slice(4));
    }
}
