package org.mooring.foreign;

import java.util.Optional;
import org.mooring.protocol.wire.AuthorizedPart;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationRequest;

/** The link-layer address of the mobile node itself, where another station speaks for it (RFC 5563 §5.3). */
final class DeviceAddress {
    private DeviceAddress() {}

    /** Only where the mobile node's authenticator covers it. */
    static Optional<Octets> of(RegistrationRequest request) {
        return request.extensions().subList(0, AuthorizedPart.extensions(request)).stream()
                .filter(DeviceId.class::isInstance)
                .map(DeviceId.class::cast)
                .findFirst()
                .filter(DeviceId::isEthernet)
                .map(DeviceId::identifier)
                .filter(DeviceAddress::isUnicast);
    }

    /** Whether frames can be sent to one station by {@code linkAddress}. */
    static boolean isUnicast(Octets linkAddress) {
        return linkAddress.length() == 6 && (linkAddress.unsignedByte(0) & 1) == 0;
    }
}
