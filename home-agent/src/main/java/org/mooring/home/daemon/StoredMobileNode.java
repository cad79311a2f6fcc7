package org.mooring.home.daemon;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mooring.datapath.Encapsulation;
import org.mooring.home.BindingList;
import org.mooring.home.Endpoint;
import org.mooring.home.MobileNodeRecord;
import org.mooring.home.MobilityBinding;
import org.mooring.home.Peer;
import org.mooring.protocol.revocation.RevocationTerms;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

/**
 * A {@link MobileNodeRecord} as the store has it. What is here is a file format: names stay, new ones may be added. Identifications are 16
 * hexadecimal digits.
 *
 * @param binding the newest one
 * @param others beside it, the oldest first; left out if there are none
 * @param revoked left out if there are none
 * @param newest by SPI, the newest Identification accepted
 * @param handedOver left out if not
 */
record StoredMobileNode(
        Ipv4Address homeAddress,
        long generation,
        @Nullable Binding binding,
        @JsonInclude(Include.NON_EMPTY) @Nullable List<Binding> others,
        @JsonInclude(Include.NON_EMPTY) @Nullable List<Binding> revoked,
        Map<String, String> newest,
        @JsonInclude(Include.NON_DEFAULT) boolean handedOver) {
    /**
     * A binding without its home address.
     *
     * @param peerAddress where its tunnel goes; left out if that is the care-of address
     */
    record Binding(
            Ipv4Address careOfAddress,
            @JsonInclude(Include.NON_NULL) @Nullable Ipv4Address peerAddress,
            int port,
            Encapsulation encapsulation,
            int flags,
            int lifetime,
            Instant grantedAt,
            String identification,
            long spi,
            Ipv4Address fromAddress,
            int fromPort,
            long generation,
            @JsonInclude(Include.NON_NULL) @Nullable Terms revocation) {}

    /** What the agents agreed on of a binding's revocation: timestamps in seconds, unsigned. */
    record Terms(long told, long heard, boolean informs) {
        static Terms of(RevocationTerms terms) {
            return new Terms(
                    Integer.toUnsignedLong(terms.told()), Integer.toUnsignedLong(terms.heard()), terms.informs());
        }

        RevocationTerms toTerms() {
            return new RevocationTerms((int) told, (int) heard, informs);
        }
    }

    static StoredMobileNode of(MobileNodeRecord mobileNode) {
        var newest = new TreeMap<String, String>();
        mobileNode.newest().forEach((spi, id) -> newest.put(Integer.toUnsignedString(spi), hex(id)));
        var bindings = new ArrayList<>(
                mobileNode.bindings().all().stream().map(StoredMobileNode::of).toList());
        return new StoredMobileNode(
                mobileNode.homeAddress(),
                mobileNode.generation(),
                bindings.isEmpty() ? null : bindings.remove(bindings.size() - 1),
                bindings,
                mobileNode.revoked().stream().map(StoredMobileNode::of).toList(),
                newest,
                mobileNode.handedOver());
    }

    MobileNodeRecord toRecord() {
        var identifications = new TreeMap<Integer, Identification>();
        newest.forEach((spi, hex) -> identifications.put(Integer.parseUnsignedInt(spi), identification(hex)));
        var bindings = Stream.concat(Stream.ofNullable(others).flatMap(List::stream), Stream.ofNullable(binding))
                .map(this::toBinding)
                .toList();
        return new MobileNodeRecord(
                homeAddress,
                generation,
                new BindingList(bindings),
                Stream.ofNullable(revoked)
                        .flatMap(List::stream)
                        .map(this::toBinding)
                        .toList(),
                identifications,
                handedOver);
    }

    private static Binding of(MobilityBinding binding) {
        return new Binding(
                binding.careOfAddress(),
                peerAddress(binding),
                binding.peer().port(),
                binding.peer().encapsulation(),
                binding.flags().octet(),
                binding.lifetime(),
                binding.grantedAt(),
                hex(binding.identification()),
                Integer.toUnsignedLong(binding.spi()),
                binding.from().address(),
                binding.from().port(),
                binding.generation(),
                binding.revocation().map(Terms::of).orElse(null));
    }

    private static @Nullable Ipv4Address peerAddress(MobilityBinding binding) {
        var address = binding.peer().address();
        return address.equals(binding.careOfAddress()) ? null : address;
    }

    private MobilityBinding toBinding(Binding stored) {
        return new MobilityBinding(
                homeAddress,
                stored.careOfAddress,
                new Peer(
                        stored.peerAddress == null ? stored.careOfAddress : stored.peerAddress,
                        stored.port,
                        stored.encapsulation),
                new Flags(stored.flags),
                stored.lifetime,
                stored.grantedAt,
                identification(stored.identification),
                (int) stored.spi,
                new Endpoint(stored.fromAddress, stored.fromPort),
                stored.generation,
                Optional.ofNullable(stored.revocation).map(Terms::toTerms));
    }

    private static String hex(Identification identification) {
        return HexFormat.of().toHexDigits(identification.bits());
    }

    private static Identification identification(String hex) {
        return new Identification(HexFormat.fromHexDigitsToLong(hex));
    }
}
