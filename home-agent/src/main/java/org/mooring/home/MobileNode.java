package org.mooring.home;

import java.util.List;
import java.util.Optional;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * A mobile node that this home agent serves (RFC 3344 §3.8.1).
 *
 * @param nai who it is if it does not know its home address (RFC 2794)
 * @param mac to announce when it is home again, where its requests do not tell
 * @param associations with the mobile node, at least one; the first signs what answers an unknown SPI
 */
public record MobileNode(
        Ipv4Address homeAddress, Optional<Nai> nai, Optional<MacAddress> mac, List<SecurityAssociation> associations) {
    public MobileNode {
        if (associations.isEmpty()) {
            throw new IllegalArgumentException("no association with " + homeAddress);
        }
        associations = List.copyOf(associations);
    }

    /** One that is known by its home address alone. */
    public MobileNode(Ipv4Address homeAddress, Optional<MacAddress> mac, List<SecurityAssociation> associations) {
        this(homeAddress, Optional.empty(), mac, associations);
    }
}
