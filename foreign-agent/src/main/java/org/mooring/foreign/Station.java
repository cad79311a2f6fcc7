package org.mooring.foreign;

import org.mooring.protocol.wire.Octets;

/** Who sends frames on a link, as far as these tell. */
record Station(String link, Octets linkAddress) {
    static Station of(Origin origin) {
        return new Station(origin.link(), origin.linkAddress());
    }

    static Station of(Visitor visitor) {
        return new Station(visitor.link(), visitor.linkAddress());
    }
}
