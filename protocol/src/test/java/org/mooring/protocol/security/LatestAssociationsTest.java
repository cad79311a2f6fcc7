package org.mooring.protocol.security;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("The foreign-home association that a peer has used last, while keys roll over")
class LatestAssociationsTest {
    private static final Ipv4Address PEER = Ipv4Address.of("10.1.0.1");
    private static final Ipv4Address OTHER = Ipv4Address.of("10.3.0.1");
    private static final SecurityAssociation FIRST = association(0x1001);
    private static final SecurityAssociation SECOND = association(0x1002);
    private static final SecurityAssociation UNKNOWN = association(0x1003);
    private static final List<SecurityAssociation> SHARED = List.of(FIRST, SECOND);

    private final LatestAssociations latest = new LatestAssociations();

    private static SecurityAssociation association(int spi) {
        return new SecurityAssociation(
                spi,
                new Key(Octets.ofHex("00112233445566778899aabbccddeeff")),
                Algorithm.HMAC_MD5,
                SecurityAssociation.DEFAULT_TOLERANCE);
    }

    private static Decoded.Message reply(Seal... seals) {
        var reply = new RegistrationReply(
                ReplyCode.ACCEPTED, 300, Ipv4Address.of("10.1.0.5"), PEER, new Identification(1), List.of());
        return (Decoded.Message) RegistrationCodec.decode(Seal.encode(reply, seals));
    }

    private static Seal foreignHome(SecurityAssociation association) {
        return new Seal(Kind.FOREIGN_HOME, association);
    }

    @Test
    void isTheFirstOfWhomNothingWasHeard() {
        assertEquals(Optional.of(FIRST), latest.with(PEER, SHARED));
        assertEquals(Optional.empty(), latest.with(PEER, List.of()));
    }

    @Test
    void isTheOneThatItUsed() {
        latest.heard(PEER, reply(new Seal(Kind.MOBILE_HOME, FIRST), foreignHome(SECOND)), SHARED);
        assertEquals(Optional.of(SECOND), latest.with(PEER, SHARED));
        assertEquals(Optional.of(FIRST), latest.with(OTHER, SHARED));
        latest.heard(PEER, reply(foreignHome(FIRST)), SHARED);
        assertEquals(Optional.of(FIRST), latest.with(PEER, SHARED));
    }

    @Test
    void isTheFirstWhereThatOneIsGone() {
        latest.heard(PEER, reply(foreignHome(SECOND)), SHARED);
        assertEquals(Optional.of(FIRST), latest.with(PEER, List.of(FIRST)));
    }

    @Test
    void staysWhereNothingIsSaidOfIt() {
        latest.heard(PEER, reply(foreignHome(SECOND)), SHARED);
        latest.heard(PEER, reply(), SHARED);
        latest.heard(PEER, reply(new Seal(Kind.MOBILE_HOME, FIRST)), SHARED);
        latest.heard(PEER, reply(foreignHome(UNKNOWN)), SHARED);
        assertEquals(Optional.of(SECOND), latest.with(PEER, SHARED));
    }
}
