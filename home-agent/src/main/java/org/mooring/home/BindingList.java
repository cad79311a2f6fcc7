package org.mooring.home;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.mooring.datapath.DatapathKind;
import org.mooring.protocol.wire.Ipv4Address;

/** The bindings of one mobile node (RFC 3344 §3.8.1), each with a care-of address of its own; what was registered last comes last. */
public record BindingList(List<MobilityBinding> all) {
    public static final BindingList NONE = new BindingList(List.of());

    public BindingList {
        all = List.copyOf(all);
    }

    public static BindingList of(MobilityBinding... bindings) {
        return new BindingList(List.of(bindings));
    }

    public boolean isEmpty() {
        return all.isEmpty();
    }

    int size() {
        return all.size();
    }

    Optional<MobilityBinding> newest() {
        return isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
    }

    /** However the tunnel may be. */
    Optional<MobilityBinding> at(Ipv4Address careOfAddress) {
        return all.stream()
                .filter(binding -> binding.careOfAddress().equals(careOfAddress))
                .findFirst();
    }

    Optional<MobilityBinding> with(Peer peer) {
        return all.stream().filter(binding -> binding.peer().equals(peer)).findFirst();
    }

    /** Where packets go. */
    public List<Peer> peers() {
        return all.stream().map(MobilityBinding::peer).filter(Peer::isKnown).toList();
    }

    /** {@code binding} takes the place of the one with its care-of address. */
    BindingList and(MobilityBinding binding) {
        var others = without(binding.careOfAddress()).all.stream();
        return new BindingList(Stream.concat(others, Stream.of(binding)).toList());
    }

    /** The one with the care-of address of {@code binding} becomes that. */
    BindingList changing(MobilityBinding binding) {
        return new BindingList(all.stream()
                .map(other -> other.careOfAddress().equals(binding.careOfAddress()) ? binding : other)
                .toList());
    }

    BindingList without(Ipv4Address careOfAddress) {
        return new BindingList(all.stream()
                .filter(binding -> !binding.careOfAddress().equals(careOfAddress))
                .toList());
    }

    /** Those that {@code others} doesn't have, be it with an older lifetime. */
    BindingList beside(BindingList others) {
        return new BindingList(all.stream()
                .filter(binding -> others.with(binding.peer()).isEmpty())
                .toList());
    }

    /** Those whose lifetime isn't over. */
    public BindingList alive(Instant now) {
        return new BindingList(
                all.stream().filter(binding -> !binding.isExpired(now)).toList());
    }

    /** Those that a datapath can keep. */
    BindingList keptBy(DatapathKind datapath) {
        return new BindingList(all.stream()
                .filter(binding -> datapath.carries(binding.peer().encapsulation()))
                .toList());
    }

    /** None if no lifetime ever ends. */
    Optional<Instant> firstExpiry() {
        return all.stream()
                .filter(binding -> !binding.isInfinite())
                .map(MobilityBinding::expiry)
                .min(Comparator.naturalOrder());
    }
}
