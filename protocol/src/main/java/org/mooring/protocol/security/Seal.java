package org.mooring.protocol.security;

import java.util.List;
import org.mooring.protocol.wire.ControlMessage;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;

/**
 * Authenticates messages: appends an authentication extension that covers all before it (RFC 3344 §3.5.1).
 *
 * @param kind between whom {@code association} is
 */
public record Seal(Authentication.Kind kind, SecurityAssociation association) {
    /** The octets of {@code message}, then each seal in turn. */
    public static Octets encode(ControlMessage message, Seal... seals) {
        var octets = RegistrationCodec.encode(message);
        for (var seal : seals) {
            octets = seal.appendTo(octets);
        }
        return octets;
    }

    /** {@code message} and its authentication extension. */
    public Octets appendTo(Octets message) {
        var algorithm = association.algorithm();
        var blank = Octets.of(new byte[algorithm.authenticatorLength()]);
        var unsigned =
                message.concat(RegistrationCodec.encode(List.of(new Authentication(kind, association.spi(), blank))));
        var covered = unsigned.slice(0, unsigned.length() - blank.length());
        return covered.concat(algorithm.compute(association.key(), covered));
    }
}
