package org.mooring.protocol.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.protocol.handover.HandoverMessage.End;
import org.mooring.protocol.handover.HandoverMessage.Followed;
import org.mooring.protocol.handover.HandoverMessage.Held;
import org.mooring.protocol.handover.HandoverMessage.Marker;
import org.mooring.protocol.handover.HandoverMessage.Redirected;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;

/** docs/handover.md, "Messages beside registration". */
class HandoverMessageTest {
    private static final int ENTERPRISE = HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;
    private static final HandoverId ID = new HandoverId(0xfedcba9876543210L);

    /** Of 21 octets, UDP, from 203.0.113.2 to 10.1.0.50. */
    private static final String PACKET = "45000015 00010000 40110000 cb007102 0a010032 ff";

    private static final String HEADER_REST = "0000 00007ed9 fedcba9876543210";

    static Stream<List<Object>> messages() {
        return Stream.of(
                List.of(new Rescued(ID, 0x01020304, Octets.ofHex(PACKET)), "ff01" + HEADER_REST + "01020304" + PACKET),
                List.of(new End(ID, 3), "ff02" + HEADER_REST + "00000003"),
                List.of(new Redirected(ID), "ff03" + HEADER_REST),
                List.of(new Marker(ID), "ff04" + HEADER_REST),
                List.of(new Held(ID, 4711), "ff05" + HEADER_REST + "00001267"),
                List.of(new Followed(ID, 4712), "ff06" + HEADER_REST + "00001268"));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void hasItsOctetsAndIsReadFromThem(List<Object> row) {
        var message = (HandoverMessage) row.get(0);
        var octets = Octets.ofHex((String) row.get(1));

        assertEquals(octets, message.encode(ENTERPRISE));
        assertEquals(Optional.of(message), HandoverMessage.decode(octets, ENTERPRISE));
        assertTrue(HandoverMessage.isOne(octets));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void isNoneIfItIsLongerShorterOrAnotherEnterprises(List<Object> row) {
        var octets = Octets.ofHex((String) row.get(1));

        assertEquals(Optional.empty(), HandoverMessage.decode(octets.concat(Octets.ofHex("00")), ENTERPRISE));
        assertEquals(Optional.empty(), HandoverMessage.decode(octets, ENTERPRISE + 1));
        for (int length = 0; length < octets.length(); length++) {
            assertEquals(Optional.empty(), HandoverMessage.decode(octets.slice(0, length), ENTERPRISE));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"00", "05", "ff"})
    void isNoneOfAnotherKind(String kind) {
        assertEquals(Optional.empty(), HandoverMessage.decode(Octets.ofHex("ff" + kind + HEADER_REST), ENTERPRISE));
    }

    @Test
    void reservedOctetsAreIgnored() {
        var octets = Octets.ofHex("ff04 beef 00007ed9 fedcba9876543210");

        assertEquals(Optional.of(new Marker(ID)), HandoverMessage.decode(octets, ENTERPRISE));
    }

    @Test
    void tellsWhereARescuedPacketGoes() {
        assertEquals(Ipv4Address.of("10.1.0.50"), new Rescued(ID, 0, Octets.ofHex(PACKET)).destination());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "65000015 00010000 40110000 cb007102 0a010032 ff", // of version 6
                "44000015 00010000 40110000 cb007102 0a010032 ff", // a header of 16 octets
                "46000015 00010000 40110000 cb007102 0a010032 ff", // a header longer than the packet
                "45000014 00010000 40110000 cb007102 0a010032 ff", // a link's padding behind it
                "45000016 00010000 40110000 cb007102 0a010032 ff", // cut short
                "45000013 00010000 40110000 cb007102 0a0100" // no whole header
            })
    void rescuesOneWholePacketAndNothingElse(String packet) {
        var octets = Octets.ofHex("ff01" + HEADER_REST + "00000000" + packet);

        assertEquals(Optional.empty(), HandoverMessage.decode(octets, ENTERPRISE));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "45000014 00010000 40110000 cb007102 0a010032", // a header alone
                "46000018 00010000 40110000 cb007102 0a010032 01010101" // one with options
            })
    void rescuesPacketsThatAreTheShortest(String packet) {
        var octets = Octets.ofHex("ff01" + HEADER_REST + "00000000" + packet);

        assertEquals(Optional.of(new Rescued(ID, 0, Octets.ofHex(packet))), HandoverMessage.decode(octets, ENTERPRISE));
    }

    @Test
    void rescuesThePacketsThatAreTheLongest() {
        // As a datagram has 65,507 octets at most, so has the packet 65,487.
        var packet = new byte[65_487];
        packet[0] = 0x45;
        packet[2] = (byte) 0xff;
        packet[3] = (byte) 0xcf;
        var rescued = new Rescued(ID, 0, Octets.of(packet));

        var octets = rescued.encode(ENTERPRISE);

        assertEquals(65_507, octets.length());
        assertEquals(Optional.of(rescued), HandoverMessage.decode(octets, ENTERPRISE));
    }

    @Test
    void isNoRegistrationMessage() {
        var octets = new Marker(ID).encode(ENTERPRISE);

        assertEquals(new Decoded.Undecodable(Decoded.Reason.UNKNOWN_MESSAGE_TYPE, 0), RegistrationCodec.decode(octets));
        assertFalse(HandoverMessage.isOne(Octets.ofHex("01")));
        assertFalse(HandoverMessage.isOne(Octets.EMPTY));
    }

    @Test
    void noOctetsAreTooStrange() {
        var random = new Random(1);
        for (int round = 0; round < 100_000; round++) {
            var bytes = new byte[random.nextInt(64)];
            random.nextBytes(bytes);
            var header = Octets.ofHex("ff0" + (1 + random.nextInt(4)) + HEADER_REST);
            var octets = header.concat(Octets.of(bytes));

            HandoverMessage.decode(octets, ENTERPRISE)
                    .ifPresent(message -> assertEquals(octets, message.encode(ENTERPRISE)));
        }
    }
}
