package org.mooring.protocol.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Decoders return a value for whatever arrives")
class HostileInputTest {
    private static final long SEED = 3344;
    private static final int MUTANTS = 20_000;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "010202580a0100050a010001c6336409e8b41f001234abcd2014000001006d9cdd3a7074904613bd3e721a28c7e7"
                        + "2214000010017b3961d205a98242e85cb03ac3b0badd",
                "0122003c000000000a010001c000024de8b41f001234abcd8313766d343240736974652d612e6578616d706c65"
                        + "900600008000000020140000010030b18ee8c316e61f9a17697fb100689b",
                "0300003c0a0100050a010001e8b41f001234abcd8313766d343240736974652d612e6578616d706c65"
                        + "2c0600008000006e201400000100d7642bd5c6a09b3e7a045a9363067d1c",
                "0122012c0a0100050a010001c000024de8b41f001234abcd 00 2600 0009 0000a1b2 0007 010203"
                        + "8609 0000 0000a1b2 0007 01 9308 02 01 525400010050 2401 0006 00000200 abcd",
                "0122012c0a0100050a010001c000024de8b41f001234abcd"
                        + "8200 8907 8000 65a1b2c3 00 8b05 01 0a010001 9006 00 00 c0 2f 0000",
                "010000000a0100050a0100010a010005e8b42000deadbeef2014000001008aa8b24378df0b9ae022123a7c3715fa",
                "0385012c0a0100050a010001e8b41f5a1234abcd201400000100548e5150299bd368c68101c2e6c36dd8",
                "070080000a0100050a010001c633640965a1b2c322140000100135b7632b735257755ead06d148692ffc",
                "0f0000000a01000565a1b2c32214000010018467947a62340f36d5446654898fbbe3"
            })
    void whatIsAcceptedIsEncodedBackExactly(String vector) {
        var original = Octets.ofHex(vector);
        assertInstanceOf(Decoded.Message.class, RegistrationCodec.decode(original));
        int accepted = 0;
        for (int i = 0; i < MUTANTS; i++) {
            long seed = SEED + i;
            var mutant = mutate(original, new Random(seed));
            if (RegistrationCodec.decode(mutant) instanceof Decoded.Message message) {
                accepted++;
                assertEquals(mutant, RegistrationCodec.encode(message.message()), () -> "seed " + seed);
            }
        }
        assertTrue(accepted > MUTANTS / 20, "too few mutants were accepted for this to mean anything: " + accepted);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0900d3010102001ec633640900000000100a000002589100c633640913011800",
                "09000000020307080a010001000000010000abcd0a010002ffffffff0000abcd"
                        + "100e ffff ffff ffe0 c6336409 c633640a 00 13021820 8802 03 61",
                "09100000000200001006000000002000",
                "0a00f5ff00000000",
                "0a00f5ff01020304ff00"
            })
    void whatIsAcceptedOfAgentDiscoveryIsEncodedBackExactly(String vector) {
        var original = Octets.ofHex(vector);
        int accepted = 0;
        for (int i = 0; i < MUTANTS; i++) {
            long seed = SEED + i;
            var mutant = withChecksum(mutate(original, new Random(seed)));
            var decoded = AgentDiscoveryCodec.decode(mutant);
            if (decoded.isPresent()) {
                accepted++;
                assertEquals(mutant, AgentDiscoveryCodec.encode(decoded.get()), () -> "seed " + seed);
            }
        }
        assertTrue(accepted > MUTANTS / 20, "too few mutants were accepted for this to mean anything: " + accepted);
    }

    @Test
    void tunnelDataIsEncodedBackExactly() {
        var original = Octets.ofHex("040400004500001c00010000400100000a0100050a010001");
        for (int i = 0; i < MUTANTS; i++) {
            var mutant = mutate(original, new Random(SEED + i));
            TunnelData.decode(mutant).ifPresent(data -> assertEquals(mutant, data.encode()));
        }
    }

    /** Flips bits, cuts, extends or repeats, one to four times. */
    private static Octets mutate(Octets original, Random random) {
        var octets = original.toByteArray();
        for (int times = 1 + random.nextInt(4); times > 0; times--) {
            int at = octets.length == 0 ? 0 : random.nextInt(octets.length);
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    if (octets.length > 0) {
                        octets[at] = (byte) (octets[at] ^ (1 << random.nextInt(8)));
                    }
                }
                case 2 -> octets = Arrays.copyOf(octets, at);
                case 3 -> {
                    int end = octets.length;
                    octets = Arrays.copyOf(octets, end + 1 + random.nextInt(8));
                    for (int i = end; i < octets.length; i++) {
                        octets[i] = (byte) random.nextInt();
                    }
                }
                default ->
                    octets = Octets.of(octets)
                            .concat(Octets.of(octets).slice(at))
                            .toByteArray();
            }
        }
        return Octets.of(octets);
    }

    /** Mutants would all fail at the checksum otherwise. */
    static Octets withChecksum(Octets icmp) {
        if (icmp.length() < 4) {
            return icmp;
        }
        int sum = 0;
        for (int at = 0; at < icmp.length(); at++) {
            int octet = List.of(2, 3).contains(at) ? 0 : icmp.unsignedByte(at);
            sum += at % 2 == 0 ? octet << 8 : octet;
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return icmp.slice(0, 2)
                .concat(Octets.of((byte) (~sum >>> 8), (byte) ~sum))
                .concat(icmp.slice(4));
    }
}
