package org.mooring.foreign;

import java.util.Optional;
import org.mooring.protocol.wire.ReplyCode;

/**
 * Why a request goes no further.
 *
 * @param why what the code does not say, for the operator
 */
record Denial(ReplyCode code, String why) {
    static Optional<Denial> when(boolean condition, ReplyCode code, String why) {
        return condition ? Optional.of(new Denial(code, why)) : Optional.empty();
    }
}
