package org.mooring.protocol.security;

import java.security.MessageDigest;
import java.util.Collection;
import java.util.stream.IntStream;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication;

/** Checks authentication extensions over the octets that arrived. */
public final class Verifier {
    private Verifier() {}

    /**
     * Whether {@code received} has exactly one extension of {@code kind}, and one of {@code associations} confirms it.
     *
     * <p>For {@link Authentication.Kind#MOBILE_HOME} it must be the only authorization-enabling extension, and no other
     * authentication extension may come before it (RFC 3344 §3.2, §3.8.2.1).
     */
    public static Verified verify(
            Decoded.Message received, Authentication.Kind kind, Collection<SecurityAssociation> associations) {
        if (associations.isEmpty()) {
            return Verified.Not.NO_ASSOCIATION;
        }
        var extensions = received.message().extensions();
        int found = -1;
        boolean another = false;
        for (int i = 0; i < extensions.size(); i++) {
            if (counts(extensions.get(i), kind)) {
                another |= found >= 0;
                found = i;
            }
        }
        if (found < 0 || !(extensions.get(found) instanceof Authentication)) {
            return another ? Verified.Not.MORE_THAN_ONE : Verified.Not.MISSING;
        }
        if (another) {
            return Verified.Not.MORE_THAN_ONE;
        }
        if (kind == Authentication.Kind.MOBILE_HOME
                && extensions.subList(0, found).stream().anyMatch(Authentication.class::isInstance)) {
            return Verified.Not.MISPLACED;
        }
        return verify(received, found, (Authentication) extensions.get(found), associations);
    }

    /**
     * As {@link #verify} for {@link Authentication.Kind#MOBILE_HOME}, but for any number of extensions: each must be right (RFC 5944
     * §3.8.2.1a). By the association of the first.
     */
    public static Verified verifyEach(Decoded.Message received, Collection<SecurityAssociation> associations) {
        var extensions = received.message().extensions();
        var enabling = IntStream.range(0, extensions.size())
                .filter(i -> counts(extensions.get(i), Authentication.Kind.MOBILE_HOME))
                .boxed()
                .toList();
        boolean verifiable = enabling.stream().map(extensions::get).allMatch(Authentication.class::isInstance);
        if (enabling.size() < 2 || !verifiable || associations.isEmpty()) {
            return verify(received, Authentication.Kind.MOBILE_HOME, associations);
        }
        if (extensions.subList(0, enabling.get(0)).stream().anyMatch(Authentication.class::isInstance)) {
            return Verified.Not.MISPLACED;
        }
        var each = enabling.stream()
                .map(i -> verify(received, i, (Authentication) extensions.get(i), associations))
                .toList();
        return each.stream().filter(Verified.Not.class::isInstance).findFirst().orElse(each.get(0));
    }

    private static boolean counts(Extension extension, Authentication.Kind kind) {
        return extension instanceof Authentication authentication
                ? authentication.kind() == kind
                : kind == Authentication.Kind.MOBILE_HOME && extension.isAuthorizationEnabling();
    }

    private static Verified verify(
            Decoded.Message received,
            int index,
            Authentication authentication,
            Collection<SecurityAssociation> associations) {
        var association = associations.stream()
                .filter(candidate -> candidate.spi() == authentication.spi())
                .findFirst();
        if (association.isEmpty()) {
            return Verified.Not.UNKNOWN_SPI;
        }
        int end = received.message().offsetOf(index) + Authentication.AUTHENTICATOR_OFFSET;
        var expected = association
                .get()
                .algorithm()
                .compute(association.get().key(), received.wire().slice(0, end));
        // Constant time, and false where the lengths differ: how much of a guess was right must not show.
        return MessageDigest.isEqual(
                        expected.toByteArray(), authentication.authenticator().toByteArray())
                ? new Verified.By(association.get())
                : Verified.Not.BAD_AUTHENTICATOR;
    }
}
