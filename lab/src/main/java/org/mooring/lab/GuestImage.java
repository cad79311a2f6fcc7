package org.mooring.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * The guests' kernel and initramfs, the same for every run but for a second archive behind the first one, which holds this
 * run's ssh keys.
 */
record GuestImage(Path kernel, Path initrd) {

    static GuestImage make(RunDirectory run, Path script, SecureShell ssh) {
        Path image = Path.of(Command.run(script.toString()).strip());
        Path keys = run.directory("guest/root/.ssh");
        Path initrd = run.resolve("guest.initrd.gz");
        try {
            for (Guest guest : Guest.ALL) {
                Path hostKey = ssh.hostKey(guest.name(), guest.address());
                Files.copy(hostKey, keys.resolve("host_key." + guest.address()));
            }
            Files.copy(ssh.authorizedKeys(), keys.resolve("authorized_keys"));
            Command.run("chmod", "-R", "go=", run.resolve("guest/root").toString());
            Files.copy(image.resolve("initrd.gz"), initrd);
            Path archive = run.resolve("guest.keys");
            Command.run(
                    List.of(
                            "cpio",
                            "-o",
                            "-H",
                            "newc",
                            "--quiet",
                            "-R",
                            "0:0",
                            "-D",
                            run.resolve("guest").toString(),
                            "-F",
                            archive.toString()),
                    "root\nroot/.ssh\nroot/.ssh/authorized_keys\nroot/.ssh/host_key." + Guest.ONE.address()
                            + "\nroot/.ssh/host_key." + Guest.TWO.address() + "\n");
            // The kernel unpacks one archive after the other, compressed or not, each from a multiple of 4 octets on.
            byte[] padding = new byte[(int) (-Files.size(initrd) & 3)];
            Files.write(initrd, padding, StandardOpenOption.APPEND);
            Files.write(initrd, Files.readAllBytes(archive), StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new GuestImage(image.resolve("vmlinuz"), initrd);
    }

    /** The kernel's command line: the guest's address, its router, and whom it calls by itself. */
    static String commandLine(Guest guest) {
        return "console=ttyS0 quiet panic=-1 tsc=reliable no_timer_check mitigations=off random.trust_cpu=on"
                + " g.ip=" + guest.address() + "/24"
                + " g.gw=" + guest.home().routerAddress()
                + " g.to=" + Topology.CORRESPONDENT_ADDRESS + ":" + GuestsOwnSession.port(guest)
                + "," + guest.home().neighbourAddress() + ":" + GuestsOwnSession.port(guest);
    }
}
