package org.mooring.protocol.wire;

/** A Registration Request or Reply (RFC 3344 §3.3, §3.4). */
public sealed interface RegistrationMessage extends ControlMessage permits RegistrationRequest, RegistrationReply {
    /** The lifetime that never ends (RFC 3344 §3.3). */
    int INFINITE_LIFETIME = 0xffff;

    /** Seconds; {@link #INFINITE_LIFETIME} is infinity and zero ends a registration. */
    int lifetime();

    Ipv4Address homeAgent();

    Identification identification();
}
