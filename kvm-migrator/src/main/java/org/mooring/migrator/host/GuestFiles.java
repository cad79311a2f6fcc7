package org.mooring.migrator.host;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.mooring.runtime.Failure;
import org.mooring.runtime.preflight.FileRefusal;

/** A guest's files in the guests' directory, by which this program, QEMU and the hook find each other. */
record GuestFiles(Path directory, String guest) {
    /** {@code sun_path} holds 108 octets, the last of them zero (unix(7)). */
    private static final int LONGEST_SOCKET = 107;

    private static final int LAST_WORDS = 2;
    private static final String RECORD = ".json";

    /** The guest whose record this is; empty if it is another file. */
    static Optional<String> guestOf(Path file) {
        String name = String.valueOf(file.getFileName());
        return Optional.of(name)
                .filter(any -> any.endsWith(RECORD))
                .map(any -> any.substring(0, any.length() - RECORD.length()))
                .filter(guest -> Guest.NAME.matcher(guest).matches());
    }

    /** The migrator's monitor; QEMU serves one client at a time on a socket. */
    Path monitor() {
        return file(".qmp");
    }

    /** The hook's monitor, to which it stays connected. */
    Path hookMonitor() {
        return file(".hook.qmp");
    }

    /** What the hook must know: its presence here is what says that the guest is on this host. */
    Path record() {
        return file(RECORD);
    }

    Path pid() {
        return file(".pid");
    }

    /** The guest's serial console. */
    Path console() {
        return file(".log");
    }

    /** What QEMU has to say. */
    Path qemuLog() {
        return file(".qemu.log");
    }

    /** Makes the directory, readable by root alone: who can write to a monitor owns the guest. */
    void prepare() throws Failure {
        if (hookMonitor().toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_SOCKET) {
            throw new Failure(hookMonitor() + " is too long for a socket's path: choose a shorter guests-directory");
        }
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new Failure("cannot make the directory " + directory + ": " + FileRefusal.words(e), e);
        }
    }

    /** Claims the guest for this host; of two who do, one fails. */
    void claim(GuestRecord record) throws Failure {
        Path draft = draft();
        try {
            Files.writeString(draft, record.toJson());
            Files.createLink(record(), draft);
        } catch (FileAlreadyExistsException e) {
            throw claimed();
        } catch (IOException e) {
            throw new Failure("cannot write " + record() + ": " + FileRefusal.words(e), e);
        } finally {
            deleteQuietly(draft);
        }
    }

    void refuseIfClaimed() throws Failure {
        if (Files.exists(record())) {
            throw claimed();
        }
    }

    private Failure claimed() {
        return new Failure("guest " + guest + " is on this host already (" + record()
                + "); if it is a remainder, 'kvm-migrator teardown " + guest + "' removes it");
    }

    void update(GuestRecord record) throws Failure {
        try {
            Files.writeString(draft(), record.toJson());
            Files.move(draft(), record(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new Failure("cannot write " + record() + ": " + FileRefusal.words(e), e);
        }
    }

    Optional<GuestRecord> read() throws Failure {
        try {
            return Optional.of(GuestRecord.parse(Files.readString(record())));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (JsonProcessingException e) {
            throw new Failure(
                    record() + " is no guest's record: " + e.getOriginalMessage() + ": 'kvm-migrator teardown " + guest
                            + "' removes it",
                    e);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** The tap that the record names; its usual name where the record can't be read; empty where there is no record. */
    Optional<String> tap() throws Failure {
        try {
            return Optional.of(GuestRecord.parse(Files.readString(record())).tap());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (JsonProcessingException e) {
            return Optional.of(Guest.tapOf(guest));
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private Failure unreadable(IOException e) {
        return new Failure("cannot read " + record() + ": " + FileRefusal.words(e), e);
    }

    /** Removes all of them, the record last: while it is there, something may be left. */
    void remove() throws Failure {
        for (Path file : List.of(draft(), monitor(), hookMonitor(), pid(), console(), qemuLog(), record())) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new Failure("cannot remove " + file + ": " + FileRefusal.words(e), e);
            }
        }
    }

    /** The end of QEMU's log, which is why it ended; empty where it had nothing to say. */
    String lastWords() {
        try {
            List<String> lines = Files.readAllLines(qemuLog(), StandardCharsets.UTF_8).stream()
                    .filter(line -> !line.isBlank())
                    .map(line -> line.replaceFirst("^\\S*qemu-system-[a-z0-9_]+: ", ""))
                    .toList();
            return String.join("; ", lines.subList(Math.max(0, lines.size() - LAST_WORDS), lines.size()));
        } catch (IOException e) {
            return "";
        }
    }

    private Path draft() {
        return file(".draft");
    }

    private Path file(String suffix) {
        return directory.resolve(guest + suffix);
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException leftForTeardown) {
            // Nothing reads it.
        }
    }
}
