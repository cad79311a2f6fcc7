package org.mooring.lab;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** libvirt's daemon on a KVM host of the testbed, with directories and a host name of its own. */
final class Libvirtd implements AutoCloseable {
    private final Path directory;
    private final Process process;

    /** Starts it; returns when it listens. */
    Libvirtd(RunDirectory run, Namespace host, String name) {
        directory = run.directory(name + "/libvirt");
        run.directory(name + "/libvirt/etc");
        run.write(name + "/libvirt/etc/libvirtd.conf", """
                listen_tls = 0
                listen_tcp = 0
                auth_unix_rw = "none"
                unix_sock_group = "root"
                unix_sock_dir = "%s"
                host_uuid = "%s"
                log_outputs = "3:file:%s/libvirtd.log"
                """.formatted(directory, UUID.randomUUID(), directory));
        run.write(name + "/libvirt/etc/qemu.conf", """
                user = "root"
                group = "root"
                security_driver = "none"
                cgroup_controllers = [ ]
                namespaces = [ ]
                remember_owner = 0
                stdio_handler = "file"
                """);
        Path program = run.resolve("mooring/bin/guest-hook");
        Path hook = run.write(
                name + "/libvirt/etc/hooks/qemu",
                read(run.resolve("mooring/examples/libvirt-hook"))
                        .replace(
                                "guest-hook event",
                                program + " event --socket " + run.resolve(name + "/guest-hook.sock")));
        Command.run("chmod", "755", hook.toString());
        // ip netns exec has given us mounts of our own.
        String script = """
                hostname "$1" && cd "$0" && mkdir -p var/lib/libvirt var/cache/libvirt var/log/libvirt var/tmp \\
                && cp /etc/passwd /etc/group . \\
                && echo libvirt-qemu:x:64055:64055::/:/usr/sbin/nologin >>passwd && echo libvirt-qemu:x:64055: >>group \\
                && echo 127.0.0.1 localhost "$1" >hosts && : >resolv.conf \\
                && for file in passwd group hosts; do mount --bind $file /etc/$file || exit; done \\
                && mount --bind etc /etc/libvirt && mount --bind var /var && mount -t tmpfs run /run && ln -sfn /run /var/run \\
                && mkdir /run/libvirt && exec libvirtd -p /run/libvirtd.pid""";
        File log = directory.resolve("out.log").toFile();
        process = host.start(log, List.of("unshare", "-u", "sh", "-c", script, directory.toString(), name));
        Await.until("libvirtd of " + name + " listens, see " + log, () -> {
            if (!process.isAlive()) {
                throw new LabException("libvirtd ended: " + Files.readString(log.toPath()));
            }
            return Files.exists(directory.resolve("libvirt-sock"));
        });
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String connection() {
        return "qemu+unix:///system?socket=" + directory.resolve("libvirt-sock");
    }

    /** Runs a command of virsh's that must succeed; returns what it prints. */
    String virsh(String... words) {
        Command command = attempt(words);
        if (command.status() != 0) {
            throw new LabException(command.toString());
        }
        return command.output();
    }

    /** Runs a command of virsh's that may fail. */
    Command attempt(String... words) {
        var command = new ArrayList<>(List.of("virsh", "-q", "-c", connection()));
        command.addAll(List.of(words));
        return Command.attempt(command, "");
    }

    /** Its guests end with it, unless they have been destroyed before. */
    @Override
    public void close() {
        Command.attempt(
                List.of(
                        "sh",
                        "-c",
                        "for guest in $(virsh -q -c \"$0\" list --name); do virsh -q -c \"$0\" destroy $guest; done",
                        connection()),
                "");
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
