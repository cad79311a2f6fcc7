package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.lab.report.Report;

class DemoTest {
    @TempDir
    Path directory;

    /** Whichever of the files is the first that finds no room. */
    @ParameterizedTest
    @ValueSource(strings = {"throughput.svg", "report.html", ".report.json"})
    void saysThatTheReportFindsNoRoomAndLeavesNoneThatIsNotWhole(String full) throws Exception {
        Files.createSymbolicLink(directory.resolve(full), Path.of("/dev/full"));
        LabException refused =
                assertThrows(LabException.class, () -> Demo.write(new Report(Map.of(), List.of()), directory));
        assertEquals(
                "the report can't be written, no space left: make room there, or name another directory by --report",
                refused.getMessage());
        assertFalse(Files.exists(directory.resolve("report.json")));
    }
}
