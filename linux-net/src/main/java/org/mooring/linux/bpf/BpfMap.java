package org.mooring.linux.bpf;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.IntToLongFunction;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;
import org.mooring.linux.libc.Descriptor;
import org.mooring.linux.libc.Memory;

/**
 * A map in the kernel, shared with the programs that use it. Keys and values are what a buffer has left to read; they must have the
 * map's sizes. Safe for use by several threads. Programs and filters keep a map alive after {@link #close}.
 */
public final class BpfMap implements AutoCloseable {
    private static final int ATTRIBUTES_SIZE = 32;
    private static final int BATCH_ATTRIBUTES_SIZE = 56;

    private final MapSpec spec;
    private final Descriptor descriptor;

    private BpfMap(MapSpec spec, Descriptor descriptor) {
        this.spec = spec;
        this.descriptor = descriptor;
    }

    static BpfMap create(MapSpec spec) throws KernelException {
        var attributes = new Memory(48);
        attributes
                .bytes()
                .putInt(spec.type())
                .putInt(spec.keySize())
                .putInt(spec.valueSize())
                .putInt(spec.maxEntries())
                .putInt(spec.flags());
        BpfCall.putName(attributes, 28, spec.name());
        long fd = KernelException.check(BpfCall.MAP_CREATE.on(attributes), () -> "create BPF map " + spec.name());
        return new BpfMap(spec, new Descriptor(fd));
    }

    /** One entry for {@link #putAll}. */
    public record Entry(ByteBuffer key, ByteBuffer value) {}

    /** A copy of the value under {@code key}. */
    public Optional<ByteBuffer> get(ByteBuffer key) throws KernelException {
        var value = new Memory(spec.valueSize());
        long result = element(BpfCall.MAP_LOOKUP_ELEM, keyOf(key), value);
        if (result == -Errno.ENOENT.number()) {
            return Optional.empty();
        }
        KernelException.check(result, () -> "look up in BPF map " + spec.name());
        return Optional.of(value.bytes());
    }

    /** Puts or replaces one entry; a program sees the old value or the new one, never a mixture of two entries. */
    public void put(ByteBuffer key, ByteBuffer value) throws KernelException {
        KernelException.check(
                element(BpfCall.MAP_UPDATE_ELEM, keyOf(key), valueOf(value)),
                () -> "update BPF map " + spec.name() + " (room for " + spec.maxEntries() + " entries)");
    }

    /** Puts or replaces many entries with one call; not in one step. */
    public void putAll(List<Entry> entries) throws KernelException {
        if (entries.isEmpty()) {
            return;
        }
        var keys = ByteBuffer.allocate(spec.keySize() * entries.size());
        var values = ByteBuffer.allocate(spec.valueSize() * entries.size());
        for (var entry : entries) {
            keys.put(sized(entry.key(), spec.keySize()));
            values.put(sized(entry.value(), spec.valueSize()));
        }
        var attributes = new Memory(BATCH_ATTRIBUTES_SIZE);
        attributes.point(16, Memory.copyOf(keys.flip())).point(24, Memory.copyOf(values.flip()));
        attributes.bytes().putInt(32, entries.size());
        long result = descriptor.use(fd -> {
            attributes.bytes().putInt(36, fd);
            return BpfCall.MAP_UPDATE_BATCH.on(attributes);
        });
        KernelException.check(
                result,
                () -> "put " + entries.size() + " entries into BPF map " + spec.name() + " (room for "
                        + spec.maxEntries() + ")");
    }

    /** Removes an entry. Returns whether there was one. */
    public boolean remove(ByteBuffer key) throws KernelException {
        var attributes = new Memory(ATTRIBUTES_SIZE);
        attributes.point(8, keyOf(key));
        long result = on(BpfCall.MAP_DELETE_ELEM, attributes);
        if (result == -Errno.ENOENT.number()) {
            return false;
        }
        KernelException.check(result, () -> "delete from BPF map " + spec.name());
        return true;
    }

    /** Calls {@code visitor} with each key and value; entries that come or go meanwhile may be missed. */
    public void forEach(BiConsumer<ByteBuffer, ByteBuffer> visitor) throws KernelException {
        var next = new Memory(spec.keySize());
        for (var key = Optional.<Memory>empty(); advance(key, next); ) {
            var current = Memory.copyOf(next.bytes());
            var value = get(current.bytes());
            value.ifPresent(found -> visitor.accept(current.bytes(), found));
            key = Optional.of(current);
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

    private boolean advance(Optional<Memory> key, Memory next) throws KernelException {
        var attributes = new Memory(ATTRIBUTES_SIZE);
        key.ifPresent(from -> attributes.point(8, from));
        attributes.point(16, next);
        long result = on(BpfCall.MAP_GET_NEXT_KEY, attributes);
        if (result == -Errno.ENOENT.number()) {
            return false;
        }
        KernelException.check(result, () -> "walk through BPF map " + spec.name());
        return true;
    }

    private long element(BpfCall call, Memory key, Memory value) {
        var attributes = new Memory(ATTRIBUTES_SIZE);
        attributes.point(8, key).point(16, value);
        return on(call, attributes);
    }

    private long on(BpfCall call, Memory attributes) {
        return descriptor.use(fd -> {
            attributes.bytes().putInt(0, fd);
            return call.on(attributes);
        });
    }

    private Memory keyOf(ByteBuffer key) {
        return Memory.copyOf(sized(key, spec.keySize()));
    }

    private Memory valueOf(ByteBuffer value) {
        return Memory.copyOf(sized(value, spec.valueSize()));
    }

    private ByteBuffer sized(ByteBuffer octets, int size) {
        if (octets.remaining() != size) {
            throw new IllegalArgumentException(
                    "BPF map " + spec.name() + ": " + octets.remaining() + " octets where " + size + " are due");
        }
        return octets.duplicate();
    }
}
