package org.mooring.home;

import java.util.Optional;
import java.util.stream.IntStream;
import org.mooring.datapath.Encapsulation;
import org.mooring.protocol.wire.Extension.UdpTunnelReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.TunnelData;
import org.mooring.protocol.wire.UdpTunnelRequest;

/**
 * The tunnel that a request gets: whether it is carried in UDP, to where, and what the reply says of that (RFC 3519 §4.6).
 *
 * @param peer the far end
 * @param denial why the request can't have what it insists on
 * @param reply none if nothing was asked
 * @param forForeignAgent whether the foreign agent asked, and not the mobile node
 */
record UdpTunnelChoice(
        Peer peer, Optional<Verdict.Denial> denial, Optional<UdpTunnelReply> reply, boolean forForeignAgent) {
    /** A UDP Tunnel Request, and who placed it there. */
    private record Asked(UdpTunnelRequest extension, boolean byForeignAgent) {
        /** Only a mobile node registers through a foreign agent. */
        boolean isThroughForeignAgent() {
            return extension.isRegisteredThroughForeignAgent() && !byForeignAgent;
        }
    }

    static UdpTunnelChoice of(ReceivedRequest received, Policy policy) {
        var request = received.request();
        var asked = asked(request).orElse(null);
        var plain = policy.peer(request);
        if (asked == null) {
            return new UdpTunnelChoice(plain, Optional.empty(), Optional.empty(), false);
        }
        if (asked.byForeignAgent() == request.flags().decapsulationByMobileNode()) {
            return denied(
                    plain,
                    asked,
                    ReplyCode.HA_POORLY_FORMED_REQUEST,
                    "flags=" + request.flags() + " with a UDP Tunnel Request of the "
                            + (asked.byForeignAgent() ? "foreign agent" : "mobile node"));
        }
        boolean forced = asked.extension().forces();
        // §4.6: this, and nothing else, tells of a NAT.
        boolean translated = !received.from().address().equals(request.careOfAddress());
        boolean needed = translated || asked.isThroughForeignAgent();
        if (request.isDeregistration() || !(needed || forced)) {
            return new UdpTunnelChoice(
                    plain, Optional.empty(), Optional.of(UdpTunnelReply.declining()), asked.byForeignAgent());
        }
        if (!policy.natTraversal().permits(needed)) {
            return denied(
                    plain,
                    asked,
                    ReplyCode.HA_ADMINISTRATIVELY_PROHIBITED,
                    needed
                            ? "it comes through a NAT, and nat-traversal is off"
                            : "it forces a UDP tunnel, and there is no NAT");
        }
        if (nextHeader(request, asked.extension()) != TunnelData.IP_IN_IP) {
            return denied(
                    plain,
                    asked,
                    ReplyCode.HA_UDP_ENCAPSULATION_UNAVAILABLE,
                    "encapsulation " + nextHeader(request, asked.extension()) + " in UDP, only 4 is served");
        }
        int port = asked.isThroughForeignAgent()
                ? Peer.UNKNOWN_PORT
                : received.from().port();
        return new UdpTunnelChoice(
                new Peer(received.from().address(), port, Encapsulation.UDP),
                Optional.empty(),
                Optional.of(
                        UdpTunnelReply.assenting(forced, policy.natTraversal().keepalive())),
                asked.byForeignAgent());
    }

    /** Whether a foreign agent may be behind a NAT. */
    static boolean isAskedForByForeignAgent(RegistrationRequest request) {
        return asked(request).filter(Asked::byForeignAgent).isPresent();
    }

    private static Optional<Asked> asked(RegistrationRequest request) {
        var extensions = request.extensions();
        int mobileHome = HandoverRequest.covered(extensions).size();
        // §3.1.3, E15: with what a later version has it is skipped, though §4.6.1 has it denied.
        return IntStream.range(0, extensions.size())
                .filter(i -> extensions.get(i) instanceof UdpTunnelRequest udp && udp.isUnderstood())
                .mapToObj(i -> new Asked((UdpTunnelRequest) extensions.get(i), i > mobileHome))
                // Of two, one is misplaced, whatever D is.
                .reduce((first, second) ->
                        first.byForeignAgent() == request.flags().decapsulationByMobileNode() ? first : second);
    }

    /** §3.1.4: what goes into UDP, by its protocol number. */
    private static int nextHeader(RegistrationRequest request, UdpTunnelRequest asked) {
        if (asked.encapsulation() != 0) {
            return asked.encapsulation();
        }
        if (request.flags().greEncapsulation()) {
            return TunnelData.GRE;
        }
        return request.flags().minimalEncapsulation() ? TunnelData.MINIMAL : TunnelData.IP_IN_IP;
    }

    private static UdpTunnelChoice denied(Peer peer, Asked asked, ReplyCode code, String reason) {
        return new UdpTunnelChoice(
                peer, Optional.of(new Verdict.Denial(code, reason)), Optional.empty(), asked.byForeignAgent());
    }
}
