package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of guests by which of their files are there. */
class GuestsDirectoryTest {
    @TempDir
    Path directory;

    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private GuestsDirectory guests;

    @BeforeEach
    void open() throws Exception {
        guests = GuestsDirectory.open(directory);
    }

    @AfterEach
    void close() {
        guests.close();
    }

    @Test
    void tellsOfSocketsThatComeAndGoAndOfRecordsWithoutOne() throws Exception {
        Files.createFile(directory.resolve("a.hook.qmp"));
        record("a", false, 1);
        guests.start(listener());
        await("appeared a");
        Files.createFile(directory.resolve("b.hook.qmp"));
        await("appeared b");
        Files.delete(directory.resolve("a.hook.qmp"));
        await("disappeared a");

        told.clear();
        try (GuestsDirectory again = GuestsDirectory.open(directory)) {
            again.start(listener());
            await("disappeared a");
        }
    }

    @Test
    void knowsWhetherAGuestMayRunUnseen() throws Exception {
        Process qemu = new ProcessBuilder(
                        "sh",
                        "-c",
                        "read word",
                        "sh",
                        directory.resolve("a.hook.qmp").toString())
                .start();
        try {
            record("a", false, qemu.pid());
            assertTrue(guests.mayRunUnseen("a"));
            record("b", false, qemu.pid());
            assertFalse(guests.mayRunUnseen("b"), "another process has its number");
            record("a", true, qemu.pid());
            assertFalse(guests.mayRunUnseen("a"), "it has yet to come");
            record("a", false, 0);
            assertFalse(guests.mayRunUnseen("a"), "it has yet to be started");
            record("a", false, qemu.pid());
            Files.createFile(directory.resolve("a.hook.qmp"));
            assertFalse(guests.mayRunUnseen("a"), "it has its socket");
            Files.delete(directory.resolve("a.hook.qmp"));
            qemu.destroyForcibly().waitFor();
            assertFalse(guests.mayRunUnseen("a"), "it has ended");
            Files.writeString(directory.resolve("a.json"), "{\"tap\": \"tap0\"}");
            assertTrue(guests.mayRunUnseen("a"), "nobody knows");
        } finally {
            qemu.destroyForcibly();
        }
    }

    private void record(String guest, boolean incoming, long pid) throws Exception {
        Files.writeString(
                directory.resolve(guest + ".json"),
                "{\"tap\": \"tap0\", \"incoming\": %s, \"pid\": %d}".formatted(incoming, pid));
    }

    /** What was there while somebody looked is told of twice. */
    private void await(String expected) throws InterruptedException {
        String next = told.poll(60, TimeUnit.SECONDS);
        while (!expected.equals(next)) {
            assertNotNull(next, () -> "never " + expected);
            next = told.poll(60, TimeUnit.SECONDS);
        }
    }

    private GuestsDirectory.Listener listener() {
        return new GuestsDirectory.Listener() {
            @Override
            public void appeared(String guest) {
                told.add("appeared " + guest);
            }

            @Override
            public void disappeared(String guest) {
                told.add("disappeared " + guest);
            }
        };
    }
}
