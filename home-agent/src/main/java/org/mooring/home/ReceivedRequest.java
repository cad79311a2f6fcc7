package org.mooring.home;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.wire.AuthorizedPart;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest;

/** A Registration Request and how it came. */
record ReceivedRequest(
        Instant at,
        Endpoint from,
        Ipv4Address to,
        Decoded.Message message,
        RegistrationRequest request,
        HandoverRequest handover) {

    Ipv4Address homeAddress() {
        return request.homeAddress();
    }

    /** Octet for octet what the mobile node sent in {@code other}, from the same sender to the same address. A foreign agent may date anew what it appends (RFC 3543 §3.2). */
    boolean repeats(ReceivedRequest other) {
        return from.equals(other.from)
                && to.equals(other.to)
                && AuthorizedPart.of(message).equals(AuthorizedPart.of(other.message));
    }

    /** From a mobile node that is its own tunnel's end, and has no foreign agent relay it (RFC 3543 §2). */
    boolean isDirect() {
        return request.flags().decapsulationByMobileNode() && from.address().equals(request.careOfAddress());
    }

    /** RFC 3344 §3.8.3.1: the mobile node is at home, where a tunnel that may still be up must not take the reply. */
    boolean isDeregistrationFromHome() {
        return request.isDeregistration() && from.address().equals(homeAddress());
    }

    /**
     * The mobile node's MAC, if it says (RFC 5563 §5.3), under its own authenticator. A host that sends for its guest does, because the frame
     * has the host's.
     */
    Optional<MacAddress> deviceMac() {
        return HandoverRequest.covered(request.extensions()).stream()
                .filter(DeviceId.class::isInstance)
                .map(DeviceId.class::cast)
                .findFirst()
                .filter(DeviceId::isEthernet)
                .map(id -> MacAddress.read(ByteBuffer.wrap(id.identifier().toByteArray())))
                .filter(mac -> !mac.isGroup());
    }
}
