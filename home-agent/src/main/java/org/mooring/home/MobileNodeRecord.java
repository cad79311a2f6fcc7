package org.mooring.home;

import java.util.Map;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * What must survive a restart about one mobile node.
 *
 * @param generation of the newest binding, also after it ended
 * @param newest the newest Identification accepted under each SPI: it outlives the binding, or an old request could be replayed (RFC 3344 §5.7.1)
 */
public record MobileNodeRecord(
        Ipv4Address homeAddress, long generation, BindingList bindings, Map<Integer, Identification> newest) {
    public MobileNodeRecord {
        newest = Map.copyOf(newest);
    }

    MobileNodeRecord withoutBindings() {
        return new MobileNodeRecord(homeAddress, generation, BindingList.NONE, newest);
    }
}
