package org.mooring.foreign;

import java.util.Optional;
import org.mooring.protocol.wire.AuthorizedPart;
import org.mooring.protocol.wire.DynamicHomeAgent;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest;

/** To whom a request is relayed: the Requested Home Agent, if there is one (RFC 4433 §5.2), and else the one of the Home Agent field. */
final class AskedHomeAgent {
    private AskedHomeAgent() {}

    /** No unicast address if nobody is asked. */
    static Ipv4Address of(RegistrationRequest request) {
        return requested(request).orElse(request.homeAgent());
    }

    /** Only where the mobile node's authenticator covers it. */
    private static Optional<Ipv4Address> requested(RegistrationRequest request) {
        return request.extensions().subList(0, AuthorizedPart.extensions(request)).stream()
                .filter(extension -> extension instanceof DynamicHomeAgent dynamic
                        && dynamic.subtype() == DynamicHomeAgent.REQUESTED)
                .map(extension -> ((DynamicHomeAgent) extension).homeAgent())
                .findFirst();
    }
}
