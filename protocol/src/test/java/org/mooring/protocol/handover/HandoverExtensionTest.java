package org.mooring.protocol.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.handover.HandoverExtension.Clock;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Extension.NormalVendorSpecific;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/** docs/handover.md, "Octets". */
class HandoverExtensionTest {
    private static final int ENTERPRISE = HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;
    private static final HandoverId ID = new HandoverId(0xfedcba9876543210L);
    private static final Ipv4Address CARE_OF = Ipv4Address.of("198.51.100.2");

    static Stream<List<Object>> values() {
        return Stream.of(
                List.of(new Prepare(ID, 60), "fedcba9876543210003c"),
                List.of(new Previous(CARE_OF), "c6336402"),
                List.of(new Arm(), ""),
                List.of(new Staged(ID, CARE_OF, 60), "fedcba9876543210c6336402003c"),
                List.of(new Commit(ID), "fedcba9876543210"),
                List.of(new Abort(ID), "fedcba9876543210"),
                List.of(new Clock(Identification.of(0xe8b41f00, 0x1234abcd)), "e8b41f001234abcd"));
    }

    @ParameterizedTest
    @MethodSource("values")
    void hasItsOctetsAndIsReadFromThem(List<Object> row) {
        var extension = (HandoverExtension) row.get(0);

        assertEquals(Octets.ofHex((String) row.get(1)), extension.value());
        assertEquals(Optional.of(extension), HandoverExtension.of(extension.toExtension(ENTERPRISE), ENTERPRISE));
        assertEquals(
                extension instanceof Prepare ? CriticalVendorSpecific.TYPE : NormalVendorSpecific.TYPE,
                extension.toExtension(ENTERPRISE).type());
    }

    @Test
    void vendorTypesAreThoseOfTheTable() {
        assertEquals(
                List.of(1, 2, 3, 4, 5, 6, 7),
                values().map(row -> ((HandoverExtension) row.get(0)).vendorType())
                        .toList());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 0xffff})
    void theHoldTimeHas16Bits(int seconds) {
        var prepare = new Prepare(ID, seconds);

        assertEquals(Optional.of(prepare), HandoverExtension.of(prepare.toExtension(ENTERPRISE), ENTERPRISE));
        assertThrows(IllegalArgumentException.class, () -> new Prepare(ID, -1));
        assertThrows(IllegalArgumentException.class, () -> new Prepare(ID, 0x10000));
    }

    @Test
    void theIdIsPrintedAsItsOctets() {
        assertEquals("fedcba9876543210", ID.toString());
    }

    @ParameterizedTest
    @MethodSource("values")
    void isUnknownWithAnotherLengthOrFromAnotherEnterprise(List<Object> row) {
        var extension = (HandoverExtension) row.get(0);
        Octets longer = extension.value().concat(Octets.ofHex("00"));
        Extension malformed = extension instanceof Prepare
                ? new CriticalVendorSpecific(ENTERPRISE, extension.vendorType(), longer)
                : new NormalVendorSpecific(ENTERPRISE, extension.vendorType(), longer);

        assertEquals(Optional.empty(), HandoverExtension.of(malformed, ENTERPRISE));
        assertEquals(Optional.empty(), HandoverExtension.of(extension.toExtension(9), ENTERPRISE));
    }

    @Test
    void prepareCannotBeSkipped() {
        Extension skippable = new NormalVendorSpecific(ENTERPRISE, Prepare.TYPE, new Prepare(ID, 60).value());
        Extension critical = new CriticalVendorSpecific(ENTERPRISE, Commit.TYPE, new Commit(ID).value());

        assertEquals(Optional.empty(), HandoverExtension.of(skippable, ENTERPRISE));
        assertEquals(Optional.empty(), HandoverExtension.of(critical, ENTERPRISE));
    }

    @Test
    void findsTheFirstOfAKind() {
        List<Extension> extensions = List.of(
                new Arm().toExtension(ENTERPRISE),
                new Commit(ID).toExtension(ENTERPRISE),
                new Commit(new HandoverId(1)).toExtension(ENTERPRISE));

        assertEquals(Optional.of(new Commit(ID)), HandoverExtension.first(Commit.class, extensions, ENTERPRISE));
        assertEquals(Optional.empty(), HandoverExtension.first(Abort.class, extensions, ENTERPRISE));
    }
}
