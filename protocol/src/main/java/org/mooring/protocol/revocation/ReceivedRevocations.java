package org.mooring.protocol.revocation;

import java.util.LinkedHashMap;
import java.util.Map;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * The newest revocation of each binding that was received (RFC 3543 §3.5): a later one means that the acknowledgment was lost, any other one
 * is a replay. A binding that is there is protected by its terms; this is for those that are gone. Confined to one thread.
 */
public final class ReceivedRevocations {
    private record Key(Ipv4Address homeAddress, Ipv4Address peer) {}

    /** Only an agent with a key can add to it. */
    private static final int MOST_REMEMBERED = 4096;

    /** In the order of time. */
    private final Map<Key, Integer> newest = new LinkedHashMap<>();

    /**
     * Whether {@code identifier} is newer than all before; if so, it is the newest now.
     *
     * @param peer the agent that revokes
     */
    public boolean isNew(Ipv4Address homeAddress, Ipv4Address peer, int identifier) {
        var key = new Key(homeAddress, peer);
        var before = newest.get(key);
        if (before != null && !RevocationClock.isAfter(identifier, before)) {
            return false;
        }
        newest.remove(key);
        newest.put(key, identifier);
        if (newest.size() > MOST_REMEMBERED) {
            newest.remove(newest.keySet().iterator().next());
        }
        return true;
    }
}
