package org.mooring.migrator.host;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** An ssh server in a host's namespace, with keys of its own, which lets in who has the user's key, as root. */
final class SecureShell {
    private final Path directory;
    private final String address;

    private SecureShell(Path directory, String address) {
        this.directory = directory;
        this.address = address;
    }

    static SecureShell serve(Host host, String address) throws Exception {
        Path directory = Files.createDirectories(host.directory.resolve("ssh"));
        // A server trusts no home that others could write to.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        SecureShell shell = new SecureShell(directory, address);
        shell.makeKeys();
        host.namespace.etc("passwd", "root:x:0:0:root:%s:/bin/sh%n".formatted(directory));
        Process server = host.daemon(new ProcessBuilder(new ArrayList<>(List.of(
                "dropbear",
                "-F",
                "-E",
                "-s",
                "-j",
                "-k",
                "-r",
                shell.file("host").toString(),
                "-p",
                address + ":22",
                "-P", // or it writes that of this machine's own ssh server
                shell.file("pid").toString()))));
        BufferedReader log = server.errorReader();
        for (String line = log.readLine(); line == null || !line.contains("Not backgrounding"); line = log.readLine()) {
            if (line == null) {
                throw new IOException("the ssh server did not start");
            }
        }
        Thread drain = new Thread(() -> log.lines().forEach(line -> {}), "ssh server's log");
        drain.setDaemon(true);
        drain.start();
        return shell;
    }

    /** In TOML, for {@code ssh-options}. */
    String options() {
        return "[\"-F\", \"/dev/null\", \"-i\", \"%s\", \"-o\", \"UserKnownHostsFile=%s\"]"
                .formatted(file("user"), file("known_hosts"));
    }

    String destination() {
        return "root@" + address;
    }

    private Path file(String name) {
        return directory.resolve(name);
    }

    private void makeKeys() throws Exception {
        String printed =
                output("dropbearkey", "-t", "ed25519", "-f", file("host").toString());
        String hostKey = printed.lines()
                .filter(line -> line.startsWith("ssh-ed25519 "))
                .findFirst()
                .orElseThrow(() -> new IOException("dropbearkey printed no key: " + printed));
        Files.writeString(file("known_hosts"), address + " " + hostKey + "\n");
        output("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file("user").toString());
        Path authorized = Files.createDirectory(file(".ssh")).resolve("authorized_keys");
        Files.copy(file("user.pub"), authorized);
    }

    private static String output(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(command[0] + " failed: " + printed);
        }
        return printed;
    }
}
