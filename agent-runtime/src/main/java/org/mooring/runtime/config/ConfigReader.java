package org.mooring.runtime.config;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlTable;

/**
 * Reads one TOML file into a record.
 *
 * <p>A getter of {@link Section} that finds a problem notes it and returns a stand-in, so that reading goes on and
 * finds the next one. Nobody ever sees a stand-in: {@link #read} throws once all has been read.
 */
public final class ConfigReader {
    private record Problem(int line, String text) {}

    private final Path file;
    private final List<Problem> problems = new ArrayList<>();
    private final Set<String> reported = new HashSet<>();
    private final List<Section> sections = new ArrayList<>();

    private boolean holdsKey;

    private ConfigReader(Path file) {
        this.file = file;
    }

    /**
     * As below, for a file that nobody minds others reading.
     *
     * @throws ConfigException if the file can't be read, isn't TOML, or anything in it is wrong
     */
    public static <T> T read(Path file, Function<Section, T> reader) throws ConfigException {
        return read(file, reader, warning -> {});
    }

    /**
     * The configuration in {@code file}, as {@code reader} makes it from the file's root section. A key that
     * {@code reader} never asks for is unknown, and so a problem: ask for every key, whatever the others say.
     *
     * @param warning is told what the operator should mend, though the configuration can be used
     * @throws ConfigException if the file can't be read, isn't TOML, or anything in it is wrong
     */
    public static <T> T read(Path file, Function<Section, T> reader, Consumer<String> warning) throws ConfigException {
        TomlParseResult toml = parse(file);
        ConfigReader problems = new ConfigReader(file);
        for (TomlParseError error : toml.errors()) {
            problems.add(error.position().line(), "", firstLine(error.getMessage()));
        }
        problems.throwIfAny();
        T config;
        try {
            config = reader.apply(problems.section(toml, "", 1));
        } catch (RuntimeException consequence) {
            // A record may refuse a stand-in; the problem that led to it is what the operator needs.
            problems.throwIfAny();
            throw consequence;
        }
        problems.sections.forEach(Section::refuseUnknownKeys);
        problems.throwIfAny();
        if (problems.holdsKey && KeyMaterial.isForEverybody(file)) {
            warning.accept("every user can read the keys in " + file + ": chmod o-r " + file
                    + ", or keep them in files of their own");
        }
        return config;
    }

    private static TomlParseResult parse(Path file) throws ConfigException {
        try {
            return Toml.parse(file);
        } catch (NoSuchFileException e) {
            throw new ConfigException(List.of(file
                    + ": no such file: name another by --config, or make it from the commented example that is installed with"
                    + " the program"));
        } catch (AccessDeniedException e) {
            throw new ConfigException(List.of(file + ": permission denied: run this as root, or let user "
                    + System.getProperty("user.name") + " read it (chown, chmod)"));
        } catch (MalformedInputException e) {
            throw new ConfigException(List.of(file + ": not UTF-8 text"));
        } catch (IOException e) {
            String what = Files.isDirectory(file) ? "a directory, not a file" : String.valueOf(e.getMessage());
            throw new ConfigException(List.of(file + ": cannot be read: " + what));
        }
    }

    private static String firstLine(@Nullable String message) {
        return message == null ? "not TOML" : message.lines().findFirst().orElse("not TOML");
    }

    Section section(TomlTable table, String path, int line) {
        Section section = new Section(this, table, path, line);
        sections.add(section);
        return section;
    }

    void holdsKey() {
        holdsKey = true;
    }

    Path file() {
        return file;
    }

    /** Notes a problem, unless that key on that line has one already: the first is the cause of the others. */
    void add(int line, String key, String what) {
        if (key.isEmpty() || reported.add(line + key)) {
            problems.add(new Problem(line, file + ":" + line + ": " + (key.isEmpty() ? "" : key + ": ") + what));
        }
    }

    private void throwIfAny() throws ConfigException {
        if (!problems.isEmpty()) {
            throw new ConfigException(problems.stream()
                    .sorted(Comparator.comparingInt(Problem::line))
                    .map(Problem::text)
                    .toList());
        }
    }
}
