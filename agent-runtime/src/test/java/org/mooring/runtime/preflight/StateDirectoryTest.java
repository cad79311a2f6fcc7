package org.mooring.runtime.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.runtime.Failure;

@DisplayName("The state directory")
class StateDirectoryTest {
    @TempDir
    Path parent;

    @Test
    void isMadeAndLeftEmpty() throws Exception {
        Path directory = parent.resolve("mooring").resolve("home-agent");
        StateDirectory.prepare(directory);
        StateDirectory.prepare(directory);
        try (var files = Files.list(directory)) {
            assertEquals(List.of(), files.toList());
        }
    }

    @Test
    void isRefusedIfItIsAFile() throws Exception {
        Path file = Files.writeString(parent.resolve("state"), "");
        Failure refused = assertThrows(Failure.class, () -> StateDirectory.prepare(file));
        assertEquals(
                List.of("state-directory " + file + ": " + file + " is not a directory: move it away, or name another"),
                refused.lines());
    }

    @Test
    void isRefusedIfItCannotBeWritten() {
        // Not even root can make a directory there.
        Failure refused = assertThrows(Failure.class, () -> StateDirectory.prepare(Path.of("/proc/mooring")));
        assertTrue(
                refused.lines().get(0).startsWith("state-directory /proc/mooring cannot be written to by user "),
                refused.lines().get(0));
    }
}
