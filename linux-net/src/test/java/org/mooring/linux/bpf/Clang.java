package org.mooring.linux.bpf;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Compiles BPF programs that stand in a test's text. */
public final class Clang {
    private static final String HEAD = """
            #include <linux/bpf.h>
            #include <linux/pkt_cls.h>
            #include <bpf/bpf_helpers.h>
            char _license[] SEC("license") = "GPL";
            """;

    private Clang() {}

    /** The object made of {@code source}, which needs no headers and no licence of its own. */
    public static byte[] compile(Path folder, String source) throws Exception {
        Path object = folder.resolve("test.bpf.o");
        Process process = new ProcessBuilder(
                        "clang",
                        "-O2",
                        "-g",
                        "-target",
                        "bpf",
                        "-I/usr/include/x86_64-linux-gnu",
                        "-I/usr/include/aarch64-linux-gnu",
                        "-x",
                        "c",
                        "-c",
                        "-",
                        "-o",
                        object.toString())
                .redirectErrorStream(true)
                .start();
        try (OutputStream in = process.getOutputStream()) {
            in.write((HEAD + source).getBytes(StandardCharsets.UTF_8));
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new AssertionError(said);
        }
        return Files.readAllBytes(object);
    }
}
