package org.mooring.foreign;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.AuthorizedPart;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.UdpTunnelReply;
import org.mooring.protocol.wire.RevocationSupport;

/**
 * What a reply tells the foreign agent itself: about a handover (docs/handover.md, "Octets"), and about the tunnel (RFC 3519 §3.2).
 *
 * @param udpTunnel none if it is not to be carried in UDP
 * @param revocation what it offers of revocation (RFC 3543 §3.2)
 */
record HomeAgentsWord(
        Optional<Previous> previous,
        Optional<Staged> staged,
        Optional<UdpTunnel> udpTunnel,
        Optional<RevocationSupport> revocation) {
    /** @param associations under which the foreign-home authentication is right, if it is */
    static HomeAgentsWord of(Decoded.Message received, List<SecurityAssociation> associations, Policy policy) {
        var said = said(received);
        boolean authentic = Verifier.verify(received, Kind.FOREIGN_HOME, associations) instanceof Verified.By;
        var authenticated = authentic ? said : List.<Extension>of();
        return new HomeAgentsWord(
                HandoverExtension.first(Previous.class, authenticated, policy.enterpriseNumber()),
                HandoverExtension.first(Staged.class, authenticated, policy.enterpriseNumber()),
                udpTunnel(said, policy),
                authenticated.stream()
                        .filter(RevocationSupport.class::isInstance)
                        .map(RevocationSupport.class::cast)
                        .findFirst());
    }

    /** Of a home agent without an association, too: there is no other word on where its packets go (RFC 3519 §4.6). */
    private static Optional<UdpTunnel> udpTunnel(List<Extension> said, Policy policy) {
        var reply = said.stream()
                .filter(UdpTunnelReply.class::isInstance)
                .map(UdpTunnelReply.class::cast)
                .findFirst();
        return policy.natTraversal()
                .request()
                .flatMap(asked -> UdpTunnel.of(reply, policy.natTraversal().keepalive()));
    }

    /** Those behind the mobile node's part, and not behind the foreign-home authentication. */
    private static List<Extension> said(Decoded.Message received) {
        var extensions = received.message().extensions();
        int from = AuthorizedPart.extensions(received.message());
        int to = IntStream.range(0, extensions.size())
                .filter(i -> isForeignHomeAuthentication(extensions.get(i)))
                .findFirst()
                .orElse(extensions.size());
        return from > 0 && from <= to ? extensions.subList(from, to) : List.of();
    }

    private static boolean isForeignHomeAuthentication(Extension extension) {
        return extension instanceof Authentication authentication && authentication.kind() == Kind.FOREIGN_HOME;
    }
}
