package org.mooring.migrator.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.mooring.runtime.Failure;
import org.mooring.runtime.preflight.FileRefusal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts guests on this host, and removes all that they had here. */
final class ThisHost {
    private static final Logger log = LoggerFactory.getLogger(ThisHost.class);

    private final MigratorConfig config;
    private final HostNetwork network;

    ThisHost(MigratorConfig config) {
        this.config = config;
        this.network = new HostNetwork(config.network(), config.guestsDirectory());
    }

    Hook hook() {
        return new Hook(config.hookSocket());
    }

    GuestFiles files(String guest) {
        return new GuestFiles(config.guestsDirectory(), guest);
    }

    /** As the kernel has it; the name that a shell's prompt shows. */
    static String name() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            return "this host";
        }
    }

    /** The files of all guests that have a record here, by name. */
    List<GuestFiles> guests() throws Failure {
        try (Stream<Path> files = Files.list(config.guestsDirectory())) {
            return files.flatMap(file -> GuestFiles.guestOf(file).stream())
                    .sorted()
                    .map(this::files)
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new Failure("cannot read " + config.guestsDirectory() + ": " + FileRefusal.words(e), e);
        }
    }

    /**
     * Connects the guest and starts its QEMU.
     *
     * @param incoming QEMU waits to be told where its guest comes from
     * @throws Failure if that can't be done; then nothing of it is left
     */
    QemuProcess start(Guest guest, boolean incoming) throws Failure {
        GuestFiles files = files(guest.name());
        files.prepare();
        files.refuseIfClaimed();
        network.refuseIfTaken(guest.tap());
        GuestRecord record = GuestRecord.of(guest, config.network().bridge(), incoming);
        // First of all, so that the hook knows the tap and the direction by the time the monitor appears.
        files.claim(record);
        try {
            network.connect(guest);
            QemuProcess qemu = QemuProcess.start(new QemuCommand(config.qemu(), guest, files, incoming));
            files.update(record.withPid(qemu.pid()));
            return qemu;
        } catch (Failure e) {
            clearAfter(e, files);
            throw e;
        }
    }

    private void clearAfter(Failure failure, GuestFiles files) {
        try {
            Optional<QemuProcess> qemu = QemuProcess.find(files);
            if (qemu.isPresent()) {
                qemu.get().end(false);
            }
            clear(files);
        } catch (Failure remainder) {
            failure.addSuppressed(remainder);
            log.warn("not everything could be removed: {}", remainder.getMessage());
        }
    }

    /** Notes that a guest which was on its way runs here. */
    void arrived(GuestFiles files) throws Failure {
        Optional<GuestRecord> record = files.read();
        if (record.isPresent()) {
            files.update(record.get().arrived());
        }
    }

    /** Removes tap, files and, if nobody else is on it, a bridge of our making. Its QEMU must have ended. Idempotent. */
    void clear(GuestFiles files) throws Failure {
        Optional<String> tap = files.tap();
        if (tap.isPresent()) {
            network.disconnect(tap.get());
        }
        files.remove();
        network.removeUnusedBridge();
    }
}
