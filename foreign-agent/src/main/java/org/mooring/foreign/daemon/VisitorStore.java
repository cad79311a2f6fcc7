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
    private static final String NAMESAKES = "namesakes";
    private static final String CO_LOCATED = "co-located-visitors";
    private static final String REVOKED = "revoked-visitors";
    private static final String REHEARSAL = "rehearsal";

    List<Visitor> read() throws StoreException {
        return read(VISITORS);
    }

    /** Those that came while others had their home addresses. */
    List<Visitor> readNamesakes() throws StoreException {
        return read(NAMESAKES);
    }

    /** Those that are their tunnels' ends themselves. */
    List<Visitor> readCoLocated() throws StoreException {
        return read(CO_LOCATED);
    }

    /** Visitors that are revoked, which their home agents have not acknowledged. */
    List<Visitor> readRevoked() throws StoreException {
        return read(REVOKED);
    }

    private List<Visitor> read(String map) throws StoreException {
        return store.read(map, StoredVisitor.class).values().stream()
                .map(StoredVisitor::toVisitor)
                .toList();
    }

    /** Runs one of {@code durable} and {@code failed}, on the store's thread. */
    void write(Visitor visitor, boolean namesake, Runnable durable, Consumer<StoreException> failed) {
        var value = StoredVisitor.of(visitor);
        var change = namesake
                ? Change.put(NAMESAKES, key(visitor), value)
                : Change.put(VISITORS, visitor.homeAddress().toString(), value);
        store.write(List.of(change), durable, failed);
    }

    /** Of one among several with its home address. */
    private static String key(Visitor visitor) {
        return visitor.homeAddress() + " " + visitor.homeAgent();
    }

    /** Writes what leaves no trace. */
    void rehearse(Visitor visitor) {
        var key = visitor.homeAddress().toString();
        var put = Change.put(REHEARSAL, key, StoredVisitor.of(visitor));
        store.write(List.of(put, Change.remove(REHEARSAL, key)), () -> {}, failure -> {});
    }

    /** The store itself logs what it cannot write. */
    void remove(Ipv4Address homeAddress, Runnable durable) {
        store.write(List.of(Change.remove(VISITORS, homeAddress.toString())), durable, failure -> {});
    }

    void removeNamesake(Visitor visitor) {
        store.write(List.of(Change.remove(NAMESAKES, key(visitor))), () -> {}, failure -> {});
    }

    void writeCoLocated(Visitor visitor) {
        store.write(List.of(Change.put(CO_LOCATED, key(visitor), StoredVisitor.of(visitor))), () -> {}, failure -> {});
    }

    void removeCoLocated(Visitor visitor) {
        store.write(List.of(Change.remove(CO_LOCATED, key(visitor))), () -> {}, failure -> {});
    }

    /** Takes a visitor from the list to those that are revoked, in one step. Runs {@code done} whether that is durable or not. */
    void writeRevoked(Visitor visitor, boolean namesake, Runnable done) {
        var listed = namesake
                ? Change.remove(NAMESAKES, key(visitor))
                : Change.remove(VISITORS, visitor.homeAddress().toString());
        store.write(
                List.of(Change.put(REVOKED, key(visitor), StoredVisitor.of(visitor)), listed),
                done,
                failure -> done.run());
    }

    void removeRevoked(Visitor visitor) {
        store.write(List.of(Change.remove(REVOKED, key(visitor))), () -> {}, failure -> {});
    }

    @Override
    public void close() {
        store.close();
    }
}
