package org.mooring.protocol.security;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * Which of the foreign-home associations each peer has used last. While keys roll over it has that one, where it may not have the others yet, or
 * not any more. Confined to one thread.
 */
public final class LatestAssociations {
    private final Map<Ipv4Address, Integer> spis = new HashMap<>();

    /**
     * Takes note of what {@code peer} used.
     *
     * @param authentic what it sent, which was verified
     * @param shared with it
     */
    public void heard(Ipv4Address peer, Decoded.Message authentic, List<SecurityAssociation> shared) {
        authentic.message().extensions().stream()
                .filter(Authentication.class::isInstance)
                .map(Authentication.class::cast)
                .filter(extension -> extension.kind() == Kind.FOREIGN_HOME)
                .map(Authentication::spi)
                .filter(spi -> shared.stream().anyMatch(association -> association.spi() == spi))
                .findFirst()
                .ifPresent(spi -> spis.put(peer, spi));
    }

    /** Of those that are {@code shared} with {@code peer}: the one that it used last, or else the first. */
    public Optional<SecurityAssociation> with(Ipv4Address peer, List<SecurityAssociation> shared) {
        Optional<Integer> latest = Optional.ofNullable(spis.get(peer));
        return shared.stream()
                .filter(association -> latest.equals(Optional.of(association.spi())))
                .findFirst()
                .or(() -> shared.stream().findFirst());
    }
}
