package org.mooring.migrator.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.migrator.host.Guest.Accelerator;
import org.mooring.runtime.Failure;
import org.mooring.runtime.json.Json;

class GuestFilesTest {
    private static final Guest WEB = new Guest(
            "web",
            512,
            1,
            "52:54:00:ab:cd:ef",
            Accelerator.TCG,
            "pc",
            null,
            null,
            null,
            null,
            List.of(),
            List.of(),
            "mt-web");
    private static final GuestRecord RECORD = GuestRecord.of(WEB, "br0", true);

    @TempDir
    Path directory;

    private GuestFiles files;

    @BeforeEach
    void prepare() throws Exception {
        files = new GuestFiles(directory.resolve("guests"), "web");
        files.prepare();
    }

    @Test
    void keepsMonitorsFromOthers() throws Exception {
        assertEquals(
                "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("guests"))));
    }

    @Test
    void tellsTheHookTapAndDirection() throws Exception {
        files.claim(RECORD);
        var told = Json.MAPPER.readTree(Files.readString(directory.resolve("guests/web.json")));
        assertEquals("mt-web", told.path("tap").textValue());
        assertTrue(told.path("incoming").booleanValue());
        assertEquals(0, told.path("pid").longValue());
        assertEquals("52:54:00:ab:cd:ef", told.path("mac").textValue());
        assertEquals("br0", told.path("bridge").textValue());
    }

    @Test
    void letsOnlyOneClaimAGuest() throws Exception {
        files.claim(RECORD);
        Failure second = assertThrows(Failure.class, () -> files.claim(RECORD.withPid(1)));
        assertTrue(second.lines().get(0).startsWith("guest web is on this host already"), second::toString);
        assertEquals(Optional.of(RECORD), files.read());
    }

    @Test
    void readsWhatItWrote() throws Exception {
        assertEquals(Optional.empty(), files.read());
        files.claim(RECORD);
        files.update(RECORD.withPid(4711).arrived());
        assertEquals(
                Optional.of(new GuestRecord("mt-web", false, 4711, "52:54:00:ab:cd:ef", "br0", WEB)), files.read());
    }

    @Test
    void removesAllOfAGuestAndNothingElse() throws Exception {
        files.claim(RECORD);
        for (String suffix : List.of("web.qmp", "web.hook.qmp", "web.pid", "web.log", "web.qemu.log", "other.json")) {
            Files.writeString(directory.resolve("guests").resolve(suffix), "");
        }
        files.remove();
        files.remove();
        try (Stream<Path> left = Files.list(directory.resolve("guests"))) {
            assertEquals(List.of(directory.resolve("guests/other.json")), left.toList());
        }
    }

    @Test
    void quotesTheEndOfQemusLog() throws Exception {
        assertEquals("", files.lastWords());
        Files.writeString(files.qemuLog(), """
                qemu-system-x86_64: warning: something
                qemu-system-x86_64: Not a migration stream

                qemu-system-x86_64: load of migration failed: Invalid argument
                """);
        assertEquals("Not a migration stream; load of migration failed: Invalid argument", files.lastWords());
    }

    @Test
    void saysThatTheDiskIsFull() throws Exception {
        Path record = directory.resolve("guests/web.json");
        String line = "cannot write " + record + ": no space left: make room on its disk";
        files.claim(RECORD);
        fill("web.draft");
        assertEquals(
                List.of(line),
                assertThrows(Failure.class, () -> files.update(RECORD.withPid(1)))
                        .lines());
        assertEquals(Optional.of(RECORD), files.read(), "the record is what it was");

        Files.delete(record);
        fill("web.draft");
        assertEquals(
                List.of(line),
                assertThrows(Failure.class, () -> files.claim(RECORD)).lines());
        try (Stream<Path> left = Files.list(directory.resolve("guests"))) {
            assertEquals(List.of(), left.toList());
        }
    }

    /** Has what is written to the file find no room. */
    private void fill(String name) throws Exception {
        Path file = directory.resolve("guests").resolve(name);
        Files.deleteIfExists(file);
        Files.createSymbolicLink(file, Path.of("/dev/full"));
    }

    @Test
    void refusesADirectoryTooDeepForSockets() {
        GuestFiles deep = new GuestFiles(directory.resolve("d".repeat(100)), "web");
        assertTrue(assertThrows(Failure.class, deep::prepare)
                .lines()
                .get(0)
                .contains("choose a shorter guests-directory"));
    }
}
