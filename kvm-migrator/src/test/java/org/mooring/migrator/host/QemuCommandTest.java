package org.mooring.migrator.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mooring.migrator.host.Guest.Accelerator;

class QemuCommandTest {
    private static final GuestFiles FILES = new GuestFiles(Path.of("/run/guests"), "web");

    private static final Guest WEB = new Guest(
            "web",
            512,
            2,
            "52:54:00:ab:cd:ef",
            Accelerator.TCG,
            "pc",
            null,
            "/boot/vmlinuz",
            null,
            "console=ttyS0 quiet",
            List.of(new Disk("/images/a,b.qcow2", "qcow2", true, false), new Disk("/iso", "raw", false, true)),
            List.of("-device", "virtio-rng-pci"),
            "mt-web");

    private final List<String> arguments = new QemuCommand("qemu", WEB, FILES, false).arguments();

    @Test
    void hasTwoMonitors() {
        assertOption("-qmp", "unix:/run/guests/web.qmp,server=on,wait=off");
        assertOption("-qmp", "unix:/run/guests/web.hook.qmp,server=on,wait=off");
    }

    @Test
    void daemonizesWithItsPidAndItsLog() {
        assertTrue(arguments.contains("-daemonize"));
        assertOption("-pidfile", "/run/guests/web.pid");
        assertOption("-D", "/run/guests/web.qemu.log");
    }

    @Test
    void connectsTheTapWithTheGuestsAddress() {
        assertOption("-netdev", "tap,id=net0,script=no,downscript=no,ifname=mt-web");
        assertOption("-device", "virtio-net-pci,netdev=net0,romfile=,mac=52:54:00:ab:cd:ef");
    }

    @Test
    void neverGuessesADisksFormatAndCachesNothingThatIsShared() {
        assertOption("-drive", "id=disk0,if=virtio,format=qcow2,cache=none,file=/images/a,,b.qcow2");
        assertOption("-drive", "id=disk1,if=virtio,format=raw,readonly=on,file=/iso");
    }

    @Test
    void boots() {
        assertOption("-kernel", "/boot/vmlinuz");
        assertOption("-append", "console=ttyS0 quiet");
        assertFalse(arguments.contains("-initrd"));
        assertFalse(arguments.contains("-incoming"));
    }

    @Test
    void waitsForAnIncomingGuestToBeToldWhereFrom() {
        List<String> incoming = new QemuCommand("qemu", WEB, FILES, true).arguments();
        assertTrue(Collections.indexOfSubList(incoming, List.of("-incoming", "defer")) > 0, incoming::toString);
    }

    @Test
    void endsWithTheOperatorsOwnArguments() {
        assertEquals(List.of("-device", "virtio-rng-pci"), arguments.subList(arguments.size() - 2, arguments.size()));
    }

    private void assertOption(String option, String value) {
        assertTrue(
                Collections.indexOfSubList(arguments, List.of(option, value)) > 0,
                () -> option + " " + value + " in " + arguments);
    }
}
