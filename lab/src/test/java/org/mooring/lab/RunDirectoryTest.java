package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class RunDirectoryTest {
    @Test
    void aDeadRunsThingsAreRemovedAndALiveOnesAreLeft() throws Exception {
        RunDirectory living = RunDirectory.create();
        RunDirectory dead = RunDirectory.create();
        try {
            Namespace.create(living.prefix() + "x");
            Namespace left = Namespace.create(dead.prefix() + "x");
            Files.createDirectories(Path.of("/etc/netns", left.name()));
            Process process = left.start(dead.resolve("log").toFile(), List.of("sleep", "1000"));
            // This process's number with another start time: the number was given to someone else since.
            dead.write("owner", ProcessHandle.current().pid() + " 1\n");

            RunDirectory.sweep();

            process.waitFor();
            assertFalse(Files.exists(dead.path()));
            assertFalse(Files.exists(Path.of("/etc/netns", left.name())));
            assertFalse(namespaces().contains(dead.prefix()));
            assertTrue(Files.exists(living.path()));
            assertTrue(namespaces().contains(living.prefix()));
        } finally {
            dead.remove();
            living.remove();
        }
        assertFalse(Files.exists(living.path()));
        assertFalse(namespaces().contains(living.prefix()));
    }

    @Test
    void whatIsLeftOfARunWithoutADirectoryIsRemoved() throws Exception {
        RunDirectory gone = RunDirectory.create();
        Namespace left = Namespace.create(gone.prefix() + "x");
        Process process = left.start(gone.resolve("log").toFile(), List.of("sleep", "1000"));
        Command.run("rm", "-r", gone.path().toString());

        RunDirectory.sweep();

        process.waitFor();
        assertFalse(namespaces().contains(gone.prefix()));
    }

    private static String namespaces() {
        return Command.run("ip", "netns", "list");
    }
}
