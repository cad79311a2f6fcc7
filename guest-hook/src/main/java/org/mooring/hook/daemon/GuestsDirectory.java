package org.mooring.hook.daemon;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mooring.runtime.Failure;
import org.mooring.runtime.json.Json;
import org.mooring.runtime.preflight.FileRefusal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The directory where whoever starts guests leaves their monitors' sockets and a record of each. */
final class GuestsDirectory implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GuestsDirectory.class);

    private static final String SOCKET = ".hook.qmp";
    private static final String RECORD = ".json";
    private static final String TAP_PREFIX = "mt-";

    /** IFNAMSIZ without the terminating zero. */
    private static final int LONGEST_INTERFACE_NAME = 15;

    /** What of {@code NAME.json} matters here. */
    private record GuestRecord(
            @JsonProperty("tap") @Nullable String tap,
            @JsonProperty("incoming") boolean incoming,
            @JsonProperty("pid") @Nullable Long pid) {}

    /** Who is told of the monitors, on a thread of its own, by their guests' names. */
    interface Listener {
        void appeared(String guest);

        /** Its socket has gone, or there is a record without one. */
        void disappeared(String guest);
    }

    private final Path directory;
    private final WatchService watch;

    private GuestsDirectory(Path directory, WatchService watch) {
        this.directory = directory;
        this.watch = watch;
    }

    /** Watches {@code directory} from now on, which is made if it isn't there: kvm-migrator may not have been here before. */
    static GuestsDirectory open(Path directory) throws Failure {
        try {
            if (!Files.exists(directory)) {
                Files.createDirectories(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            WatchService watch = directory.getFileSystem().newWatchService();
            directory.register(watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
            return new GuestsDirectory(directory, watch);
        } catch (AccessDeniedException | NoSuchFileException e) {
            throw new Failure("guests-directory " + directory + " can't be made: create it, or name another one", e);
        } catch (NotDirectoryException e) {
            throw new Failure("guests-directory " + directory + " is no directory: name another one", e);
        } catch (IOException e) {
            throw new Failure("guests-directory " + directory + " can't be watched: " + words(e), e);
        }
    }

    /** The kernel's limits of inotify are told from a full disk by Java's own words for them. */
    private static String words(IOException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("inotify")
                ? message + ": raise fs.inotify.max_user_instances and max_user_watches"
                : FileRefusal.words(e);
    }

    /** Tells of the monitors that are there, and of those that should be; from now on of those that come and go. */
    void start(Listener listener) {
        Thread thread = new Thread(() -> follow(listener), "guests-directory");
        thread.setDaemon(true);
        thread.start();
    }

    Path socket(String guest) {
        return directory.resolve(guest + SOCKET);
    }

    /** The guest's tap: what its record says, or else the name that taps have by default. */
    String tap(String guest) {
        Path record = directory.resolve(guest + RECORD);
        String byDefault = TAP_PREFIX + guest;
        return read(record)
                .flatMap(found -> Optional.ofNullable(found.tap()))
                .orElse(byDefault.substring(0, Math.min(byDefault.length(), LONGEST_INTERFACE_NAME)));
    }

    /** Whether the guest's record says that it runs here, or soon will, and doesn't come from elsewhere. */
    boolean isHere(String guest) {
        return read(directory.resolve(guest + RECORD))
                .filter(found -> !found.incoming())
                .isPresent();
    }

    /**
     * Whether the guest's record says that it is here although its monitor isn't, and nothing says that its QEMU has ended, or is yet to
     * be started.
     */
    boolean mayRunUnseen(String guest) {
        return !Files.exists(socket(guest))
                && read(directory.resolve(guest + RECORD))
                        .filter(found -> !found.incoming() && (found.pid() == null || runs(found.pid(), guest)))
                        .isPresent();
    }

    /** A QEMU has its monitor's path on its command line; another process that got its number hasn't. */
    private static boolean runs(long pid, String guest) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"), StandardCharsets.ISO_8859_1)
                    .contains(guest + SOCKET);
        } catch (IOException | UncheckedIOException gone) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            watch.close();
        } catch (IOException e) {
            throw new AssertionError("closing a watch writes nothing", e);
        }
    }

    private static Optional<GuestRecord> read(Path record) {
        try {
            return Optional.ofNullable(Json.MAPPER.readValue(record.toFile(), GuestRecord.class));
        } catch (IOException e) {
            if (Files.exists(record)) {
                log.warn("guest's record can't be read file={} reason=\"{}\"", record, e.getMessage());
            }
            return Optional.empty();
        }
    }

    private void follow(Listener listener) {
        try {
            scan(listener);
            while (true) {
                WatchKey key = watch.take();
                for (WatchEvent<?> event : key.pollEvents()) {
                    if (event.context() instanceof Path file) {
                        tell(file, event.kind() == StandardWatchEventKinds.ENTRY_CREATE, listener);
                    } else {
                        scan(listener); // OVERFLOW: some names were lost.
                    }
                }
                if (!key.reset()) {
                    log.warn("guests-directory is gone directory={}: create it again and restart", directory);
                    return;
                }
            }
        } catch (ClosedWatchServiceException | InterruptedException ended) {
            log.debug("no longer watched directory={}", directory);
        }
    }

    private void scan(Listener listener) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                tell(file.getFileName(), true, listener);
                nameOf(file.getFileName(), RECORD)
                        .filter(guest -> !Files.exists(socket(guest)))
                        .ifPresent(listener::disappeared);
            }
        } catch (DirectoryIteratorException e) {
            log.warn("guests-directory can't be read directory={} reason=\"{}\"", directory, e.getMessage());
        } catch (IOException e) {
            log.warn("guests-directory can't be read directory={} reason=\"{}\"", directory, e.getMessage());
        }
    }

    private static void tell(Path file, boolean isThere, Listener listener) {
        nameOf(file, SOCKET).ifPresent(isThere ? listener::appeared : listener::disappeared);
    }

    /** The guest whose file of this kind it is. */
    private static Optional<String> nameOf(Path file, String suffix) {
        String name = file.toString();
        return name.endsWith(suffix)
                ? Optional.of(name.substring(0, name.length() - suffix.length()))
                : Optional.empty();
    }
}
