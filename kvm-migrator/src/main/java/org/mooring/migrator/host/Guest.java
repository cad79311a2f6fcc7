package org.mooring.migrator.host;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A guest as it is started: all that must be the same at both hosts. The source sends its own to the destination, so that two configuration
 * files can't disagree.
 *
 * @param name as in file names, so without a dot or slash
 * @param memory in MiB
 * @param accel QEMU's accelerator; the operator's choice, because a /dev/kvm that opens need not work
 * @param machine QEMU's machine type, such as {@code pc} or {@code pc-i440fx-7.2}
 * @param cpu QEMU's CPU model, or null for its default
 * @param tap the tap device's name
 */
record Guest(
        String name,
        int memory,
        int cpus,
        String mac,
        Accelerator accel,
        String machine,
        @Nullable String cpu,
        @Nullable String kernel,
        @Nullable String initrd,
        @Nullable String append,
        List<Disk> disks,
        List<String> extraArgs,
        String tap) {
    static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,47}");

    /** As in qemu(1), with one hyphen or two. */
    private static final Pattern DRIVE = Pattern.compile("--?(drive|blockdev|hd[a-d]|fd[ab]|sd|mtdblock|pflash)");

    private static final Pattern READ_ONLY = Pattern.compile("read-?only=on");

    private static final int LONGEST_DEVICE_NAME = 15;

    enum Accelerator {
        KVM,
        TCG
    }

    Guest {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("'" + name + "' is no guest's name");
        }
        // A definition may come from the other host.
        for (Object needed : new Object[] {mac, accel, machine, tap}) {
            Objects.requireNonNull(needed, "incomplete definition");
        }
        disks = List.copyOf(disks);
        extraArgs = List.copyOf(extraArgs);
    }

    static String tapOf(String name) {
        String tap = "mt-" + name;
        return tap.length() <= LONGEST_DEVICE_NAME ? tap : tap.substring(0, LONGEST_DEVICE_NAME);
    }

    /** The first of the extra arguments by which QEMU is given a disk to write to, of which {@link #disks} doesn't tell. */
    Optional<String> driveArgument() {
        return IntStream.range(0, extraArgs.size())
                .filter(i -> DRIVE.matcher(extraArgs.get(i)).matches())
                .filter(i -> i + 1 == extraArgs.size()
                        || !READ_ONLY.matcher(extraArgs.get(i + 1)).find())
                .mapToObj(extraArgs::get)
                .findFirst();
    }

    Guest with(Accelerator other) {
        return new Guest(name, memory, cpus, mac, other, machine, cpu, kernel, initrd, append, disks, extraArgs, tap);
    }

    /** As the running QEMU names its machine: an alias such as {@code pc} means another one to another version. */
    Guest withMachine(String type) {
        return new Guest(name, memory, cpus, mac, accel, type, cpu, kernel, initrd, append, disks, extraArgs, tap);
    }
}
