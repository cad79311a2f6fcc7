package org.mooring.runtime.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.ReplayProtection;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.tomlj.TomlArray;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/**
 * One table of a configuration file: the root, {@code [table]}, or one of {@code [[tables]]}.
 *
 * <p>A getter without a default notes a problem when its key is missing. Where a key is given twice in two forms, such
 * as {@code key} and {@code key-file}, both are known keys.
 */
public final class Section {
    private final ConfigReader reader;
    private final TomlTable table;
    private final String path;
    private final int line;
    private final TreeSet<String> known = new TreeSet<>();

    Section(ConfigReader reader, TomlTable table, String path, int line) {
        this.reader = reader;
        this.table = table;
        this.path = path;
        this.line = line;
    }

    /** Any string but an empty one. */
    public String string(String key) {
        return required(key, Kind.STRING);
    }

    public String string(String key, String whenAbsent) {
        return optional(key, Kind.STRING).orElse(whenAbsent);
    }

    public Optional<String> optionalString(String key) {
        return optional(key, Kind.STRING);
    }

    /** A whole number within {@code min..max}. */
    public int integer(String key, int min, int max) {
        return required(key, Kind.integer(min, max));
    }

    public int integer(String key, int min, int max, int whenAbsent) {
        return optional(key, Kind.integer(min, max)).orElse(whenAbsent);
    }

    public Optional<Integer> optionalInteger(String key, int min, int max) {
        return optional(key, Kind.integer(min, max));
    }

    public boolean bool(String key, boolean whenAbsent) {
        return optional(key, Kind.BOOLEAN).orElse(whenAbsent);
    }

    /** A whole number of seconds within {@code min..max}. */
    public Duration seconds(String key, int min, int max, int whenAbsent) {
        Kind<Integer> seconds = Kind.integer(min, max);
        Kind<Integer> kind =
                new Kind<>("a whole number of seconds from " + min + " to " + max, seconds.standIn(), seconds.parse());
        return Duration.ofSeconds(optional(key, kind).orElse(whenAbsent));
    }

    /** A constant of {@code whenAbsent}'s enum, written in lower case with hyphens: {@code fragment-outer}. */
    public <E extends Enum<E>> E choice(String key, E whenAbsent) {
        return choice(key, List.of(whenAbsent.getDeclaringClass().getEnumConstants()), whenAbsent);
    }

    /** One of some words. */
    public <E extends Enum<E>> E choice(String key, List<E> words, E whenAbsent) {
        return optional(key, word(words, whenAbsent)).orElse(whenAbsent);
    }

    /** Some of some words; all of them when absent. */
    public <E extends Enum<E>> Set<E> choices(String key, List<E> words) {
        return has(key) ? Set.copyOf(list(key, word(words, words.get(0)))) : Set.copyOf(words);
    }

    private static <E extends Enum<E>> Kind<E> word(List<E> words, E standIn) {
        String expected = words.stream().map(c -> '"' + hyphenated(c) + '"').collect(Collectors.joining(" or "));
        return Kind.text(
                expected,
                standIn,
                text -> words.stream()
                        .filter(word -> hyphenated(word).equals(text))
                        .findFirst()
                        .orElseThrow(IllegalArgumentException::new));
    }

