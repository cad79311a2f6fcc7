package org.mooring.runtime.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.mooring.runtime.preflight.DiskFull;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The MVStore file, open and locked. Confined to the store's thread. */
final class StoreFile {
    /** Commits after which old chunks are rewritten, so that the file stays small. */
    private static final int COMMITS_BETWEEN_COMPACTIONS = 1_000;

    private static final int FILL_RATE_PERCENT = 50;
    private static final int OCTETS_PER_COMPACTION = 1 << 20;
    private static final int MILLISECONDS_TO_COMPACT_AT_CLOSE = 200;

    private static final Logger log = LoggerFactory.getLogger(StoreFile.class);

    private final Path file;
    private final MVStore store;
    private int commits;

    private StoreFile(Path file, MVStore store) {
        this.file = file;
        this.store = store;
    }

    static StoreFile open(Path file) throws StoreException {
        if (Files.exists(file) && !Files.isWritable(file)) {
            // MVStore would open it for reading only, and refuse the first write.
            throw new StoreException(
                    file + " cannot be written by user " + System.getProperty("user.name") + ": give it to that user");
        }
        try {
            return new StoreFile(
                    file,
                    new MVStore.Builder()
                            .fileName(file.toString())
                            .autoCommitDisabled()
                            .open());
        } catch (RuntimeException | AssertionError e) {
            // Damaged octets surface as any exception that decoding them can throw, or where assertions are enabled as
            // one of MVStore's.
            int code = e instanceof MVStoreException refused ? refused.getErrorCode() : DataUtils.ERROR_FILE_CORRUPT;
            throw new StoreException(
                    switch (code) {
                        case DataUtils.ERROR_FILE_LOCKED ->
                            file
                                    + " is in use by another process: stop that one, or give this one a state-directory"
                                    + " of its own";
                        case DataUtils.ERROR_READING_FAILED, DataUtils.ERROR_WRITING_FAILED ->
                            refused(file, "opened", e);
                        default -> damaged(file, e);
                    },
                    e);
        }
    }

    /** What the operating system didn't let us do, and what the operator can. */
    static String refused(Path file, String done, Throwable e) {
        String reason = reason(e);
        return file + " cannot be " + done + ": " + reason + ": "
                + (DiskFull.is(reason)
                        ? DiskFull.ADVICE
                        : "see that user " + System.getProperty("user.name") + " may write there, or name another"
                                + " state-directory");
    }

    private static String damaged(Path file, Throwable e) {
        return file + " is damaged (" + reason(e)
                + "): move it away; what it held comes back with the next registrations";
    }

    /** What the operating system said, if it was it. */
    static String reason(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }

    MVMap<String, String> map(String name) {
        return store.openMap(name);
    }

    /**
     * A copy of a map.
     *
     * @throws StoreException if the file is damaged where the map is
     */
    Map<String, String> read(String name) throws StoreException {
        try {
            Map<String, String> copy = new TreeMap<>();
            // Damaged octets may be those that say of which type a value is.
            for (Map.Entry<?, ?> entry : map(name).entrySet()) {
                copy.put((String) entry.getKey(), (String) entry.getValue());
            }
            return copy;
        } catch (RuntimeException | AssertionError e) {
            throw new StoreException(damaged(file, e), e);
        }
    }

    /** Returns once all changes are on disk. */
    void commit() {
        store.commit();
        store.sync();
        commits++;
    }

    void compactNowAndThen() {
        if (commits % COMMITS_BETWEEN_COMPACTIONS == 0) {
            store.compact(FILL_RATE_PERCENT, OCTETS_PER_COMPACTION);
        }
    }

    /** Closes the file without writing to it. */
    void abandon() {
        store.closeImmediately();
    }

    void close() {
        try {
            store.close(MILLISECONDS_TO_COMPACT_AT_CLOSE);
        } catch (RuntimeException e) {
            // All that was acknowledged is on disk already.
            log.warn("store not compacted file={} reason={}", file, reason(e));
            store.closeImmediately();
        }
    }
}
