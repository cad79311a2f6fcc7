package org.mooring.linux;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.mooring.linux.packet.EthernetFrame;

/** Many frames a second into a link, of UDP datagrams from addresses that are made up: {@code flood.c}. Needs gcc. */
public final class Flood implements AutoCloseable {
    private final Process process;
    private final BufferedReader said;
    private final long began = System.nanoTime();
    private long ended;
    private long sent;

    private Flood(Process process) {
        this.process = process;
        this.said = process.inputReader(StandardCharsets.US_ASCII);
    }

    /**
     * Begins.
     *
     * @param device in {@code namespace}
     * @param rate frames a second, if this machine can
     * @param frames sent in turn, their last 16 octets others each time; so are source MAC address, source address and port where they are zero
     */
    public static Flood start(
            NetworkNamespace namespace, String device, int rate, List<EthernetFrame> frames, Path directory)
            throws IOException, InterruptedException {
        var program = compile(directory);
        var flood = new Flood(new ProcessBuilder(
                        "ip", "netns", "exec", namespace.name(), program.toString(), device, Integer.toString(rate))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
        var input = flood.process.getOutputStream();
        for (var frame : frames) {
            input.write((hex(frame.toOctets()) + "\n").getBytes(StandardCharsets.US_ASCII));
        }
        input.write('\n');
        input.flush();
        if (!"flooding".equals(flood.said.readLine())) {
            throw new IOException("nothing is flooded");
        }
        return flood;
    }

    private static String hex(ByteBuffer octets) {
        var bytes = new byte[octets.remaining()];
        octets.duplicate().get(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static Path compile(Path directory) throws IOException, InterruptedException {
        var source = directory.resolve("flood.c");
        try (var resource = Objects.requireNonNull(Flood.class.getResourceAsStream("flood.c"))) {
            Files.write(source, resource.readAllBytes());
        }
        var program = directory.resolve("flood");
        int exit = new ProcessBuilder("gcc", "-O2", "-o", program.toString(), source.toString())
                .inheritIO()
                .start()
                .waitFor();
        if (exit != 0) {
            throw new IOException("gcc ended with " + exit);
        }
        return program;
    }

    /**
     * Ends it.
     *
     * @return how many frames left
     */
    public long stop() throws IOException {
        process.getOutputStream().close();
        var count = said.readLine();
        ended = System.nanoTime();
        sent = Long.parseLong(Objects.requireNonNull(count, "the flood has broken off"));
        return sent;
    }

    /** How many a second that was, once it has ended. */
    public long rate() {
        return sent * 1_000_000_000L / (ended - began);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
