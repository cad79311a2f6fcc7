package org.mooring.runtime.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;
import org.mooring.runtime.Supervisor;
import org.mooring.runtime.json.Json;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an agent must not forget: named maps from a key to a record, in one file.
 *
 * <p>A write is acknowledged when it is on disk. Writes that come while the disk is busy go together in the next commit.
 * After a write that failed, on a full disk for one, the file is opened again as the last commit left it, and later
 * writes may succeed.
 */
public final class Store implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Store.class);
    private static final String FILE = "store.mv";

    private record Write(List<Change> changes, Runnable durable, Consumer<StoreException> failed) {}

    private final Path file;
    private final Supervisor supervisor;
    private final ExecutorService thread = new ThreadPoolExecutor(
            1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> new Thread(task, "store"));
    private final Queue<Write> waiting = new ConcurrentLinkedQueue<>();

    /** Null after a write failed. Confined to the store's thread. */
    private @Nullable StoreFile open;

    private Store(Path file, StoreFile open, Supervisor supervisor) {
        this.file = file;
        this.open = open;
        this.supervisor = supervisor;
    }

    /**
     * Opens the store in {@code directory}, which exists; an empty one where there is none yet.
     *
     * @throws StoreException if another process has it open, the file is damaged, or may not be written
     */
    public static Store open(Path directory, Supervisor supervisor) throws StoreException {
        Path file = directory.resolve(FILE);
        return new Store(file, StoreFile.open(file), supervisor);
    }

    /**
     * All of the map that is called {@code map}, for the start of a daemon. Waits for the writes before it.
     *
     * @throws StoreException if a value is not a {@code type}
     */
    public <V> Map<String, V> read(String map, Class<V> type) throws StoreException {
        try {
            return thread.submit(() -> readAll(map, type)).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StoreException refused) {
                throw refused;
            }
            throw new AssertionError("reading map " + map, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(file + ": interrupted while it was read", e);
        }
    }

    private <V> Map<String, V> readAll(String map, Class<V> type) throws StoreException {
        Map<String, V> values = new TreeMap<>();
        for (Map.Entry<String, String> entry : file().read(map).entrySet()) {
            try {
                values.put(entry.getKey(), Json.MAPPER.readValue(entry.getValue(), type));
            } catch (JsonProcessingException e) {
                throw new StoreException(
                        file + ": " + entry.getKey() + " in map " + map + " is not what this release writes: "
                                + e.getOriginalMessage() + ": run the release that wrote it, or move the file away",
                        e);
            }
        }
        return values;
    }

    /**
     * Makes all of {@code changes} durable, or none. May be called on any thread; one of the callbacks is run on the
     * store's, in the order of the writes.
     *
     * @param durable run when they are on disk
     * @param failed run with the reason when they aren't
     */
    public void write(List<Change> changes, Runnable durable, Consumer<StoreException> failed) {
        waiting.add(new Write(List.copyOf(changes), durable, failed));
        thread.execute(this::commitAllThatWait);
    }

    private void commitAllThatWait() {
        List<Write> group = new ArrayList<>();
        for (Write write = waiting.poll(); write != null; write = waiting.poll()) {
            group.add(write);
        }
        if (group.isEmpty()) {
            return; // An earlier commit took it along.
        }
        try {
            commit(group);
        } catch (RuntimeException | Error e) {
            supervisor.crash("writing to " + file, e);
        }
    }

    private void commit(List<Write> group) {
        try {
            StoreFile target = file();
            for (Write write : group) {
                write.changes().forEach(change -> apply(target, change));
            }
            target.commit();
        } catch (MVStoreException | StoreException e) {
            StoreException failure = e instanceof StoreException refused
                    ? refused
                    : new StoreException(StoreFile.refused(file, "written", e), e);
            log.error("store not written writes={} reason={}", group.size(), failure.getMessage());
            abandon();
            group.forEach(write -> write.failed().accept(failure));
            return;
        }
        group.forEach(write -> write.durable().run());
        compact();
    }

    private void compact() {
        try {
            file().compactNowAndThen();
        } catch (MVStoreException | StoreException e) {
            log.warn("store not compacted file={} reason={}", file, StoreFile.reason(e));
            abandon();
        }
    }

    private static void apply(StoreFile target, Change change) {
        MVMap<String, String> map = target.map(change.map());
        if (change.value() == null) {
            map.remove(change.key());
        } else {
            map.put(change.key(), json(change.value()));
        }
    }

    private static String json(Object value) {
        try {
            return Json.MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new AssertionError("a record that can't be written as JSON: " + value.getClass(), e);
        }
    }

    /** The open file; opened again if the last write failed. */
    private StoreFile file() throws StoreException {
        StoreFile opened = open == null ? StoreFile.open(file) : open;
        open = opened;
        return opened;
    }

    /** The next access opens it again. */
    private void abandon() {
        if (open != null) {
            open.abandon();
            open = null;
        }
    }

    /** Closes the file, after the writes before it. */
    @Override
    public void close() {
        thread.execute(() -> {
            if (open != null) {
                open.close();
            }
        });
        thread.shutdown();
        try {
            if (!thread.awaitTermination(30, TimeUnit.SECONDS)) {
                log.error("store not closed file={} reason=the disk does not answer", file);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
