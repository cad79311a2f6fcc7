package org.mooring.conformance.client;

import java.util.List;
import java.util.Optional;
import org.mooring.conformance.client.Octets.Fields;

/**
 * A Registration Reply (RFC 5944 §3.4).
 *
 * @param message all its octets
 */
record Reply(int code, int lifetime, Address homeAddress, Address homeAgent, long identification, Octets message) {
    static final int LENGTH = 20;

    private static final int TYPE = 3;

    Reply(int code, int lifetime, Address homeAddress, Address homeAgent, long identification) {
        this(
                code,
                lifetime,
                homeAddress,
                homeAgent,
                identification,
                new Fields()
                        .u8(TYPE)
                        .u8(code)
                        .u16(lifetime)
                        .address(homeAddress)
                        .address(homeAgent)
                        .u64(identification)
                        .done());
    }

    static Optional<Reply> of(Octets message) {
        return message.u8(0) == TYPE
                ? Optional.of(new Reply(
                        message.u8(1),
                        message.u16(2),
                        message.address(4),
                        message.address(8),
                        message.u64(12),
                        message))
                : Optional.empty();
    }

    List<Extension> extensions() {
        return Extension.all(message, LENGTH);
    }

    /** The types of its extensions, in order. */
    List<Integer> types() {
        return extensions().stream().map(Extension::type).toList();
    }

    /** The one of that type. */
    Extension extension(int type) {
        return Extension.only(type, extensions());
    }
}
