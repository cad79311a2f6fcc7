package org.mooring.foreign;

import java.util.Comparator;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest;

/** Whom no two visitors are both: a home agent's mobile nodes have addresses of their own, those of two may have the same (RFC 3024 §A.4). */
record VisitorKey(Ipv4Address homeAddress, Ipv4Address homeAgent) implements Comparable<VisitorKey> {
    private static final Comparator<VisitorKey> ORDER =
            Comparator.comparing(VisitorKey::homeAddress).thenComparing(VisitorKey::homeAgent);

    static VisitorKey of(Visitor visitor) {
        return new VisitorKey(visitor.homeAddress(), visitor.homeAgent());
    }

    static VisitorKey of(RegistrationRequest request) {
        return new VisitorKey(request.homeAddress(), AskedHomeAgent.of(request));
    }

    @Override
    public int compareTo(VisitorKey other) {
        return ORDER.compare(this, other);
    }
}