    private static String hyphenated(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** A unicast address. */
    public Ipv4Address address(String key) {
        return required(key, Kind.ADDRESS);
    }

    public Optional<Ipv4Address> optionalAddress(String key) {
        return optional(key, Kind.ADDRESS);
    }

    public Ipv4Prefix prefix(String key) {
        return required(key, Kind.PREFIX);
    }

    public Optional<Ipv4Prefix> optionalPrefix(String key) {
        return optional(key, Kind.PREFIX);
    }

    /** Networks; none when absent. */
    public List<Ipv4Prefix> prefixes(String key) {
        return list(key, Kind.PREFIX);
    }

    /** A unicast link-layer address. */
    public MacAddress mac(String key) {
        return required(key, Kind.MAC);
    }

    public Optional<MacAddress> optionalMac(String key) {
        return optional(key, Kind.MAC);
    }

    /** The name of a network interface. It need not exist yet. */
    public String interfaceName(String key) {
        return required(key, Kind.INTERFACE_NAME);
    }

    /** Names of network interfaces; none when absent. */
    public List<String> interfaceNames(String key) {
        return list(key, Kind.INTERFACE_NAME);
    }

    public List<String> strings(String key) {
        return list(key, Kind.STRING);
    }

    /** A file or directory; a relative one is relative to the directory of the configuration file. */
    public Path file(String key) {
        return resolve(string(key));
    }

    public Path file(String key, String whenAbsent) {
        return resolve(string(key, whenAbsent));
    }

    public Optional<Path> optionalFile(String key) {
        return optionalString(key).map(this::resolve);
    }

    private Path resolve(String text) {
        return reader.file().toAbsolutePath().resolveSibling(text).normalize();
    }

    /** Any string that {@code parse} accepts; it refuses by throwing IllegalArgumentException. */
    public <T> T parsed(String key, String expected, T standIn, Function<String, T> parse) {
        return required(key, Kind.text(expected, standIn, parse));
    }

    public <T> Optional<T> optionalParsed(String key, String expected, T standIn, Function<String, T> parse) {
        return optional(key, Kind.text(expected, standIn, parse));
    }

    /**
     * Each of {@code [[key]]}, or {@code [key]} where there is one only, as a mobility security association: {@code spi}, {@code algorithm} (HMAC-MD5 when absent),
     * {@code key} or {@code key-file}, {@code replay-protection} (timestamps when absent),
     * {@code timestamp-tolerance} (7 seconds when absent).
     */
    public List<SecurityAssociation> associations(String key) {
        List<SecurityAssociation> associations = new ArrayList<>();
        List<Section> sections = table.get(List.of(key)) instanceof TomlTable
                ? table(key).stream().toList()
                : tables(key);
        for (Section section : sections) {
            SecurityAssociation association = section.association();
            if (associations.stream().anyMatch(other -> other.spi() == association.spi())) {
                section.problem("spi", "there is another association with this SPI above");
            }
            associations.add(association);
        }
        return List.copyOf(associations);
    }

    /** This table as a mobility security association; see {@link #associations}. */
    private SecurityAssociation association() {
        return new SecurityAssociation(
                required("spi", Kind.SPI), new Key(key()), choice("algorithm", Algorithm.HMAC_MD5), replayProtection());
    }

    private ReplayProtection replayProtection() {
        var tolerance =
                seconds("timestamp-tolerance", 1, 3600, (int) SecurityAssociation.DEFAULT_TOLERANCE.toSeconds());
        return switch (choice("replay-protection", ReplayStyle.TIMESTAMPS)) {
            case TIMESTAMPS -> new ReplayProtection.Timestamps(tolerance);
            case NONCES -> new ReplayProtection.Nonces();
        };
    }

    /** The words for {@link ReplayProtection}. */
    private enum ReplayStyle {
        TIMESTAMPS,
        NONCES
    }

    /** The secret of a security association: either {@code key}, in hexadecimal, or {@code key-file}. */
    private Octets key() {
        known.add("key");
        known.add("key-file");
        Object inline = table.get(List.of("key"));
        Object file = table.get(List.of("key-file"));
        if (inline != null && file != null) {
            problem("key-file", "there is a key as well: keep one of the two");
        } else if (inline != null) {
            reader.holdsKey();
            return optional("key", KeyMaterial.INLINE).orElse(KeyMaterial.STAND_IN);
        } else if (file != null) {
            return KeyMaterial.read(file("key-file"), what -> problem("key-file", what));
        } else {
            problem("key", "missing: expected " + KeyMaterial.INLINE.expected() + ", or key-file");
        }
        return KeyMaterial.STAND_IN;
    }

    /** The table {@code [key]}. */
    public Optional<Section> table(String key) {
        known.add(key);
        Object value = table.get(List.of(key));
        if (value instanceof TomlTable found) {
            return Optional.of(reader.section(found, path(key), lineOf(key)));
        }
        if (value != null) {
            problem(key, "expected a table, [" + path(key) + "]");
        }
        return Optional.empty();
    }

    /** Each of {@code [[key]]}, in order; none when absent. */
    public List<Section> tables(String key) {
        known.add(key);
        Object value = table.get(List.of(key));
        if (value == null) {
            return List.of();
        }
        if (value instanceof TomlArray array
                && IntStream.range(0, array.size()).allMatch(i -> array.get(i) instanceof TomlTable)) {
            return IntStream.range(0, array.size())
                    .mapToObj(i ->
                            reader.section(array.getTable(i), path(key), line(array.inputPositionOf(i), lineOf(key))))
                    .toList();
        }
        problem(key, "expected a table for each, under [[" + path(key) + "]]");
        return List.of();
    }

    public boolean has(String key) {
        return table.get(List.of(key)) != null;
    }

    /**
     * Notes what is wrong with the value at {@code key} beyond its kind, and what is expected. A key that has a problem
     * already gets no second one.
     */
    public void problem(String key, String what) {
        reader.add(lineOf(key), path(key), what);
    }

    private <T> T required(String key, Kind<T> kind) {
        if (!has(key)) {
            problem(key, "missing: expected " + kind.expected());
        }
        return optional(key, kind).orElse(kind.standIn());
    }

    private <T> Optional<T> optional(String key, Kind<T> kind) {
        known.add(key);
        Object value = table.get(List.of(key));
        if (value == null) {
            return Optional.empty();
        }
        return Optional.of(kind.parse().apply(value).orElseGet(() -> {
            problem(key, "expected " + kind.expected() + found(key, value));
            return kind.standIn();
        }));
    }

    private <T> List<T> list(String key, Kind<T> kind) {
        known.add(key);
        Object value = table.get(List.of(key));
        if (value == null) {
            return List.of();
        }
        List<T> items = new ArrayList<>();
        if (value instanceof TomlArray array) {
            for (int i = 0; i < array.size(); i++) {
                Object item = array.get(i);
                kind.parse()
                        .apply(item)
                        .ifPresentOrElse(
                                items::add,
                                () -> problem(key, "expected a list, each " + kind.expected() + found(key, item)));
            }
        } else {
            problem(key, "expected a list in brackets, each " + kind.expected() + found(key, value));
        }
        return List.copyOf(items);
    }

    /** A value is shown as it was written, but a key never. */
    private static String found(String key, Object value) {
        if (key.equals("key") || value instanceof TomlTable || value instanceof TomlArray) {
            return "";
        }
        return ", found " + (value instanceof String text ? '"' + text + '"' : value);
    }

    void refuseUnknownKeys() {
        for (String key : table.keySet()) {
            if (!known.contains(key)) {
                problem(
                        key,
                        "unknown key"
                                + Spelling.nearest(key, known)
                                        .map(near -> ": did you mean " + near + "?")
                                        .orElseGet(() -> ": known here are " + String.join(", ", known)));
            }
        }
    }

    private String path(String key) {
        return Stream.of(path, key).filter(part -> !part.isEmpty()).collect(Collectors.joining("."));
    }

    private int lineOf(String key) {
        return line(table.inputPositionOf(List.of(key)), line);
    }

    private static int line(@Nullable TomlPosition position, int otherwise) {
        return position == null ? otherwise : position.line();
    }
}
