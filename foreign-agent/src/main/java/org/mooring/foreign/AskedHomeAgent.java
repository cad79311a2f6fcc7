package org.mooring.foreign;

import java.util.Optional;
import org.mooring.protocol.wire.AuthorizedPart;
import org.mooring.protocol.wire.DynamicHomeAgent;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest;

/**
 * To whom a request is relayed: the one of the Home Agent field (RFC 5944 §3.7.2.2), or where that is 0.0.0.0 or 255.255.255.255 the Requested Home
 * Agent (RFC 4433 §5.2). Where both are there they are the same (RFC 4433 §4.1): a home agent that is requested refuses what doesn't name it.
 */
final class AskedHomeAgent {
    private AskedHomeAgent() {}

    /** No unicast address if nobody is asked. */
    static Ipv4Address of(RegistrationRequest request) {
        var field = request.homeAgent();
        return isToBeAssigned(field) ? requested(request).orElse(field) : field;
    }

    /** RFC 4433 §2: ALL-ZERO-ONE-ADDR. */
    private static boolean isToBeAssigned(Ipv4Address field) {
        return field.isUnspecified() || field.equals(Ipv4Address.LIMITED_BROADCAST);
    }

    /** Only where the mobile node's authenticator covers it. */
    static Optional<Ipv4Address> requested(RegistrationRequest request) {
        return request.extensions().subList(0, AuthorizedPart.extensions(request)).stream()
                .filter(extension -> extension instanceof DynamicHomeAgent dynamic
                        && dynamic.subtype() == DynamicHomeAgent.REQUESTED)
                .map(extension -> ((DynamicHomeAgent) extension).homeAgent())
                .findFirst();
    }
}
