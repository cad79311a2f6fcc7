package org.mooring.linux.bpf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How many CPUs the kernel keeps per-CPU values for: all that could ever come online. */
final class PossibleCpus {
    private static final Path LIST = Path.of("/sys/devices/system/cpu/possible");

    private PossibleCpus() {}

    static int count() throws IOException {
        return countOf(Files.readString(LIST).strip());
    }

    /** Counts a list like {@code 0-3,8}. */
    static int countOf(String list) {
        int count = 0;
        for (String range : list.split(",", -1)) {
            String[] ends = range.split("-", 2);
            count += Integer.parseInt(ends[ends.length - 1]) - Integer.parseInt(ends[0]) + 1;
        }
        return count;
    }
}
