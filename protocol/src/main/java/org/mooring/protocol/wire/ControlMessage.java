package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Optional;

/** A message on UDP port 434 that has extensions (RFC 3344 §1.8): about a registration, or the revocation of one. */
public sealed interface ControlMessage permits RegistrationMessage, RevocationMessage {
    /** The UDP port of requests (RFC 3344 §3.3). */
    int PORT = 434;

    Ipv4Address homeAddress();

    List<Extension> extensions();

    /** The octets before the first extension. */
    int fixedLength();

    /** Writes the octets before the first extension. */
    void writeFixedPartTo(ByteBuf out);

    /** The first extension that is a {@code kind}. */
    default <E extends Extension> Optional<E> extension(Class<E> kind) {
        return extensions().stream().filter(kind::isInstance).map(kind::cast).findFirst();
    }

    /** How far the extension at {@code index} of {@link #extensions()} is from the message's first octet. */
    default int offsetOf(int index) {
        return fixedLength()
                + extensions().subList(0, index).stream()
                        .mapToInt(Extension::length)
                        .sum();
    }
}
