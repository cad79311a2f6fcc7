package org.mooring.home;

import java.util.List;
import java.util.Map;
import org.mooring.datapath.DatapathKind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * What must survive a restart about one mobile node.
 *
 * @param generation of the newest binding, also after it ended
 * @param revoked bindings that are over, which not every foreign agent has acknowledged yet (RFC 3543)
 * @param newest the newest Identification accepted under each SPI: it outlives the binding, or an old request could be replayed (RFC 3344 §5.7.1)
 * @param handedOver whether one of its requests had an extension of a handover's: several hosts may speak for it
 */
public record MobileNodeRecord(
        Ipv4Address homeAddress,
        long generation,
        BindingList bindings,
        List<MobilityBinding> revoked,
        Map<Integer, Identification> newest,
        boolean handedOver) {
    public MobileNodeRecord {
        revoked = List.copyOf(revoked);
        newest = Map.copyOf(newest);
    }

    /** One whose foreign agents all know what is over, and that speaks for itself. */
    public MobileNodeRecord(
            Ipv4Address homeAddress, long generation, BindingList bindings, Map<Integer, Identification> newest) {
        this(homeAddress, generation, bindings, List.of(), newest, false);
    }

    /** Without the bindings that a datapath can't keep, which a former one did. */
    public MobileNodeRecord keptBy(DatapathKind datapath) {
        return new MobileNodeRecord(homeAddress, generation, bindings.keptBy(datapath), revoked, newest, handedOver);
    }
}
