package org.mooring.runtime.preflight;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.mooring.runtime.Failure;

/** The capabilities(7) that a program of this project may need. */
public enum Capability {
    /** Ports below 1024. */
    NET_BIND_SERVICE(10),
    /** Links, routes, neighbours, filters. */
    NET_ADMIN(12),
    /** Packet sockets. */
    NET_RAW(13),
    /** All that CAP_BPF allows and more; kernels older than 5.8 know only this one. */
    SYS_ADMIN(21),
    /** BPF programs that follow pointers. */
    PERFMON(38),
    /** BPF maps and programs. */
    BPF(39);

    private static final Path STATUS = Path.of("/proc/self/status");

    private final int bit;

    Capability(int bit) {
        this.bit = bit;
    }

    /**
     * Refuses to go on without {@code needed}.
     *
     * @throws Failure that names all that this process doesn't have
     */
    public static void require(Capability... needed) throws Failure {
        require(ofThisProcess(), needed);
    }

    /**
     * Refuses to go on without what an agent needs.
     *
     * @param bpf whether its datapath loads programs
     * @throws Failure that names all that this process doesn't have
     */
    public static void requireOfAgent(boolean bpf) throws Failure {
        EnumSet<Capability> needed = EnumSet.of(NET_ADMIN, NET_RAW, NET_BIND_SERVICE);
        if (bpf) {
            needed.add(BPF);
            needed.add(PERFMON);
        }
        require(needed.toArray(Capability[]::new));
    }

    static void require(Set<Capability> held, Capability... needed) throws Failure {
        List<Capability> missing = Arrays.stream(needed)
                .filter(capability -> !capability.isAmong(held))
                .toList();
        if (!missing.isEmpty()) {
            throw new Failure(need(missing));
        }
    }

    private boolean isAmong(Set<Capability> held) {
        boolean implied = (this == BPF || this == PERFMON) && held.contains(SYS_ADMIN);
        return held.contains(this) || implied;
    }

    /** What to do when it is missing. */
    public String need() {
        return need(List.of(this));
    }

    private static String need(List<Capability> missing) {
        String names =
                missing.stream().map(capability -> "CAP_" + capability.name()).collect(Collectors.joining(", "));
        return "needs " + names + ": run as root or grant " + (missing.size() == 1 ? "it" : "them")
                + " (AmbientCapabilities= in the unit)";
    }

    /** The effective capabilities. */
    public static Set<Capability> ofThisProcess() {
        try {
            return ofStatus(Files.readAllLines(STATUS));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads the line {@code CapEff:} of proc_pid_status(5), a mask in hexadecimal. */
    static Set<Capability> ofStatus(List<String> status) {
        long mask = status.stream()
                .filter(line -> line.startsWith("CapEff:"))
                .mapToLong(line -> Long.parseUnsignedLong(
                        line.substring("CapEff:".length()).strip(), 16))
                .findFirst()
                .orElse(0);
        EnumSet<Capability> held = EnumSet.noneOf(Capability.class);
        for (Capability capability : values()) {
            if ((mask & (1L << capability.bit)) != 0) {
                held.add(capability);
            }
        }
        return held;
    }
}
