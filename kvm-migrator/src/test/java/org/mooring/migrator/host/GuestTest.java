package org.mooring.migrator.host;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuestTest {
    /** Of which 'disks' doesn't tell, so that nobody could say whether the other host has it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            -drive file=/d.img,if=virtio           | -drive
            -display none --blockdev driver=file   | --blockdev
            -hda                                   | -hda
            -pflash /vars.fd                       | -pflash
            -drive if=pflash,readonly=on,file=/c   |
            -blockdev driver=file,read-only=on     |
            -device virtio-rng-pci                 |
            """)
    void findsADiskAmongTheExtraArguments(String arguments, String found) {
        Guest guest = VerbsTest.guest("g1", List.of(), List.of(arguments.split(" ")));

        assertEquals(Optional.ofNullable(found), guest.driveArgument());
    }
}
