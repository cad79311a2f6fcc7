package org.mooring.home.daemon;

import java.util.List;
import java.util.function.Consumer;
import org.mooring.home.MobileNodeRecord;
import org.mooring.runtime.store.Change;
import org.mooring.runtime.store.Store;
import org.mooring.runtime.store.StoreException;

/** The mobile nodes' records in the store, by home address. */
record BindingStore(Store store) implements AutoCloseable {
    private static final String MOBILE_NODES = "mobile-nodes";
    private static final String REHEARSAL = "rehearsal";

    List<MobileNodeRecord> read() throws StoreException {
        return store.read(MOBILE_NODES, StoredMobileNode.class).values().stream()
                .map(StoredMobileNode::toRecord)
                .toList();
    }

    /** Runs one of {@code durable} and {@code failed}, on the store's thread. */
    void write(MobileNodeRecord mobileNode, Runnable durable, Consumer<StoreException> failed) {
        var change = Change.put(MOBILE_NODES, mobileNode.homeAddress().toString(), StoredMobileNode.of(mobileNode));
        store.write(List.of(change), durable, failed);
    }

    /** Writes what leaves no trace. */
    void rehearse(MobileNodeRecord mobileNode) {
        var key = mobileNode.homeAddress().toString();
        var put = Change.put(REHEARSAL, key, StoredMobileNode.of(mobileNode));
        store.write(List.of(put, Change.remove(REHEARSAL, key)), () -> {}, failure -> {});
    }

    @Override
    public void close() {
        store.close();
    }
}
