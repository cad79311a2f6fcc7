package org.mooring.foreign.daemon;

import java.util.List;
import java.util.function.Consumer;
import org.mooring.foreign.Visitor;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.store.Change;
import org.mooring.runtime.store.Store;
import org.mooring.runtime.store.StoreException;

/** The visitor list in the store, by home address. */
record VisitorStore(Store store) implements AutoCloseable {
    private static final String VISITORS = "visitors";
    private static final String REHEARSAL = "rehearsal";

    List<Visitor> read() throws StoreException {
        return store.read(VISITORS, StoredVisitor.class).values().stream()
                .map(StoredVisitor::toVisitor)
                .toList();
    }

    /** Runs one of {@code durable} and {@code failed}, on the store's thread. */
    void write(Visitor visitor, Runnable durable, Consumer<StoreException> failed) {
        var change = Change.put(VISITORS, visitor.homeAddress().toString(), StoredVisitor.of(visitor));
        store.write(List.of(change), durable, failed);
    }

    /** Writes what leaves no trace. */
    void rehearse(Visitor visitor) {
        var key = visitor.homeAddress().toString();
        var put = Change.put(REHEARSAL, key, StoredVisitor.of(visitor));
        store.write(List.of(put, Change.remove(REHEARSAL, key)), () -> {}, failure -> {});
    }

    /** The store itself logs what it cannot write. */
    void remove(Ipv4Address homeAddress) {
        store.write(List.of(Change.remove(VISITORS, homeAddress.toString())), () -> {}, failure -> {});
    }

    @Override
    public void close() {
        store.close();
    }
}
