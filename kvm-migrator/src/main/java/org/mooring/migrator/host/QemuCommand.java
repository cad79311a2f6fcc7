package org.mooring.migrator.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The command line of a guest's QEMU. */
record QemuCommand(String qemu, Guest guest, GuestFiles files, boolean incoming) {
    List<String> arguments() {
        List<String> arguments = new ArrayList<>(List.of(qemu));
        // Nothing that this host has and the other may not: no user's configuration, no default devices.
        add(arguments, "-no-user-config", "-nodefaults", "-display", "none");
        add(arguments, "-name", "guest=" + guest.name());
        add(
                arguments,
                "-machine",
                guest.machine(),
                "-accel",
                guest.accel().name().toLowerCase(Locale.ROOT));
        add(arguments, "-m", Integer.toString(guest.memory()), "-smp", Integer.toString(guest.cpus()));
        if (guest.cpu() != null) {
            add(arguments, "-cpu", guest.cpu());
        }
        kernel(arguments);
        add(arguments, "-netdev", "tap,id=net0,script=no,downscript=no,ifname=" + escape(guest.tap()));
        // Without a boot ROM, since its size would have to be the same at both hosts.
        add(arguments, "-device", "virtio-net-pci,netdev=net0,romfile=,mac=" + guest.mac());
        for (int i = 0; i < guest.disks().size(); i++) {
            add(arguments, "-drive", drive(i, guest.disks().get(i)));
        }
        add(
                arguments,
                "-chardev",
                "file,id=console,append=on,path=" + escape(files.console().toString()));
        add(arguments, "-serial", "chardev:console");
        add(arguments, "-qmp", monitor(files.monitor().toString()));
        add(arguments, "-qmp", monitor(files.hookMonitor().toString()));
        add(arguments, "-daemonize", "-pidfile", files.pid().toString());
        // Once daemonized, QEMU's complaints go to its log; that a stream could not be read is said nowhere else.
        add(arguments, "-D", files.qemuLog().toString());
        if (incoming) {
            add(arguments, "-incoming", "defer");
        }
        arguments.addAll(guest.extraArgs());
        return List.copyOf(arguments);
    }

    private void kernel(List<String> arguments) {
        if (guest.kernel() != null) {
            add(arguments, "-kernel", guest.kernel());
        }
        if (guest.initrd() != null) {
            add(arguments, "-initrd", guest.initrd());
        }
        if (guest.append() != null) {
            add(arguments, "-append", guest.append());
        }
    }

    private static String drive(int number, Disk disk) {
        // A shared disk isn't cached here, or the other host would read what this one has yet to write.
        return "id=disk" + number + ",if=virtio,format=" + escape(disk.format()) + (disk.shared() ? ",cache=none" : "")
                + (disk.readOnly() ? ",readonly=on" : "") + ",file=" + escape(disk.file());
    }

    private static String monitor(String socket) {
        return "unix:" + escape(socket) + ",server=on,wait=off";
    }

    /** A comma ends an option's value unless it is doubled. */
    private static String escape(String value) {
        return value.replace(",", ",,");
    }

    private static void add(List<String> arguments, String... more) {
        arguments.addAll(List.of(more));
    }
}
