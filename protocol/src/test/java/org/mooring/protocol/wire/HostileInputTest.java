package org.mooring.protocol.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Extension.NormalVendorSpecific;

@DisplayName("Decoders return a value for whatever arrives")
class HostileInputTest {
    private static final long SEED = 3344;
    private static final int MUTANTS = 20_000;
    private static final int ENTERPRISE = HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

    /** What an extension of two octets, or one, becomes: a few objects. */
    private static final int MOST_FOR_ONE_OCTET = 64;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0122012c0a0100050a010001c000024de8b41f001234abcd2014000001009500c0b02dc5147768933d3f2e5372ad",
                "0300012c0a0100050a010001e8b41f001234abcd201400000100f899cea4cdc72f2f9fdeb36531ab4efe",
                "0122012c0a0100050a010001c000024de8b41f001234abcd240100140000020062d9ffd899645abd8be915dd3d25432c",
                "010202580a0100050a010001c6336409e8b41f001234abcd2014000001006d9cdd3a7074904613bd3e721a28c7e7"
                        + "2214000010017b3961d205a98242e85cb03ac3b0badd",
                "0122003c000000000a010001c000024de8b41f001234abcd8313766d343240736974652d612e6578616d706c65"
                        + "900600008000000020140000010030b18ee8c316e61f9a17697fb100689b",
                "0300003c0a0100050a010001e8b41f001234abcd8313766d343240736974652d612e6578616d706c65"
                        + "2c0600008000006e201400000100d7642bd5c6a09b3e7a045a9363067d1c",
                "0122012c0a0100050a010001c000024de8b41f001234abcd 00 2600 0009 0000a1b2 0007 010203"
                        + "8609 0000 0000a1b2 0007 01 9308 02 01 525400010050 2401 0014 00000200 62d9ffd899645abd8be915dd3d25432c",
                "0122012c0a0100050a010001c000024de8b41f001234abcd"
                        + "8200 8907 8000 65a1b2c3 00 8b05 01 0a010001 9006 00 00 c0 2f 0000",
                "0122012c0a0100050a010001c000024de8b41f001234abcd" + "2f01 0001 01 8b01 0004 0a010001 00 8404 01020304",
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
                "09000000010207080a010001000000001006 0001 0708 1100 180401020304",
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ff010000 00007ed9 fedcba9876543210 01020304 45000015 00010000 40110000 cb007102 0a010032 ff",
                "ff020000 00007ed9 fedcba9876543210 00000003",
                "ff030000 00007ed9 fedcba9876543210",
                "ff040000 00007ed9 fedcba9876543210"
            })
    void messagesBesideRegistrationAreEncodedBackButForTheReservedOctets(String vector) {
        var original = Octets.ofHex(vector);
        int accepted = 0;
        for (int i = 0; i < MUTANTS; i++) {
            long seed = SEED + i;
            var mutant = mutate(original, new Random(seed));
            var decoded = HandoverMessage.decode(mutant, ENTERPRISE);
            if (decoded.isPresent()) {
                accepted++;
                var reserved = mutant.slice(2, 4);
                var encoded = decoded.get().encode(ENTERPRISE);
                assertEquals(
                        mutant, encoded.slice(0, 2).concat(reserved).concat(encoded.slice(4)), () -> "seed " + seed);
            }
        }
        assertTrue(accepted > MUTANTS / 50, "too few mutants were accepted for this to mean anything: " + accepted);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2600 0010 00007ed9 0001 fedcba9876543210003c",
                "860c 0000 00007ed9 0002 c6336402",
                "8608 0000 00007ed9 0003",
                "8616 0000 00007ed9 0004 fedcba9876543210c6336402003c",
                "8610 0000 00007ed9 0005 fedcba9876543210",
                "8610 0000 00007ed9 0006 fedcba9876543210",
                "8610 0000 00007ed9 0007 e8b41f001234abcd"
            })
    void whatTheVendorExtensionsSayIsEncodedBackExactly(String vector) {
        var request = Octets.ofHex("0122012c0a0100050a010001c000024de8b41f001234abcd");
        var original = Octets.ofHex(vector);
        int understood = 0;
        for (int i = 0; i < MUTANTS; i++) {
            long seed = SEED + i;
            if (RegistrationCodec.decode(request.concat(mutate(original, new Random(seed))))
                    instanceof Decoded.Message message) {
                for (var extension : message.message().extensions()) {
                    var said = HandoverExtension.of(extension, ENTERPRISE);
                    if (said.isPresent()) {
                        understood++;
                        assertEquals(
                                withoutReserved(extension), said.get().toExtension(ENTERPRISE), () -> "seed " + seed);
                    }
                }
            }
        }
        assertTrue(understood > MUTANTS / 50, "too few were understood for this to mean anything: " + understood);
    }

    private static Extension withoutReserved(Extension extension) {
        return extension instanceof CriticalVendorSpecific critical
                ? new CriticalVendorSpecific(critical.vendor(), critical.vendorType(), critical.value())
                : extension instanceof NormalVendorSpecific normal
                        ? new NormalVendorSpecific(normal.vendor(), normal.vendorType(), normal.value())
                        : extension;
    }

    @ParameterizedTest(name = "{0} octets of {1}")
    @CsvSource({
        "65507, 00", // each octet an extension
        "65507, c800", // the shortest with a header
        "65507, c8ff",
        "65507, 26000006000000010001",
        "65507, 8300",
        "24, 00",
        "40, 200400000100"
    })
    void decodingTakesNoMoreThanASmallMultipleOfTheDatagram(int length, String repeated) {
        var hex =
                "0122012c0a0100050a010001c000024de8b41f001234abcd" + repeated.repeat(length / (repeated.length() / 2));
        var datagram = Octets.ofHex(hex.substring(0, 2 * length));
        RegistrationCodec.decode(datagram);

        long allocated = allocated(() -> RegistrationCodec.decode(datagram));

        assertTrue(
                allocated < (long) MOST_FOR_ONE_OCTET * length + 4096,
                () -> "%d octets for a datagram of %d".formatted(allocated, length));
    }

    private static long allocated(Runnable what) {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        what.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
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
