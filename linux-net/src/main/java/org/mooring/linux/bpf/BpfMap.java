package org.mooring.linux.bpf;

import static org.mooring.linux.KernelException.check;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.IntToLongFunction;
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

    private BpfMap(MapSpec spec, int valueSize, Descriptor descriptor) {
        this.spec = spec;
        this.valueSize = valueSize;
        this.descriptor = descriptor;
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

    /** A copy of the value under {@code key}, in native byte order. */
    public Optional<ByteBuffer> get(ByteBuffer key) throws KernelException {
        var value = new Memory(valueSize);
        long result = onElement(BpfCall.MAP_LOOKUP_ELEM, keyOf(key), value);
        if (result == -Errno.ENOENT.number()) {
            return Optional.empty();
        }
        check(result, () -> "look up in BPF map " + spec.name());
        return Optional.of(value.bytes());
    }

    /** Puts or replaces one entry; a program sees the old value or the new one, never a mixture of two entries. */
    public void put(ByteBuffer key, ByteBuffer value) throws KernelException {
        check(
                onElement(BpfCall.MAP_UPDATE_ELEM, keyOf(key), valueOf(value)),
                () -> "update BPF map " + spec.name() + " (room for " + spec.maxEntries() + " entries)");
    }

    /** Puts or replaces many entries with few calls; not in one step. */
    public void putAll(List<Entry> entries) throws KernelException {
        for (int from = 0; from < entries.size(); from += MOST_AT_ONCE) {
            putBatch(entries.subList(from, Math.min(from + MOST_AT_ONCE, entries.size())));
        }
    }

    /** Removes an entry. Returns whether there was one. */
    public boolean remove(ByteBuffer key) throws KernelException {
        var attributes = new Memory(ATTRIBUTES_SIZE).point(8, keyOf(key));
        long result = on(BpfCall.MAP_DELETE_ELEM, attributes, 0);
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
        for (var key = next(Optional.empty()); key.isPresent(); key = next(key)) {
            var octets = key.get().bytes();
            get(octets).ifPresent(value -> visitor.accept(octets, value));
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

    private void putBatch(List<Entry> entries) throws KernelException {
        var keys = ByteBuffer.allocate(spec.keySize() * entries.size());
        var values = ByteBuffer.allocate(valueSize * entries.size());
        for (var entry : entries) {
            keys.put(sized(entry.key(), spec.keySize()));
            values.put(sized(entry.value(), valueSize));
        }
        var attributes = new Memory(BATCH_ATTRIBUTES_SIZE)
                .point(16, Memory.copyOf(keys.flip()))
                .point(24, Memory.copyOf(values.flip()));
        attributes.bytes().putInt(32, entries.size());
        long result = on(BpfCall.MAP_UPDATE_BATCH, attributes, 36);
        if (NO_BATCHES.contains(result)) {
            for (var entry : entries) {
                put(entry.key(), entry.value());
            }
            return;
        }
        check(
                result,
                () -> "put " + entries.size() + " entries into BPF map " + spec.name() + " (room for "
                        + spec.maxEntries() + ")");
    }

    /** The key after {@code key}, or the first one; empty after the last. */
    private Optional<Memory> next(Optional<Memory> key) throws KernelException {
        var next = new Memory(spec.keySize());
        var attributes = new Memory(ATTRIBUTES_SIZE).point(16, next);
        key.ifPresent(from -> attributes.point(8, from));
        long result = on(BpfCall.MAP_GET_NEXT_KEY, attributes, 0);
        if (result == -Errno.ENOENT.number()) {
            return Optional.empty();
        }
        check(result, () -> "walk through BPF map " + spec.name());
        return Optional.of(next);
    }

    private long onElement(BpfCall call, Memory key, Memory value) {
        return on(call, new Memory(ATTRIBUTES_SIZE).point(8, key).point(16, value), 0);
    }

    private long on(BpfCall call, Memory attributes, int descriptorOffset) {
        return descriptor.use(fd -> {
            attributes.bytes().putInt(descriptorOffset, fd);
            return call.on(attributes);
        });
    }

    private Memory keyOf(ByteBuffer key) {
        return Memory.copyOf(sized(key, spec.keySize()));
    }

    private Memory valueOf(ByteBuffer value) {
        return Memory.copyOf(sized(value, valueSize));
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
