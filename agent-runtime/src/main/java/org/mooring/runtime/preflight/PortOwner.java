package org.mooring.runtime.preflight;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The process that has a UDP port. */
public record PortOwner(String program, long pid) {
    private static final Path PROC = Path.of("/proc");

    /**
     * Who has bound {@code local}, or the wildcard address with its port. Empty if nobody has, or if this process may not
     * look at the one that has.
     */
    public static Optional<PortOwner> of(InetSocketAddress local) {
        try {
            List<String> sockets = new ArrayList<>();
            for (String inode : inodes(Files.readAllLines(PROC.resolve("thread-self/net/udp")), local)) {
                sockets.add("socket:[" + inode + "]");
            }
            return sockets.isEmpty() ? Optional.empty() : owner(sockets);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The inodes of the sockets in {@code table}, which is written as /proc/net/udp is. */
    static List<String> inodes(List<String> table, InetSocketAddress local) {
        // The kernel prints the address as a number of its own byte order, the port as a number.
        int address = ByteBuffer.wrap(local.getAddress().getAddress())
                .order(ByteOrder.nativeOrder())
                .getInt();
        String bound = String.format(Locale.ROOT, "%08X:%04X", address, local.getPort());
        String wildcard = String.format(Locale.ROOT, "00000000:%04X", local.getPort());
        return table.stream()
                .skip(1)
                .map(line -> line.strip().split("\\s+"))
                .filter(field -> field.length > 9 && (field[1].equals(bound) || field[1].equals(wildcard)))
                .map(field -> field[9])
                .toList();
    }

    private static Optional<PortOwner> owner(List<String> sockets) throws IOException {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                if (holds(process, sockets)) {
                    String program = Files.readString(process.resolve("comm")).strip();
                    return Optional.of(new PortOwner(
                            program, Long.parseLong(process.getFileName().toString())));
                }
            }
        }
        return Optional.empty();
    }

    private static boolean holds(Path process, List<String> sockets) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                if (sockets.contains(Files.readSymbolicLink(descriptor).toString())) {
                    return true;
                }
            }
        } catch (IOException notOursToSeeOrGone) {
            return false;
        }
        return false;
    }

    @Override
    public String toString() {
        return program + " (pid " + pid + ")";
    }
}
