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
import java.util.Set;

/** The process that has a UDP port. */
public record PortOwner(String program, long pid) {
    private static final Path PROC = Path.of("/proc");
    private static final String ZERO = "00000000";

    /**
     * Who has bound {@code local}, or the wildcard address with its port. Empty if nobody has, or if this process may not
     * look at the one that has.
     */
    public static Optional<PortOwner> of(InetSocketAddress local) {
        try {
            List<String> sockets = new ArrayList<>();
            for (Path table : List.of(PROC.resolve("thread-self/net/udp"), PROC.resolve("thread-self/net/udp6"))) {
                // Without IPv6 there is only the first.
                for (String inode :
                        Files.exists(table) ? inodes(Files.readAllLines(table), local) : List.<String>of()) {
                    sockets.add("socket:[" + inode + "]");
                }
            }
            return sockets.isEmpty() ? Optional.empty() : owner(sockets);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The inodes of the sockets in {@code table}, which is written as /proc/net/udp or udp6 is. */
    static List<String> inodes(List<String> table, InetSocketAddress local) {
        Set<String> names = names(local);
        return table.stream()
                .skip(1)
                .map(line -> line.strip().split("\\s+"))
                .filter(field -> field.length > 9 && names.contains(field[1]))
                .map(field -> field[9])
                .toList();
    }

    /** What a socket that has {@code local} may be bound to: it or the wildcard, as IPv4 or as IPv6 has them. */
    private static Set<String> names(InetSocketAddress local) {
        // The kernel prints each 32 bits of an address as a number of its own byte order, and the port as a number.
        String address = word(ByteBuffer.wrap(local.getAddress().getAddress()));
        String mapped = word(ByteBuffer.allocate(4).putShort(2, (short) 0xffff));
        String port = String.format(Locale.ROOT, ":%04X", local.getPort());
        return Set.of(
                address + port, ZERO + port, ZERO + ZERO + mapped + address + port, ZERO + ZERO + ZERO + ZERO + port);
    }

    private static String word(ByteBuffer octets) {
        return String.format(
                Locale.ROOT, "%08X", octets.order(ByteOrder.nativeOrder()).getInt());
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
