package org.mooring.migrator.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.runtime.json.Json;

class ProgressTest {
    private static final long MEBIBYTE = 1 << 20;

    @Test
    void readsWhatQemuSays() throws Exception {
        Progress progress = Progress.of(Json.MAPPER.readTree("""
                        {"status": "active", "ram": {"total": 268435456, "remaining": 67108864, "transferred": 209715200,
                         "mbps": 268.435456, "dirty-sync-count": 2}}
                        """));
        assertEquals(new Progress(256 * MEBIBYTE, 64 * MEBIBYTE, 200 * MEBIBYTE, 32 * MEBIBYTE, 2), progress);
        assertEquals(
                "[##################------]  75 %  200.0 of 256.0 MiB sent, 32.0 MiB/s, 2 s left, pass 2",
                progress.bar());
    }

    @Test
    void bearsAnAnswerWithoutNumbers() throws Exception {
        Progress progress = Progress.of(Json.MAPPER.readTree("{\"status\": \"setup\"}"));
        assertEquals(
                "[------------------------]   0 %  0.0 of 0.0 MiB sent, 0.0 MiB/s, ? left, pass 1", progress.bar());
    }

    @ParameterizedTest
    @CsvSource({"59, '59 s'", "60, '1:00 min'", "3725, '62:05 min'"})
    void saysHowLongItTakesYet(long seconds, String text) {
        assertTrue(new Progress(MEBIBYTE * 10_000, seconds * MEBIBYTE, 0, MEBIBYTE, 1)
                .bar()
                .contains(", " + text + " left"));
    }

    @Test
    void redrawsOneLineOnATerminal() {
        String shown = show(true);
        assertTrue(shown.startsWith("\r["), shown);
        assertTrue(shown.contains("pass 1\u001b[K\r["), shown);
        assertTrue(shown.endsWith("\u001b[K\ndone\n"), shown);
    }

    @Test
    void printsALineForEachPassElsewhere() {
        String shown = show(false);
        assertEquals(3, shown.lines().count(), shown);
        assertFalse(shown.contains("\r"), shown);
    }

    private static String show(boolean terminal) {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        ProgressDisplay display = new ProgressDisplay(new PrintStream(octets, true, StandardCharsets.UTF_8), terminal);
        display.show(new Progress(10, 9, 1, 1, 1));
        display.show(new Progress(10, 8, 2, 1, 1));
        display.show(new Progress(10, 7, 3, 1, 2));
        display.say("done");
        return octets.toString(StandardCharsets.UTF_8);
    }
}
