package org.mooring.linux.bpf;

import static org.mooring.linux.KernelException.check;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.IntToLongFunction;
import java.util.stream.Stream;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;
import org.mooring.linux.libc.Descriptor;
import org.mooring.linux.libc.Memory;

/**
 * A map in the kernel, shared with the programs that use it. Keys and values are what a buffer has left to read; they must have the
 * map's sizes. A value of a per-CPU map is that of each possible CPU, one after the other, padded to eight octets each. Safe for use by
 * several threads. Programs and filters keep a map alive after {@link #close}.
 */
public final class BpfMap implements AutoCloseable {
    private static final int CREATE_ATTRIBUTES_SIZE = 48;
    private static final int ATTRIBUTES_SIZE = 32;
    private static final int BATCH_ATTRIBUTES_SIZE = 56;

    /** Bounds the memory for a batch. */
    private static final int MOST_AT_ONCE = 4096;

    /** What kernels say whose maps of this type know no batches. */
    private static final Set<Long> NO_BATCHES =
            Set.of(-(long) Errno.EINVAL.number(), -(long) Errno.ENOTSUPP.number(), -(long) Errno.EOPNOTSUPP.number());

    private final MapSpec spec;
    private final int valueSize;
    private final Descriptor descriptor;

    // What calls for one entry are laid out in: memory outside the heap costs more to allocate than such a call takes.
    private final Memory key;
    private final Memory value;
    private final Memory next;
    private final Memory named;
    private final Memory element;
    private final Memory walk;

    private BpfMap(MapSpec spec, int valueSize, Descriptor descriptor) {
        this.spec = spec;
        this.valueSize = valueSize;
        this.descriptor = descriptor;
        key = new Memory(spec.keySize());
        value = new Memory(valueSize);
        next = new Memory(spec.keySize());
        named = new Memory(ATTRIBUTES_SIZE).point(8, key);
        element = new Memory(ATTRIBUTES_SIZE).point(8, key).point(16, value);
        walk = new Memory(ATTRIBUTES_SIZE).point(8, key).point(16, next);
    }

    static BpfMap create(MapSpec spec) throws IOException {
        int cpus = spec.isPerCpu() ? PossibleCpus.count() : 1;
        var attributes = new Memory(CREATE_ATTRIBUTES_SIZE);
        attributes
                .bytes()
                .putInt(spec.type())
                .putInt(spec.keySize())
                .putInt(spec.valueSize())
                .putInt(spec.maxEntries())
                .putInt(spec.flags());
        BpfCall.putName(attributes, 28, spec.name());
        long fd = check(BpfCall.MAP_CREATE.on(attributes), () -> "create BPF map " + spec.name());
        return new BpfMap(spec, spec.userValueSize(cpus), new Descriptor(fd));
    }

    /** A copy of the value under {@code wanted}, in native byte order. */
    public synchronized Optional<ByteBuffer> get(ByteBuffer wanted) throws KernelException {
        fill(key, wanted);
        long result = on(BpfCall.MAP_LOOKUP_ELEM, element, 0);
        if (result == -Errno.ENOENT.number()) {
            return Optional.empty();
        }
        check(result, () -> "look up in BPF map " + spec.name());
        return Optional.of(copyOf(value));
    }

    /** Puts or replaces one entry; a program sees the old value or the new one, never a mixture of two entries. */
    public synchronized void put(ByteBuffer newKey, ByteBuffer newValue) throws KernelException {
        fill(key, newKey);
        fill(value, newValue);
        check(
                on(BpfCall.MAP_UPDATE_ELEM, element, 0),
                () -> "update BPF map " + spec.name() + " (room for " + spec.maxEntries() + " entries)");
    }

