package org.mooring.home;

import org.mooring.protocol.wire.ReplyCode;

/** What becomes of an authenticated request. */
sealed interface Verdict {
    /** To be carried out, and then answered with {@code code}: 0, or 1 where S was asked for. */
    record Acceptable(ReplyCode code, UdpTunnelChoice tunnel) implements Verdict {}

    record Denial(ReplyCode code, String reason) implements Verdict {}

    record Silence(Discard discard) implements Verdict {}
}
