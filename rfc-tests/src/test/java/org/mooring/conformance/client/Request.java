package org.mooring.conformance.client;

import org.mooring.conformance.client.Octets.Fields;

/** The fixed part of a Registration Request (RFC 5944 §3.3). */
record Request(
        int flags, int lifetime, Address homeAddress, Address homeAgent, Address careOfAddress, long identification) {
    static final int SIMULTANEOUS = 0x80;
    static final int BROADCASTS = 0x40;
    static final int DECAPSULATION = 0x20;
    static final int MINIMAL = 0x10;
    static final int GRE = 0x08;
    static final int REVERSE_TUNNEL = 0x02;
    static final int LENGTH = 24;

    private static final int TYPE = 1;

    /** As it is found at the beginning of {@code message}. */
    static Request of(Octets message) {
        if (message.u8(0) != TYPE) {
            throw new AssertionError("no request: " + message);
        }
        return new Request(
                message.u8(1),
                message.u16(2),
                message.address(4),
                message.address(8),
                message.address(12),
                message.u64(16));
    }

    Octets octets() {
        return new Fields()
                .u8(TYPE)
                .u8(flags)
                .u16(lifetime)
                .address(homeAddress)
                .address(homeAgent)
                .address(careOfAddress)
                .u64(identification)
                .done();
    }

    Request with(int moreFlags) {
        return new Request(flags | moreFlags, lifetime, homeAddress, homeAgent, careOfAddress, identification);
    }

    Request withHomeAddress(Address other) {
        return new Request(flags, lifetime, other, homeAgent, careOfAddress, identification);
    }

    Request withHomeAgent(Address other) {
        return new Request(flags, lifetime, homeAddress, other, careOfAddress, identification);
    }

    Request withIdentification(long other) {
        return new Request(flags, lifetime, homeAddress, homeAgent, careOfAddress, other);
    }
}
