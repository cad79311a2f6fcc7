package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.hook.daemon.ToldGuests.Told;

/** What a hook that starts anew finds of what the one before was told. */
class ToldGuestsTest {
    @TempDir
    Path directory;

    @Test
    void keepsTheLastPhaseAndTapOfEachGuestUntilItIsForgotten() throws Exception {
        try (ToldGuests told = ToldGuests.open(directory)) {
            told.keep("web", "arriving", "tap0");
            told.keep("web", "running", null);
            told.keep("db", "running", null).toCompletableFuture().join();
        }
        try (ToldGuests told = ToldGuests.open(directory)) {
            assertEquals(Map.of("web", new Told("running", "tap0"), "db", new Told("running", null)), told.all());
            told.forget("web");
        }
        assertEquals(Map.of("db", new Told("running", null)), found());
    }

    @Test
    void passesOverWhatIsDamaged() throws Exception {
        try (ToldGuests told = ToldGuests.open(directory)) {
            told.keep("web", "running", "tap0");
            told.keep("db", "running", "tap1");
        }
        Path file = directory.resolve(".told");
        String written = Files.readString(file);
        Files.writeString(file, written.replaceFirst("\"running\"", "\"flying\""));
        assertEquals(Map.of("web", new Told("running", "tap0")), found());
        Files.writeString(file, written.substring(0, written.length() / 2));
        assertEquals(Map.of(), found());
        Files.writeString(file, "[]");
        assertEquals(Map.of(), found());
    }

    @Test
    void forgetsWhatWasSaidBeforeTheHostWasStarted() throws Exception {
        try (ToldGuests told = ToldGuests.open(directory)) {
            told.keep("web", "running", "tap0");
        }
        Path file = directory.resolve(".told");
        Files.writeString(file, Files.readString(file).replaceFirst("\"boot\":\"[0-9a-f]{8}", "\"boot\":\"another-"));
        assertEquals(Map.of(), found());
    }

    private Map<String, Told> found() throws Exception {
        try (ToldGuests told = ToldGuests.open(directory)) {
            return told.all();
        }
    }
}