    /** Puts or replaces many entries with few calls; not in one step. Each is asked for when its turn comes. */
    public void putAll(Stream<Entry> entries) throws KernelException {
        var keys = new Memory(spec.keySize() * MOST_AT_ONCE);
        var values = new Memory(valueSize * MOST_AT_ONCE);
        var keyOctets = keys.bytes();
        var valueOctets = values.bytes();
        for (var all = entries.iterator(); all.hasNext(); ) {
            var entry = all.next();
            keyOctets.put(sized(entry.key(), spec.keySize()));
            valueOctets.put(sized(entry.value(), valueSize));
            if (!keyOctets.hasRemaining()) {
                putBatch(keys, values, MOST_AT_ONCE);
                keyOctets.clear();
                valueOctets.clear();
            }
        }
        if (keyOctets.position() > 0) {
            putBatch(keys, values, keyOctets.position() / spec.keySize());
        }
    }

    /** Removes an entry. Returns whether there was one. */
    public synchronized boolean remove(ByteBuffer old) throws KernelException {
        fill(key, old);
        long result = on(BpfCall.MAP_DELETE_ELEM, named, 0);
        if (result == -Errno.ENOENT.number()) {
            return false;
        }
        check(result, () -> "delete from BPF map " + spec.name());
        return true;
    }

    /**
     * Calls {@code visitor} with each key and value. Entries that come or go meanwhile may be missed, and if the one goes that the walk
     * stands at, others are visited again: nobody should remove entries meanwhile.
     */
    public void forEach(BiConsumer<ByteBuffer, ByteBuffer> visitor) throws KernelException {
        for (var at = next(Optional.empty()); at.isPresent(); at = next(at)) {
            var found = at.get();
            var toRead = found.duplicate().order(ByteOrder.nativeOrder());
            get(found).ifPresent(octets -> visitor.accept(toRead, octets));
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }

    /** Calls with the number that programs refer to the map by while they are loaded. */
    long use(IntToLongFunction call) {
        return descriptor.use(call);
    }

    private void putBatch(Memory keys, Memory values, int count) throws KernelException {
        var attributes = new Memory(BATCH_ATTRIBUTES_SIZE).point(16, keys).point(24, values);
        attributes.bytes().putInt(32, count);
        long result = on(BpfCall.MAP_UPDATE_BATCH, attributes, 36);
        if (NO_BATCHES.contains(result)) {
            for (int i = 0; i < count; i++) {
                put(
                        keys.bytes().slice(i * spec.keySize(), spec.keySize()),
                        values.bytes().slice(i * valueSize, valueSize));
            }
            return;
        }
        check(
                result,
                () -> "put " + count + " entries into BPF map " + spec.name() + " (room for " + spec.maxEntries()
                        + ")");
    }

    /** The key after {@code from}, or the first one; empty after the last. */
    private synchronized Optional<ByteBuffer> next(Optional<ByteBuffer> from) throws KernelException {
        from.ifPresent(last -> fill(key, last));
        var attributes = from.isPresent() ? walk : new Memory(ATTRIBUTES_SIZE).point(16, next);
        long result = on(BpfCall.MAP_GET_NEXT_KEY, attributes, 0);
        if (result == -Errno.ENOENT.number()) {
            return Optional.empty();
        }
        check(result, () -> "walk through BPF map " + spec.name());
        return Optional.of(copyOf(next));
    }

    private long on(BpfCall call, Memory attributes, int descriptorOffset) {
        return descriptor.use(fd -> {
            attributes.bytes().putInt(descriptorOffset, fd);
            return call.on(attributes);
        });
    }

    private void fill(Memory memory, ByteBuffer octets) {
        memory.bytes().put(sized(octets, memory.size()));
    }

    private static ByteBuffer copyOf(Memory memory) {
        return ByteBuffer.allocate(memory.size())
                .order(ByteOrder.nativeOrder())
                .put(memory.bytes())
                .flip();
    }

    /** The kernel reads as many octets as the map's sizes say, wherever the buffer ends. */
    private ByteBuffer sized(ByteBuffer octets, int size) {
        if (octets.remaining() != size) {
            throw new IllegalArgumentException(
                    "BPF map " + spec.name() + ": " + octets.remaining() + " octets where " + size + " are due");
        }
        return octets.duplicate();
    }

    /** One entry for {@link #putAll}. */
    public record Entry(ByteBuffer key, ByteBuffer value) {}
}
