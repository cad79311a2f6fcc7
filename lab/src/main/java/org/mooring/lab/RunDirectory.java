package org.mooring.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One run's directory, {@code /tmp/mooring-lab.ID}. Its ID is in the name of everything that the run makes in the kernel, so
 * that runs don't meet, and its file {@code owner} (process id, start time) tells the next run whether this one is dead and
 * its things are to be removed.
 */
record RunDirectory(Path path) {
    private static final Path PARENT = Path.of("/tmp");
    private static final String NAME = "mooring-lab.";
    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
    private static final Pattern NAMESPACE = Pattern.compile("moor-[^-]+-.+");
    private static final Duration CREATION = Duration.ofMinutes(1);

    static RunDirectory create() {
        try {
            var random = new SecureRandom();
            while (true) {
                var id = new StringBuilder();
                random.ints(6, 0, ALPHABET.length()).forEach(i -> id.append(ALPHABET.charAt(i)));
                try {
                    Path path = Files.createDirectory(
                            PARENT.resolve(NAME + id),
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
                    return own(path);
                } catch (FileAlreadyExistsException e) {
                    // Another run's: try another name.
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes over a directory that a front door has made. */
    static RunDirectory own(Path path) {
        try {
            long self = ProcessHandle.current().pid();
            Files.writeString(path.resolve("owner"), self + " " + startTime(self) + "\n");
            return new RunDirectory(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the names of this run's namespaces begin with. */
    String prefix() {
        return "moor-" + path.getFileName().toString().substring(NAME.length()) + "-";
    }

    Path resolve(String name) {
        return path.resolve(name);
    }

    Path directory(String name) {
        try {
            return Files.createDirectories(path.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path write(String name, String content) {
        try {
            Path file = path.resolve(name);
            Files.createDirectories(file.getParent() == null ? path : file.getParent());
            return Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes what dead runs left behind. */
    static void sweep() {
        for (RunDirectory run : all()) {
            if (run.isDead()) {
                run.remove();
            }
        }
        // A front door outlived its program, and has removed its directory.
        namespaces()
                .map(RunDirectory::of)
                .distinct()
                .filter(run -> !Files.exists(run.path()))
                .forEach(RunDirectory::remove);
    }

    private static Stream<String> namespaces() {
        return Command.run("ip", "netns", "list")
                .lines()
                .map(line -> line.split(" ", -1)[0])
                .filter(name -> NAMESPACE.matcher(name).matches());
    }

    /** Whose namespace it is. */
    private static RunDirectory of(String namespace) {
        return new RunDirectory(PARENT.resolve(NAME + namespace.split("-", -1)[1]));
    }

    private static List<RunDirectory> all() {
        try (Stream<Path> files = Files.list(PARENT)) {
            return files.filter(f -> f.getFileName().toString().startsWith(NAME))
                    .map(RunDirectory::new)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean isDead() {
        try {
            String[] owner = Files.readString(path.resolve("owner")).strip().split(" ", -1);
            return owner.length == 2 && !owner[1].equals(startTime(Long.parseLong(owner[0])));
        } catch (NoSuchFileException e) {
            return olderThanItsCreationTakes();
        } catch (IOException | NumberFormatException e) {
            return false;
        }
    }

    private boolean olderThanItsCreationTakes() {
        try {
            return Files.getLastModifiedTime(path)
                    .toInstant()
                    .isBefore(Instant.now().minus(CREATION));
        } catch (IOException e) {
            return false;
        }
    }

    /** A process's start in clock ticks since boot (proc(5), stat, field 22); empty if there is no such process. */
    private static String startTime(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // Field 2, the command's name, may hold spaces: count from its closing parenthesis.
            return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[19];
        } catch (IOException e) {
            return "";
        }
    }

    /** Removes the run's namespaces with every process in them, and the directory. */
    void remove() {
        List<String> namespaces =
                namespaces().filter(name -> name.startsWith(prefix())).toList();
        for (String name : namespaces) {
            Command.attempt(List.of("ip", "netns", "pids", name), "")
                    .output()
                    .lines()
                    .forEach(pid -> Command.attempt(List.of("kill", "-KILL", pid), ""));
        }
        for (String name : namespaces) {
            Command.attempt(List.of("ip", "netns", "del", name), "");
            Command.attempt(List.of("rm", "-rf", "--", "/etc/netns/" + name), "");
        }
        // "rmdir" fails if another run has files there: then it stays.
        Command.attempt(List.of("rmdir", "/etc/netns"), "");
        Command.attempt(List.of("rm", "-rf", "--one-file-system", "--", path.toString()), "");
    }
}
