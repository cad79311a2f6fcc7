package org.mooring.runtime.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.linux.JavaCommand;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.RecordingSupervisor;

@Timeout(120)
@DisplayName("The store")
class StoreTest {
    private record Binding(Ipv4Address careOfAddress, Instant expiry, Duration lifetime) {}

    private record Count(int value) {}

    private static final Binding AWAY = new Binding(
            Ipv4Address.of("198.51.100.2"), Instant.parse("2026-01-01T00:05:00.25Z"), Duration.ofMinutes(5));

    @TempDir
    Path directory;

    private final RecordingSupervisor supervisor = new RecordingSupervisor();
    private final List<Store> opened = new ArrayList<>();

    @AfterEach
    void noBugWasFound() {
        closeAll();
        assertFalse(supervisor.firstCrash().isDone());
    }

    private Store open() throws StoreException {
        Store store = Store.open(directory, supervisor);
        opened.add(store);
        return store;
    }

    /** Closes the store and opens it again. */
    private Store restart() throws StoreException {
        closeAll();
        return open();
    }

    private void closeAll() {
        opened.forEach(Store::close);
        opened.clear();
    }

    private static void write(Store store, Change... changes) throws StoreException {
        try {
            later(store, changes).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StoreException failed) {
                throw failed;
            }
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static CompletableFuture<Void> later(Store store, Change... changes) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        store.write(List.of(changes), () -> written.complete(null), written::completeExceptionally);
        return written;
    }

    @Test
    void givesBackWhatWasWritten() throws Exception {
        Store store = open();
        write(store, Change.put("bindings", "10.1.0.50", AWAY), Change.put("counts", "10.1.0.50", new Count(1)));
        assertEquals(Map.of("10.1.0.50", AWAY), store.read("bindings", Binding.class));
        assertEquals(Map.of("10.1.0.50", AWAY), restart().read("bindings", Binding.class));
    }

    @Test
    void forgetsWhatWasRemoved() throws Exception {
        Store store = open();
        write(store, Change.put("counts", "a", new Count(1)), Change.put("counts", "b", new Count(2)));
        write(store, Change.remove("counts", "a"), Change.put("counts", "b", new Count(3)));
        assertEquals(Map.of("b", new Count(3)), restart().read("counts", Count.class));
    }

    @Test
    void isEmptyAtFirst() throws Exception {
        assertEquals(Map.of(), open().read("bindings", Binding.class));
    }

    @Test
    void acknowledgesManyWritesInTheirOrder() throws Exception {
        Store store = open();
        List<Integer> acknowledged =
                new ArrayList<>(); // filled by the store's thread, which the last one orders before us
        CountDownLatch all = new CountDownLatch(500);
        for (int i = 0; i < 500; i++) {
            int number = i;
            store.write(
                    List.of(Change.put("counts", "a", new Count(i))),
                    () -> {
                        acknowledged.add(number);
                        all.countDown();
                    },
                    failed -> all.countDown());
        }
        all.await();
        assertEquals(IntStream.range(0, 500).boxed().toList(), acknowledged);
        assertEquals(Map.of("a", new Count(499)), restart().read("counts", Count.class));
    }

    @Test
    void staysSmallUnderManyCommits() throws Exception {
        Store store = open();
        for (int i = 0; i < 1_500; i++) {
            write(store, Change.put("counts", "key" + i % 100, new Count(i)));
        }
        assertEquals(100, restart().read("counts", Count.class).size());
        closeAll();
        // A log that only grew would have a block of 4 KiB for each commit.
        assertTrue(Files.size(file()) < 1_500 * 4_096 / 2, "octets: " + Files.size(file()));
    }

    @Test
    void isOpenedByOneProcessOnly() throws Exception {
        open();
        StoreException refused = assertThrows(StoreException.class, this::open);
        assertEquals(
                List.of(file() + " is in use by another process: stop that one, or give this one a state-directory of"
                        + " its own"),
                refused.lines());
    }

    @Test
    void saysWhichFileIsDamaged() throws Exception {
        write(open(), Change.put("counts", "a", new Count(1)));
        closeAll();
        Files.writeString(file(), "this was never a store\n".repeat(1000));
        StoreException refused = assertThrows(StoreException.class, this::open);
        assertTrue(
                refused.lines().get(0).startsWith(file() + " is damaged ("),
                refused.lines().get(0));
    }

