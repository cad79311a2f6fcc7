package org.mooring.migrator.host;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.mooring.runtime.Failure;
import org.mooring.runtime.json.Json;
import org.mooring.runtime.preflight.FileRefusal;
import org.mooring.timeline.MigrationRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The records of the latest migrations away from this host: a JSON file each, {@code BEGAN-GUEST.json}. */
record MigrationRecords(Path directory) {
    private static final Logger log = LoggerFactory.getLogger(MigrationRecords.class);
    private static final int KEPT = 1000;
    private static final String SUFFIX = ".json";

    /** So that the order of the names is that of the migrations. */
    private static final DateTimeFormatter BEGAN =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

    /** Keeps one more, and forgets the oldest. That it can't is no reason for a migration to fail. */
    void keep(MigrationRecord migration) {
        Path file = directory.resolve(BEGAN.format(migration.began()) + "-" + migration.guest() + SUFFIX);
        try {
            Files.createDirectories(directory);
            Path draft = directory.resolve(file.getFileName() + ".draft");
            Files.writeString(draft, Json.MAPPER.writeValueAsString(migration) + "\n");
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            List<Path> files = files();
            for (Path old : files.subList(0, Math.max(0, files.size() - KEPT))) {
                Files.deleteIfExists(old);
            }
        } catch (IOException e) {
            log.warn("the migration leaves no record, {} can't be written: {}", file, FileRefusal.words(e));
        }
    }

    /** From the oldest to the newest. */
    List<MigrationRecord> all() throws Failure {
        try {
            List<MigrationRecord> all = new ArrayList<>();
            for (Path file : files()) {
                try {
                    all.add(Json.MAPPER.readValue(Files.readString(file), MigrationRecord.class));
                } catch (NoSuchFileException e) {
                    log.debug("forgotten meanwhile: {}", file);
                } catch (JsonProcessingException e) {
                    log.warn("not a migration's record, passed over file={}: {}", file, e.getOriginalMessage());
                }
            }
            return Collections.unmodifiableList(all);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new Failure("cannot read " + directory + ": " + FileRefusal.words(e), e);
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(SUFFIX))
                    .sorted()
                    .toList();
        }
    }
}
