package org.mooring.hook.daemon;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.mooring.runtime.json.Json;
import org.mooring.runtime.preflight.FileRefusal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was said last of the guests of which only {@code guest-hook event} tells, kept in a file for a hook that starts anew: nobody would say
 * it again. Confined to the agent loop; the file is written on a thread of its own.
 */
final class ToldGuests implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ToldGuests.class);

    private static final String FILE = ".told";
    private static final String DRAFT = ".told.draft";
    private static final long LONGEST_WRITE_SECONDS = 5;
    private static final String ADVICE =
            "tell again of those that run here, with 'guest-hook event GUEST running --tap INTERFACE'";

    /** Another one after each start of the host, which no guest outlives. */
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    /**
     * What was said.
     *
     * @param phase one of {@link ControlGuestEvents#PHASES}
     * @param tap as it was named last, or null if it wasn't
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Told(
            @JsonProperty("phase") @Nullable String phase,
            @JsonProperty("tap") @Nullable String tap) {}

    private record Content(String boot, Map<String, Told> guests) {}

    private final Path file;
    private final Path draft;
    private final String boot;
    private final Map<String, Told> guests;
    private final ExecutorService writer = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "told-guests");
        thread.setDaemon(true);
        return thread;
    });

    private ToldGuests(Path directory, String boot) {
        this.file = directory.resolve(FILE);
        this.draft = directory.resolve(DRAFT);
        this.boot = boot;
        this.guests = read();
    }

    /** Those that the file in {@code directory} knows; what is damaged in it is passed over. */
    static ToldGuests open(Path directory) throws IOException {
        return new ToldGuests(directory, Files.readString(BOOT).strip());
    }

    /** What was said last of each guest, by its name. */
    Map<String, Told> all() {
        return new TreeMap<>(guests);
    }

    boolean contains(String guest) {
        return guests.containsKey(guest);
    }

    /** Remembers it. The stage ends when the file has it, or can't have it. */
    CompletionStage<?> keep(String guest, String phase, @Nullable String tap) {
        Told before = guests.get(guest);
        guests.put(guest, new Told(phase, tap == null && before != null ? before.tap() : tap));
        return write();
    }

    /** Its end was told, or others tell of it now. */
    CompletionStage<?> forget(String guest) {
        return guests.remove(guest) == null ? CompletableFuture.completedFuture(null) : write();
    }

    /** What is to be written still is. */
    @Override
    public void close() {
        writer.shutdown();
        try {
            if (!writer.awaitTermination(LONGEST_WRITE_SECONDS, TimeUnit.SECONDS)) {
                log.warn("told guests not kept file={}: see to its disk", file);
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts this thread", e);
        }
    }

    private Map<String, Told> read() {
        Map<String, Told> found = new TreeMap<>();
        try {
            JsonNode content = Json.MAPPER.readTree(Files.readString(file));
            if (!content.path("guests").isObject()) {
                log.warn("told guests can't be read, so they are passed over file={}: {}", file, ADVICE);
            } else if (content.path("boot").asText().equals(boot)) {
                content.path("guests").properties().forEach(told -> read(told.getKey(), told.getValue(), found));
            }
        } catch (NoSuchFileException none) {
            // Nobody has told.
        } catch (JsonProcessingException e) {
            log.warn(
                    "told guests can't be read, so they are passed over file={} reason=\"{}\": {}",
                    file,
                    e.getOriginalMessage(),
                    ADVICE);
        } catch (IOException e) {
            log.warn(
                    "told guests can't be read, so they are passed over file={} reason=\"{}\": {}",
                    file,
                    FileRefusal.words(e),
                    ADVICE);
        }
        return found;
    }

    private void read(String guest, JsonNode node, Map<String, Told> found) {
        JsonNode tap = node.path("tap");
        if (ControlGuestEvents.PHASES.contains(node.path("phase").asText())
                && (tap.isMissingNode() || tap.isTextual())) {
            found.put(guest, new Told(node.path("phase").asText(), tap.textValue()));
        } else {
            log.warn("told guest can't be read, so it is passed over guest={} file={}: {}", guest, file, ADVICE);
        }
    }

    private CompletionStage<?> write() {
        Content content = new Content(boot, all());
        return CompletableFuture.runAsync(() -> write(content), writer);
    }

    private void write(Content content) {
        try {
            byte[] octets = (Json.MAPPER.writeValueAsString(content) + "\n").getBytes(StandardCharsets.UTF_8);
            Files.write(draft, octets);
            sync(draft);
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            sync(file.toAbsolutePath().getParent());
        } catch (IOException e) {
            log.warn(
                    "told guests not kept: a restart of the hook would forget them file={} reason=\"{}\"",
                    file,
                    FileRefusal.words(e));
        }
    }

    private static void sync(@Nullable Path path) throws IOException {
        if (path != null) {
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }
}
