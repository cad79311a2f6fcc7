package org.mooring.linux.bpf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;

class BpfObjectTest {
    private static final String HEAD = """
            #include <linux/bpf.h>
            #include <linux/pkt_cls.h>
            #include <bpf/bpf_helpers.h>
            char _license[] SEC("license") = "GPL";
            """;

    private static final String COUNTER = """
            struct pair { __u32 frames; __u32 last; };
            struct {
                __uint(type, BPF_MAP_TYPE_HASH);
                __type(key, __u16);
                __type(value, struct pair);
                __uint(max_entries, 4);
                __uint(map_flags, BPF_F_NO_PREALLOC);
            } by_protocol SEC(".maps");

            SEC("tc") int count(struct __sk_buff *skb)
            {
                __u16 key = skb->protocol;
                struct pair *pair = bpf_map_lookup_elem(&by_protocol, &key);
                if (!pair)
                    return TC_ACT_SHOT;
                pair->frames++;
                pair->last = skb->len;
                return TC_ACT_OK;
            }

            SEC("tc") int other(struct __sk_buff *skb) { return 7; }
            """;

    @TempDir
    Path folder;

    @Test
    @Tag("netns")
    void programsAndJavaShareAMap() throws Exception {
        try (var object = BpfObject.load(compile(HEAD + COUNTER))) {
            var map = object.map("by_protocol");
            var frame = new byte[64];
            frame[12] = 8;

            assertEquals(2, object.program("count").run(frame).answer());
            map.put(key(8), value(5, 0));
            assertEquals(0, object.program("count").run(frame).answer());
            assertEquals(7, object.program("other").run(frame).answer());

            assertEquals(6, map.get(key(8)).orElseThrow().getInt(0));
            assertTrue(map.remove(key(8)));
            assertFalse(map.remove(key(8)));
            assertTrue(map.get(key(8)).isEmpty());
        }
    }

    @Test
    @Tag("netns")
    void manyEntriesAreWrittenWithOneCallAndWalked() throws Exception {
        try (var object = BpfObject.load(compile(HEAD + COUNTER))) {
            var map = object.map("by_protocol");
            map.putAll(List.of(new BpfMap.Entry(key(1), value(1, 0)), new BpfMap.Entry(key(2), value(2, 0))));

            Map<Short, Integer> seen = new HashMap<>();
            map.forEach((key, value) -> seen.put(key.getShort(0), value.getInt(0)));

            assertEquals(Map.of((short) 1, 1, (short) 2, 2), seen);
        }
    }

    @Test
    @Tag("netns")
    void aFullMapSaysSo() throws Exception {
        try (var object = BpfObject.load(compile(HEAD + COUNTER))) {
            var map = object.map("by_protocol");
            for (int i = 0; i < 4; i++) {
                map.put(key(i), value(i, 0));
            }
            var refusal = assertThrows(KernelException.class, () -> map.put(key(5), value(5, 0)));
            assertTrue(
                    String.valueOf(refusal.getMessage()).contains("by_protocol (room for 4 entries)"),
                    refusal.getMessage());
        }
    }

    @Test
    @Tag("netns")
    void theVerifierSaysWhy() throws Exception {
        var file = compile(
                HEAD + "SEC(\"tc\") int bad(struct __sk_buff *skb) { return *(volatile int *)(long)skb->data; }");
        var refusal = assertThrows(KernelException.class, () -> BpfObject.load(file));
        assertEquals(Errno.EACCES, refusal.errno());
        assertTrue(String.valueOf(refusal.getMessage()).contains("processed "), refusal.getMessage());
    }

    @Test
    void aCallThatIsNotInlinedIsRefused() throws Exception {
        var file = compile(HEAD
                + "static __attribute__((noinline)) int callee(struct __sk_buff *skb) { return skb->len + skb->mark; }\n"
                + "SEC(\"tc\") int caller(struct __sk_buff *skb) { return callee(skb) + callee(skb); }");
        var refusal = assertThrows(InvalidBpfObjectException.class, () -> BpfObject.load(file));
        assertTrue(String.valueOf(refusal.getMessage()).contains("__always_inline"), refusal.getMessage());
    }

    @Test
    void aGlobalVariableIsRefused() throws Exception {
        var file = compile(HEAD + "volatile int many; SEC(\"tc\") int caller(struct __sk_buff *skb) { return many; }");
        var refusal = assertThrows(InvalidBpfObjectException.class, () -> BpfObject.load(file));
        assertTrue(String.valueOf(refusal.getMessage()).contains("many"), refusal.getMessage());
    }

    @Test
    void aDamagedFileIsRefused() throws Exception {
        // Without maps and programs in loadable sections nothing reaches the kernel, whatever survives the damage.
        var file = compile(HEAD + "SEC(\"nothing\") int unused(struct __sk_buff *skb) { return 0; }");
        for (int length = 0; length < file.length - 64; length += 7) {
            var cut = Arrays.copyOf(file, length);
            assertThrows(InvalidBpfObjectException.class, () -> BpfObject.load(cut), "cut to " + length);
        }
        var garbage = new byte[4096];
        new Random(1).nextBytes(garbage);
        assertThrows(InvalidBpfObjectException.class, () -> BpfObject.load(garbage));
    }

    private static ByteBuffer key(int protocol) {
        return ByteBuffer.allocate(2)
                .order(ByteOrder.nativeOrder())
                .putShort((short) protocol)
                .flip();
    }

    private static ByteBuffer value(int frames, int last) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.nativeOrder())
                .putInt(frames)
                .putInt(last)
                .flip();
    }

    private byte[] compile(String source) throws Exception {
        Path object = folder.resolve("test.o");
        var process = new ProcessBuilder(
                        "clang",
                        "-O2",
                        "-g",
                        "-target",
                        "bpf",
                        "-x",
                        "c",
                        "-",
                        "-c",
                        "-o",
                        object.toString(),
                        "-I/usr/include/x86_64-linux-gnu",
                        "-I/usr/include/aarch64-linux-gnu")
                .redirectErrorStream(true)
                .start();
        try (var in = process.getOutputStream()) {
            in.write(source.getBytes(StandardCharsets.UTF_8));
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        return Files.readAllBytes(object);
    }
}
