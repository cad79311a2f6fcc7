package org.mooring.conformance.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.RepeatedRequest;
import org.mooring.protocol.wire.ControlMessage;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;

/** A datagram to or from port 434, field by field: its octets, and what they say. */
final class Dissection {
    private final Octets datagram;
    private final List<String> lines = new ArrayList<>();
    private int at;

    private Dissection(Octets datagram) {
        this.datagram = datagram;
    }

    static List<String> of(Octets datagram) {
        var dissection = new Dissection(datagram);
        var repeated = RepeatedRequest.decode(datagram, HandoverExtension.DEFAULT_ENTERPRISE_NUMBER);
        if (repeated.isPresent()) {
            dissection.repeatedRequest(repeated.get());
        } else if (HandoverMessage.isOne(datagram)) {
            dissection.handoverMessage();
        } else {
            dissection.message(datagram);
        }
        dissection.rest();
        return dissection.lines;
    }

    private void repeatedRequest(Octets request) {
        field(4, "AGAIN");
        field(4, "enterprise number");
        message(request);
    }

    private void message(Octets octets) {
        if (RegistrationCodec.decode(octets) instanceof Decoded.Message message) {
            message(message.message());
        }
    }

    private void message(ControlMessage message) {
        if (message instanceof RegistrationRequest request) {
            field(4, "Registration Request, flags %s, lifetime %d s".formatted(request.flags(), request.lifetime()));
            field(4, "Home Address " + request.homeAddress());
            field(4, "Home Agent " + request.homeAgent());
            field(4, "Care-of Address " + request.careOfAddress());
            field(8, "Identification");
        } else if (message instanceof RegistrationReply reply) {
            field(4, "Registration Reply, code %s, lifetime %d s".formatted(reply.code(), reply.lifetime()));
            field(4, "Home Address " + reply.homeAddress());
            field(4, "Home Agent " + reply.homeAgent());
            field(8, "Identification");
        } else {
            field(message.fixedLength(), Words.of(message));
        }
        message.extensions().forEach(extension -> field(extension.length(), words(extension)));
    }

    private static String words(Extension extension) {
        var handover = HandoverExtension.of(extension, HandoverExtension.DEFAULT_ENTERPRISE_NUMBER);
        if (handover.isPresent()) {
            return "%d: %s".formatted(extension.type(), Words.of(handover.get()));
        }
        // The octets are on the left already.
        var words = Words.of(extension).replaceAll(" (authenticator|value|data)=[0-9a-f]*", "");
        return "%d: %s".formatted(extension.type(), words);
    }

    /** What a message beside registration is called. */
    static String name(Octets message) {
        return HandoverMessage.decode(message, HandoverExtension.DEFAULT_ENTERPRISE_NUMBER)
                .map(decoded -> decoded.getClass().getSimpleName().toUpperCase(Locale.ROOT))
                .orElse("malformed");
    }

    private void handoverMessage() {
        field(4, name(datagram));
        field(4, "enterprise number");
        field(8, "handover id");
    }

    private void field(int length, String words) {
        int end = Math.min(at + length, datagram.length());
        lines.add("%-40s # %s".formatted(hex(at, end), words));
        at = end;
    }

    private void rest() {
        if (at < datagram.length()) {
            lines.add(hex(at, datagram.length()));
        }
    }

    private String hex(int from, int to) {
        return datagram.slice(from, to).toString();
    }
}
