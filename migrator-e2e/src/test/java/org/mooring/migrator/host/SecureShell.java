package org.mooring.migrator.host;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An ssh server in a host's namespace, with keys of its own. */
final class SecureShell {
    private static final Path PRIVILEGE_SEPARATION = Path.of("/run/sshd");

    private final Path directory;
    private final String address;

    private SecureShell(Path directory, String address) {
        this.directory = directory;
        this.address = address;
    }

    static SecureShell serve(Host host, String address) throws Exception {
        SecureShell shell = new SecureShell(Files.createDirectories(host.directory.resolve("ssh")), address);
        shell.makeKey("host");
        shell.makeKey("user");
        Files.writeString(shell.file("known_hosts"), address + " " + Files.readString(shell.file("host.pub")));
        Files.writeString(
                shell.file("sshd_config"), """
                ListenAddress %s
                HostKey %s
                AuthorizedKeysFile %s
                PidFile none
                UsePAM no
                StrictModes no
                PermitRootLogin yes
                """.formatted(address, shell.file("host"), shell.file("user.pub")));
        // The package's service makes it; sshd refuses to start without.
        Files.createDirectories(PRIVILEGE_SEPARATION);
        Process sshd = host.daemon(new ProcessBuilder(new ArrayList<>(List.of(
                "/usr/sbin/sshd", "-D", "-e", "-f", shell.file("sshd_config").toString()))));
        BufferedReader log = sshd.errorReader();
        for (String line = log.readLine(); line == null || !line.contains("Server listening"); line = log.readLine()) {
            if (line == null) {
                throw new IOException("sshd did not start");
            }
        }
        Thread drain = new Thread(() -> log.lines().forEach(line -> {}), "sshd log");
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

    private void makeKey(String name) throws Exception {
        Process keygen = new ProcessBuilder(
                        "ssh-keygen",
                        "-q",
                        "-t",
                        "ed25519",
                        "-N",
                        "",
                        "-f",
                        file(name).toString())
                .inheritIO()
                .start();
        if (keygen.waitFor() != 0) {
            throw new IOException("ssh-keygen failed");
        }
    }
}
