package org.mooring.conformance.fuzz;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.protocol.wire.Octets;

@DisplayName("Decoders bear what is made of what they accept, with a small multiple of its memory")
class HostileInputTest {
    private static final long SEED = 3344;
    private static final int MUTANTS = 4_000;

    /** So much that what each octet costs counts for more than what each input does; with the most that a datagram has it would take minutes. */
    private static final int LONG = 16_384;

    private static final int PLACES = 12;

    /** For each input, however short: a channel and its handlers, buffers as they begin, what formats an address. */
    private static final int ONCE = 16_384;

    @ParameterizedTest
    @EnumSource
    void bearsMutants(Decoder decoder) {
        for (var example : decoder.examples()) {
            bearsMutants(decoder, example);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "'V17: GRE in UDP', 450000440000000040118e71c6336402c0000202 01b201b200300000 042f0000 00000800"
                + "4500002000000000401134980a010032cb0071020fa00fa0000c000001020304",
        "'V17: minimal encapsulation in UDP', 450000340000000040118e81c6336402c0000202 01b201b200200000 04370000"
                + "1100e4f90a010005 0fa00fa0000c000001020304",
        "'V18: GRE with a key', 4500003c00000000402f8e5bc6336402c0000202 20000800cafe0001"
                + "4500002000000000401134980a010032cb0071020fa00fa0000c000001020304"
    })
    @DisplayName("what tunnels here never carry is refused, and its mutants are borne")
    void refuses(String name, String vector) {
        var packet = Octets.ofHex(vector);
        assertFalse(Decoder.TUNNEL.accepts(packet));
        bearsMutants(Decoder.TUNNEL, packet);
    }

    private static void bearsMutants(Decoder decoder, Octets original) {
        for (int i = 0; i < MUTANTS; i++) {
            long seed = SEED + i;
            var mutant = mutate(original, new Random(seed));
            assertDoesNotThrow(() -> decoder.accepts(mutant), () -> "seed " + seed + " of " + original);
        }
    }

    @ParameterizedTest
    @EnumSource
    void takesASmallMultipleOfItsInput(Decoder decoder) {
        eachLong(decoder, input -> {
            // The least, so that what is loaded or kept for later isn't counted.
            long allocated = IntStream.range(0, 3)
                    .mapToLong(time -> allocated(() -> decoder.accepts(input)))
                    .min()
                    .orElseThrow();

            assertTrue(
                    allocated <= most(decoder, input.length()),
                    () -> "%d octets for one of %d that begins with %s"
                            .formatted(allocated, input.length(), input.slice(0, Math.min(100, input.length()))));
        });
    }

    /** Octets of memory for an input of {@code length}. */
    private static long most(Decoder decoder, int length) {
        int forEach = switch (decoder) {
            // Each octet may be an extension: an object, its place in a list and what compares it with its like, and
            // once more as it is encoded back.
            case REGISTRATION, AGENT_DISCOVERY -> 96;
            // What they carry is copied from layer to layer, and back.
            case TUNNEL_DATA, KEEPALIVE, HANDOVER_MESSAGE, FRAME, ICMP_ERROR, TUNNEL_ERROR -> 8;
            // They work in memory that is theirs: the one copy is what hands the input over.
            case TUNNEL, SEGMENTS -> 2;
            // Netty's and Jackson's: three octets may be a chunk of a request, or an array in an array, which are
            // several objects each.
            case CONTROL_REQUEST, QMP -> 32;
        };
        return (long) forEach * length + ONCE;
    }

    /** What goes on as it began: the rest of an example, or some octets of it, again and again. */
    private static void eachLong(Decoder decoder, Consumer<Octets> consumer) {
        for (var example : decoder.examples()) {
            consumer.accept(example);
            for (int place = 0; place < PLACES; place++) {
                int from = place * example.length() / PLACES;
                for (int octets : new int[] {1, 2, 3, 6, 10, example.length()}) {
                    var repeated = example.slice(from, Math.min(from + octets, example.length()));
                    consumer.accept(again(example.slice(0, from), repeated));
                }
            }
        }
        decoder.floods().forEach(flood -> consumer.accept(again(Octets.EMPTY, flood)));
    }

    private static Octets again(Octets before, Octets repeated) {
        var octets = Arrays.copyOf(before.toByteArray(), LONG);
        for (int at = before.length(); at < LONG; at++) {
            octets[at] = (byte) repeated.unsignedByte((at - before.length()) % repeated.length());
        }
        return Octets.of(octets);
    }

    private static long allocated(Runnable what) {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        what.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    /** Flips a bit, cuts, extends or repeats, one to four times. */
    private static Octets mutate(Octets original, Random random) {
        var octets = original;
        for (int times = 1 + random.nextInt(4); times > 0 && octets.length() > 0; times--) {
            int at = random.nextInt(octets.length());
            var before = octets.slice(0, at);
            octets = switch (random.nextInt(5)) {
                case 0, 1 ->
                    before.concat(Octets.of((byte) (octets.unsignedByte(at) ^ (1 << random.nextInt(8)))))
                            .concat(octets.slice(at + 1));
                case 2 -> before;
                case 3 -> octets.concat(random(random));
                default -> octets.concat(octets.slice(at));
            };
        }
        return octets;
    }

    private static Octets random(Random random) {
        var octets = new byte[1 + random.nextInt(8)];
        random.nextBytes(octets);
        return Octets.of(octets);
    }
}
