package org.mooring.lab;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.RepeatedRequest;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationMessage;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;

/**
 * A registration message that a capture saw, be it in an AGAIN.
 *
 * @param time nanoseconds since 1970
 * @param outgoing whether the machine where it was captured sent it
 */
record SeenRegistration(long time, boolean outgoing, RegistrationMessage message) {

    static List<SeenRegistration> in(List<CapturedFrame> frames) {
        return frames.stream().flatMap(SeenRegistration::of).toList();
    }

    private static Stream<SeenRegistration> of(CapturedFrame frame) {
        var payload = frame.udpPayload();
        byte[] octets = new byte[payload.remaining()];
        payload.get(octets);
        var sent = RepeatedRequest.decode(Octets.of(octets), HandoverExtension.DEFAULT_ENTERPRISE_NUMBER)
                .orElse(Octets.of(octets));
        return RegistrationCodec.decode(sent) instanceof Decoded.Message decoded
                        && decoded.message() instanceof RegistrationMessage message
                ? Stream.of(new SeenRegistration(frame.time(), frame.outgoing(), message))
                : Stream.empty();
    }

    /** Whether this asks for what a guest needs at that site: a binding with its care-of address, or none at home. */
    boolean brings(Guest guest, Site site) {
        if (!(message instanceof RegistrationRequest request) || !isAbout(guest)) {
            return false;
        }
        return site == guest.home()
                ? request.careOfAddress().equals(request.homeAddress())
                : request.lifetime() > 0
                        && List.of(site.careOfAddress(), site.hostAddress())
                                .contains(request.careOfAddress().toString());
    }

    boolean isCommit() {
        return message instanceof RegistrationRequest request
                && HandoverExtension.first(
                                Commit.class, request.extensions(), HandoverExtension.DEFAULT_ENTERPRISE_NUMBER)
                        .isPresent();
    }

    /** Whether the home agent, at which {@code all} were seen, accepted this request. */
    boolean isAcceptedAmong(List<SeenRegistration> all) {
        return all.stream()
                .anyMatch(seen -> seen.outgoing
                        && seen.message instanceof RegistrationReply reply
                        && reply.code().isAccepted()
                        && reply.identification().equals(message.identification()));
    }

    boolean isAbout(Guest guest) {
        return message.homeAddress().toString().equals(guest.address());
    }

    /** In the words of RFC 3344. */
    String words() {
        String direction = outgoing ? "sends " : "receives ";
        if (message instanceof RegistrationRequest request) {
            return direction + kind(request) + " request, care-of address " + request.careOfAddress() + ", lifetime "
                    + request.lifetime();
        }
        if (message instanceof RegistrationReply reply) {
            return direction + "reply, code " + reply.code() + ", lifetime " + reply.lifetime();
        }
        throw new AssertionError(message);
    }

    /** What it asks for, as docs/handover.md calls it, or RFC 3344. */
    private static String kind(RegistrationRequest request) {
        String handover = request.extensions().stream()
                .flatMap(extension ->
                        HandoverExtension.of(extension, HandoverExtension.DEFAULT_ENTERPRISE_NUMBER).stream())
                .map(extension -> extension.getClass().getSimpleName().toUpperCase(Locale.ROOT) + ", ")
                .collect(Collectors.joining());
        return handover + (request.lifetime() == 0 ? "deregistration" : "registration");
    }
}
