package org.mooring.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * The run's ssh: one key for root on every machine of the testbed, an own host key for each, nothing of this machine's.
 *
 * <p>A namespace gets its own {@code /etc/passwd} (ip-netns(8) mounts {@code /etc/netns/NAME/*} over {@code /etc}), in which
 * root's home is in the run directory: there clients find the key, and servers whom to let in.
 */
final class SecureShell {
    private final RunDirectory run;
    private final Path key;
    private final StringBuilder knownHosts = new StringBuilder();

    SecureShell(RunDirectory run) {
        this.run = run;
        Path keys = run.directory("keys");
        restrict(keys, "rwx------");
        key = keys.resolve("id");
        Command.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", key.toString());
    }

    /** Makes a server's key, and lets clients know it by this address. */
    Path hostKey(String name, String address) {
        Path file = run.resolve("keys").resolve(name);
        String printed = Command.run("dropbearkey", "-t", "ed25519", "-f", file.toString());
        String publicKey = printed.lines()
                .filter(line -> line.startsWith("ssh-ed25519 "))
                .findFirst()
                .orElseThrow(() -> new LabException("dropbearkey printed no key: " + printed));
        knownHosts.append(address).append(' ').append(publicKey).append('\n');
        return file;
    }

    Path authorizedKeys() {
        return key.resolveSibling("id.pub");
    }

    /** Gives root a home here. All host keys must have been made. */
    void home(Namespace namespace, String name) {
        Path home = run.directory(name + "/root");
        restrict(home, "rwx------");
        Path ssh = run.directory(name + "/root/.ssh");
        restrict(ssh, "rwx------");
        try {
            Files.copy(key, ssh.resolve("id_ed25519"));
            Files.copy(authorizedKeys(), ssh.resolve("authorized_keys"));
            Files.writeString(ssh.resolve("known_hosts"), knownHosts);
            Files.writeString(ssh.resolve("config"), """
                    BatchMode yes
                    StrictHostKeyChecking yes
                    LogLevel ERROR
                    """);
            for (String file : List.of("id_ed25519", "authorized_keys", "known_hosts", "config")) {
                restrict(ssh.resolve(file), "rw-------");
            }
            Path etc = etc(namespace);
            Files.writeString(
                    etc.resolve("passwd"),
                    "root:x:0:0:root:%s:/bin/bash%nmooring:x:%d:%d::/:/usr/sbin/nologin%n"
                            .formatted(home, SystemdUnit.USER, SystemdUnit.USER));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path etc(Namespace namespace) throws IOException {
        Path etc = Path.of("/etc/netns", namespace.name());
        while (true) {
            try {
                return Files.createDirectories(etc);
            } catch (NoSuchFileException e) {
                // Another run has ended, and has just removed the empty /etc/netns.
            }
        }
    }

    /** Starts a server that lets in only who has the run's key. */
    void serve(Namespace namespace, String name, String address) {
        Path hostKey = run.resolve("keys").resolve(name);
        Process server = namespace.start(
                run.resolve(name + "/ssh-server.log").toFile(),
                List.of(
                        "dropbear",
                        "-F",
                        "-E",
                        "-s",
                        "-j",
                        "-k",
                        "-r",
                        hostKey.toString(),
                        "-p",
                        address + ":22",
                        "-P", // or it writes that of this machine's own ssh server
                        run.resolve(name + "/ssh-server.pid").toString()));
        Await.until("the ssh server of " + name + " listens", () -> {
            if (!server.isAlive()) {
                throw new LabException("dropbear ended, see " + run.resolve(name + "/ssh-server.log"));
            }
            return !Command.run(namespace.inside("ss", "-Hltn", "sport", "=", ":22"), "")
                    .isBlank();
        });
    }

    private static void restrict(Path path, String permissions) {
        try {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
