package org.mooring.home.daemon;

import java.util.List;
import java.util.function.Consumer;
import org.mooring.home.MobileNodeRecord;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.store.Change;
import org.mooring.runtime.store.Store;
import org.mooring.runtime.store.StoreException;

/**
 * The mobile nodes' records in the store, by home address.
 *
 * @param map which has them there
 */
record BindingStore(Store store, String map) implements AutoCloseable {
    static final String MOBILE_NODES = "mobile-nodes";

    /** What is written here isn't read. */
    static final String REHEARSAL = "rehearsal";

    List<MobileNodeRecord> read() throws StoreException {
        return store.read(map, StoredMobileNode.class).values().stream()
                .map(StoredMobileNode::toRecord)
                .toList();
    }

    /** Runs one of {@code durable} and {@code failed}, on the store's thread. */
    void write(MobileNodeRecord mobileNode, Runnable durable, Consumer<StoreException> failed) {
        var change = Change.put(map, mobileNode.homeAddress().toString(), StoredMobileNode.of(mobileNode));
        store.write(List.of(change), durable, failed);
    }

    /** Whether or not there is a record. */
    void forget(Ipv4Address homeAddress) {
        store.write(List.of(Change.remove(map, homeAddress.toString())), () -> {}, failure -> {});
    }

    @Override
    public void close() {
        store.close();
    }
}