    @Test
    void eitherOpensOrRefusesWhateverOctetsAreDamaged() throws Exception {
        Store store = open();
        for (int i = 0; i < 50; i++) {
            write(store, Change.put("counts", "key" + i, new Count(i)));
        }
        closeAll();
        byte[] good = Files.readAllBytes(file());
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            Files.write(file(), good);
            try (RandomAccessFile damaged = new RandomAccessFile(file().toFile(), "rw")) {
                for (int i = 0; i < 20; i++) {
                    damaged.seek(random.nextInt(good.length));
                    damaged.write(random.nextInt(256));
                }
                if (random.nextBoolean()) {
                    damaged.setLength(random.nextInt(good.length));
                }
            }
            try (Store reopened = Store.open(directory, supervisor)) {
                reopened.read("counts", Count.class);
            } catch (StoreException refused) {
                assertTrue(refused.lines().get(0).startsWith(file() + ""), "seed " + seed + ": " + refused.lines());
            }
        }
    }

    @Test
    void saysWhichValueItCannotRead() throws Exception {
        Store store = open();
        write(store, Change.put("bindings", "10.1.0.50", Map.of("care-of-address", "nowhere")));
        StoreException refused = assertThrows(StoreException.class, () -> store.read("bindings", Binding.class));
        assertTrue(
                refused.lines()
                        .get(0)
                        .startsWith(file() + ": 10.1.0.50 in map bindings is not what this release writes"),
                refused.lines().get(0));
    }

    @Test
    @DisplayName("keeps what it acknowledged when its process is killed")
    void keepsWhatItAcknowledgedWhenItsProcessIsKilled() throws Exception {
        Random random = new Random();
        int least = 0;
        for (int round = 0; round < 4; round++) {
            int enough = least + 20 + random.nextInt(200);
            var command = new ArrayList<>(JavaCommand.quick(Counting.class.getName()));
            command.add(directory.toString());
            Process child = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (BufferedReader acknowledged = child.inputReader()) {
                for (String line = acknowledged.readLine(); line != null; line = acknowledged.readLine()) {
                    int count = Integer.parseInt(line);
                    assertTrue(count > least, count + " after " + least);
                    least = count;
                    if (count >= enough) {
                        child.toHandle().destroyForcibly(); // Process's own would close the pipe before us
                    }
                }
            }
            assertTrue(least >= enough, "the child ended by itself");
            child.waitFor();
            int kept = count(restart());
            closeAll();
            assertTrue(kept >= least, "acknowledged " + least + ", kept " + kept);
            least = kept;
        }
    }

    private static int count(Store store) throws StoreException {
        return store.read("counts", Count.class).getOrDefault("a", new Count(0)).value();
    }

    /** Counts on from what it finds, several writes at a time, and prints each count once it is acknowledged. */
    static final class Counting {
        private Counting() {}

        public static void main(String[] args) throws Exception {
            Store store = Store.open(Path.of(args[0]), new RecordingSupervisor());
            for (int i = count(store) + 1; ; i += 3) {
                CompletableFuture<?>[] written = new CompletableFuture<?>[3];
                for (int j = 0; j < 3; j++) {
                    int count = i + j;
                    written[j] = later(
                                    store,
                                    Change.put("counts", "a", new Count(count)),
                                    Change.put("ballast", "k" + count % 500, "x".repeat(300)))
                            .thenRun(() -> System.out.println(count));
                }
                CompletableFuture.allOf(written).get();
            }
        }
    }

    @Test
    @Tag("netns")
    @DisplayName("goes on after the disk was full")
    void goesOnAfterTheDiskWasFull() throws Exception {
        mount(directory, "2m");
        try {
            Store store = open();
            write(store, Change.put("counts", "a", new Count(1)));
            Path ballast = directory.resolve("ballast");
            fill(ballast);
            StoreException failed = assertThrows(StoreException.class, () -> {
                for (int i = 0; i < 1_000; i++) {
                    write(store, Change.put("ballast", "b" + i, "x".repeat(2_000)));
                }
            });
            assertEquals(
                    List.of(file() + " cannot be written: No space left on device: make room on its disk"),
                    failed.lines());
            assertEquals(1, count(store));

            Files.delete(ballast);
            write(store, Change.put("counts", "a", new Count(2)));
            assertEquals(2, count(restart()));
        } finally {
            closeAll();
            exec("umount", directory.toString());
        }
    }

    @Test
    @Tag("netns")
    @DisplayName("says that the disk is full where it can't begin")
    void saysThatTheDiskIsFull() throws Exception {
        mount(directory, "64k");
        try {
            fill(directory.resolve("ballast"));
            StoreException refused = assertThrows(StoreException.class, this::open);
            assertEquals(
                    List.of(file() + " cannot be opened: No space left on device: make room on its disk"),
                    refused.lines());
        } finally {
            exec("umount", directory.toString());
        }
    }

    private static void fill(Path file) throws IOException {
        byte[] block = new byte[4096];
        try (var out = Files.newOutputStream(file)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException full) {
            assertTrue(String.valueOf(full.getMessage()).contains("No space left"), full.toString());
        }
    }

    private static void mount(Path directory, String size) throws Exception {
        exec("mount", "-t", "tmpfs", "-o", "size=" + size, "mooring-test", directory.toString());
    }

    private static void exec(String... command) throws Exception {
        assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor(), String.join(" ", command));
    }

    private Path file() {
        return directory.resolve("store.mv");
    }
}
