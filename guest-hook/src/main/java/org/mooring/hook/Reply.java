package org.mooring.hook;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Action.SendRequest;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.security.MobileNodeReplay;
import org.mooring.protocol.wire.Extension.UdpTunnelReply;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.UdpTunnelRequest;

/** What may answer a request, once it has been checked. */
sealed interface Reply {
    /**
     * To be acted on.
     *
     * @param byHomeAgent whether it is the home agent's word, and authenticated
     * @param said what the home agent says to us of handovers: all of it is authenticated
     * @param udpTunnel what it says to us of the tunnel (RFC 3519 §3.2), authenticated, too
     */
    record Genuine(
            RegistrationReply reply,
            boolean byHomeAgent,
            List<HandoverExtension> said,
            Optional<UdpTunnelReply> udpTunnel)
            implements Reply {
        public Genuine {
            said = List.copyOf(said);
        }

        /** What is to be done about the tunnel that {@code request} asked for, if it did. */
        Optional<UdpTunnel> udpTunnel(RegistrationRequest request, @Nullable TunnelEnd tunnelEnd) {
            boolean asked = request.extension(UdpTunnelRequest.class).isPresent();
            return asked && tunnelEnd instanceof CoLocated here
                    ? UdpTunnel.of(udpTunnel, here.natTraversal().keepalive())
                    : Optional.empty();
        }

        /** The first that is a {@code kind}. */
        <E extends HandoverExtension> Optional<E> said(Class<E> kind) {
            return said.stream().filter(kind::isInstance).map(kind::cast).findFirst();
        }

        /**
         * Tells {@code replay} what the home agent says of its time. A denial with code 133 corrects the clock by itself,
         * and past what another host has used. So does code 136, where it doesn't leave the time as it was asked (RFC 3344 §3.6.2.3).
         */
        void tellTime(MobileNodeReplay replay, SendRequest answered, Instant sent, Instant at) {
            Identification identification = reply.identification();
            if (byHomeAgent
                    && reply.code().equals(ReplyCode.HA_UNKNOWN_HOME_AGENT_ADDRESS)
                    && identification.high()
                            != answered.request().identification().high()) {
                replay.resynchronise(identification, at, answered.kind().mostAhead());
            }
            if (Denial.of(reply.code()) != Denial.CLOCKS_DIFFER) {
                said(HandoverExtension.Clock.class).ifPresent(its -> replay.synchronise(its.time(), sent, at));
            }
        }
    }

    /** To be discarded silently, and logged (RFC 3344 §3.6.2.1). */
    record Unauthentic(RegistrationReply reply, String why) implements Reply {}
}
