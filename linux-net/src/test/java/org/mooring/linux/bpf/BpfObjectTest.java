package org.mooring.linux.bpf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;

class BpfObjectTest {
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
        try (var object = BpfObject.load(compile(COUNTER))) {
            var map = object.map("by_protocol");
            var frame = new byte[64];
            frame[12] = 8;

            assertEquals(2, object.program("count").run(frame).answer());
            map.put(key(8), value(5, 0));
            assertEquals(0, object.program("count").run(frame).answer());
            assertEquals(7, object.program("other").run(frame).answer());
            assertEquals(7, object.program("other").question(frame.length).ask(ByteBuffer.wrap(frame)));

            assertEquals(6, map.get(key(8)).orElseThrow().getInt(0));
            assertTrue(map.remove(key(8)));
            assertFalse(map.remove(key(8)));
            assertTrue(map.get(key(8)).isEmpty());
        }
    }

    @Test
    @Tag("netns")
    void manyEntriesAreWrittenWithOneCallAndWalked() throws Exception {
        try (var object = BpfObject.load(compile(COUNTER))) {
            var map = object.map("by_protocol");
            map.putAll(Stream.of(new BpfMap.Entry(key(1), value(1, 0)), new BpfMap.Entry(key(2), value(2, 0))));

            Map<Short, Integer> seen = new HashMap<>();
            map.forEach((key, value) -> seen.put(key.getShort(), value.getInt()));

            assertEquals(Map.of((short) 1, 1, (short) 2, 2), seen);
        }
    }

    @Test
    @Tag("netns")
    void moreEntriesThanOneBatchHolds() throws Exception {
        try (var object = BpfObject.load(compile(map("BPF_MAP_TYPE_HASH", "__u32", "__u64", 10_000, "")))) {
            var entries = IntStream.range(0, 10_000)
                    .mapToObj(i -> new BpfMap.Entry(word(i), wide(i * 3L)))
                    .toList();
            object.map("m").putAll(entries.stream());

            Map<ByteBuffer, ByteBuffer> seen = new HashMap<>();
            object.map("m").forEach(seen::put);
            assertEquals(entries.stream().collect(Collectors.toMap(BpfMap.Entry::key, BpfMap.Entry::value)), seen);
        }
    }

    @Test
    @Tag("netns")
    void whoLoadsItSaysHowManyEntriesAMapHas() throws Exception {
        byte[] file = compile(map("BPF_MAP_TYPE_HASH", "__u32", "__u64", 10_000, ""));
        try (var object = BpfObject.load(file, any -> true, Map.of("m", 1))) {
            object.map("m").put(word(1), wide(1));
            assertThrows(KernelException.class, () -> object.map("m").put(word(2), wide(2)));
        }
    }

    @Test
    @Tag("netns")
    void aPerCpuMapHasAValueForEachCpu() throws Exception {
        int cpus = PossibleCpus.count();
        var program = map("BPF_MAP_TYPE_PERCPU_ARRAY", "__u32", "__u32", 2, "") + """
                SEC("tc") int count(struct __sk_buff *skb)
                {
                    __u32 key = 1;
                    __u32 *value = bpf_map_lookup_elem(&m, &key);
                    if (value)
                        ++*value;
                    return TC_ACT_OK;
                }
                """;
        try (var object = BpfObject.load(compile(program))) {
            var initial = ByteBuffer.allocate(8 * cpus).order(ByteOrder.nativeOrder());
            for (int cpu = 0; cpu < cpus; cpu++) {
                initial.putInt(8 * cpu, 100);
            }
            object.map("m").put(word(1), initial);
            object.program("count").run(new byte[64]);
            object.program("count").run(new byte[64]);
            var value = object.map("m").get(word(1)).orElseThrow();
            assertEquals(8 * cpus, value.remaining());
            int sum = 0;
            for (int cpu = 0; cpu < cpus; cpu++) {
                sum += value.getInt(8 * cpu);
            }
            assertEquals(100 * cpus + 2, sum);
            assertThrows(IllegalArgumentException.class, () -> object.map("m").put(word(1), word(7)));
        }
    }

    @Test
    void countsPossibleCpus() {
        assertEquals(1, PossibleCpus.countOf("0"));
        assertEquals(4, PossibleCpus.countOf("0-3"));
        assertEquals(6, PossibleCpus.countOf("0-3,8,10"));
    }

    @Test
    void aMapOfATypeThatNeedsMoreIsRefused() throws Exception {
        var file = compile(map("BPF_MAP_TYPE_DEVMAP", "__u32", "__u32", 2, ""));
        var refusal = assertThrows(InvalidBpfObjectException.class, () -> BpfObject.load(file));
        assertTrue(String.valueOf(refusal.getMessage()).contains("map m: type 14"), refusal.getMessage());
        var pinned = compile(map("BPF_MAP_TYPE_HASH", "__u32", "__u32", 2, "__uint(pinning, LIBBPF_PIN_BY_NAME);"));
        refusal = assertThrows(InvalidBpfObjectException.class, () -> BpfObject.load(pinned));
        assertTrue(String.valueOf(refusal.getMessage()).contains("pinning"), refusal.getMessage());
    }

    @Test
    @Tag("netns")
    void sizesComeFromTypes() throws Exception {
        var nested = """
                typedef const __u16 port;
                struct inner { port ports[3]; };
                struct value { struct inner inner[2]; void *pointer; enum { A, B } e; };
                """ + map("BPF_MAP_TYPE_HASH", "struct inner", "struct value", 2, "");
        try (var object = BpfObject.load(compile(nested))) {
            object.map("m").put(ByteBuffer.allocate(6), ByteBuffer.allocate(32));
            assertTrue(object.map("m").get(ByteBuffer.allocate(6)).isPresent());
        }
    }

    @Test
    void relocationsToTheKernelsTypesAreRefused() throws Exception {
        var file = compile("""
                struct task { int pid; } __attribute__((preserve_access_index));
                SEC("tc") int peek(struct __sk_buff *skb)
                {
                    return ((struct task *)(long)skb->data)->pid;
                }
                """);
        var refusal = assertThrows(InvalidBpfObjectException.class, () -> BpfObject.load(file));
        assertTrue(String.valueOf(refusal.getMessage()).contains("CO-RE"), refusal.getMessage());
    }

    @Test
    @Tag("netns")
    void aFullMapSaysSo() throws Exception {
        try (var object = BpfObject.load(compile(COUNTER))) {
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
        var file = compile("SEC(\"tc\") int bad(struct __sk_buff *skb) { return *(volatile int *)(long)skb->data; }");
        var refusal = assertThrows(KernelException.class, () -> BpfObject.load(file));
        assertEquals(Errno.EACCES, refusal.errno());
        assertTrue(String.valueOf(refusal.getMessage()).contains("processed "), refusal.getMessage());
    }

    @Test
    void aCallThatIsNotInlinedIsRefused() throws Exception {
        var file = compile(
                "static __attribute__((noinline)) int callee(struct __sk_buff *skb) { return skb->len + skb->mark; }\n"
                        + "SEC(\"tc\") int caller(struct __sk_buff *skb) { return callee(skb) + callee(skb); }");
        var refusal = assertThrows(InvalidBpfObjectException.class, () -> BpfObject.load(file));
        assertTrue(String.valueOf(refusal.getMessage()).contains("__always_inline"), refusal.getMessage());
    }

    @Test
    void aGlobalVariableIsRefused() throws Exception {
        var file = compile("volatile int many; SEC(\"tc\") int caller(struct __sk_buff *skb) { return many; }");
        var refusal = assertThrows(InvalidBpfObjectException.class, () -> BpfObject.load(file));
        assertTrue(String.valueOf(refusal.getMessage()).contains("many"), refusal.getMessage());
    }

    @Test
    void aDamagedFileIsRefused() throws Exception {
        // Without maps and programs in loadable sections nothing reaches the kernel, whatever survives the damage.
        var file = compile("SEC(\"nothing\") int unused(struct __sk_buff *skb) { return 0; }");
        for (int length = 0; length < file.length - 64; length += 7) {
            var cut = Arrays.copyOf(file, length);
            assertThrows(InvalidBpfObjectException.class, () -> BpfObject.load(cut), "cut to " + length);
        }
        var garbage = new byte[4096];
        new Random(1).nextBytes(garbage);
        assertThrows(InvalidBpfObjectException.class, () -> BpfObject.load(garbage));
    }

    private static String map(String type, String key, String value, int entries, String more) {
        return """
                struct {
                    __uint(type, %s);
                    __type(key, %s);
                    __type(value, %s);
                    __uint(max_entries, %d);
                    %s
                } m SEC(".maps");
                """.formatted(type, key, value, entries, more);
    }

    private static ByteBuffer word(int value) {
        return ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(0, value);
    }

    private static ByteBuffer wide(long value) {
        return ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong(0, value);
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
        return Clang.compile(folder, source);
    }
}
