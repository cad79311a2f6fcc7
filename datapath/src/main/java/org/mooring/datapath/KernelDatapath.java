package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.netlink.NftTable;
import org.mooring.linux.netlink.NftTable.Chain;
import org.mooring.linux.netlink.NftTable.Counter;
import org.mooring.linux.netlink.NftTable.Element;
import org.mooring.linux.netlink.Route;

/** What home and foreign agent have in common where the kernel makes the tunnels: elements of {@link KernelRules} for each home address. */
abstract class KernelDatapath<F extends Forwarding> extends RoutedDatapath<F> {
    final KernelTunnels tunnels;
    private final Map<Inet4Address, Set<Element>> elements = new HashMap<>();

    KernelDatapath(KernelTunnels tunnels) {
        this.tunnels = tunnels;
    }

    /** From which tunnels packets of the home address are taken. {@code wanted} has something installed or staged. */
    abstract Set<Tunnel> accepted(Slots<F> wanted);

    /** What else the kernel has to know. {@code wanted} has something installed or staged. */
    abstract Set<Element> further(Slots<F> wanted) throws IOException;

    @Override
    final Netlink netlink() {
        return tunnels.netlink();
    }

    @Override
    final TunnelErrors errors() {
        return tunnels.errors();
    }

    @Override
    final WaitingRooms rooms() {
        return tunnels.rooms();
    }

    @Override
    final boolean entersTunnel(Route route) {
        return tunnels.isDevice(route.interfaceIndex());
    }

    @Override
    final void prepare() throws IOException {
        netlink().routes().ensure(sharedRoutes());
    }

    @Override
    final void begin(Map<Inet4Address, Slots<F>> installed) throws IOException {
        List<Element> all = new ArrayList<>();
        for (Map.Entry<Inet4Address, Slots<F>> one : installed.entrySet()) {
            Set<Element> wanted = elements(one.getKey(), one.getValue());
            elements.put(one.getKey(), wanted);
            all.addAll(wanted);
        }
        tunnels.nftables().replace(tunnels.rules().table(), all);
        settle(Collections.unmodifiableCollection(elements.values()));
    }

    /** Packets meet no other elements of home addresses than these any more. */
    void settle(Collection<Set<Element>> present) throws IOException {}

    /** Packets of the home address meet no other elements than these any more. */
    void settle(Inet4Address homeAddress, Set<Element> present) throws IOException {}

    /** Those of the elements that are there now which are only met by packets that aren't routed yet as {@code wanted} has it. */
    Set<Element> passing(Set<Element> present, Slots<F> wanted) {
        return Set.of();
    }

    @Override
    final void tell(Inet4Address homeAddress, Slots<F> wanted) throws IOException {
        Set<Element> next = elements(homeAddress, wanted);
        next.addAll(passing(present(homeAddress), wanted));
        replace(homeAddress, next);
    }

    @Override
    final void routed(Inet4Address homeAddress, Slots<F> wanted) throws IOException {
        Set<Element> present = present(homeAddress);
        replace(homeAddress, KernelTunnels.without(present, passing(present, wanted)));
    }

    @Override
    final void forget(Inet4Address homeAddress) throws IOException {
        replace(homeAddress, Set.of());
        elements.remove(homeAddress);
        String table = tunnels.rules().name();
        List<Element> counted = new ArrayList<>();
        for (Element possible : KernelRules.drops(homeAddress)) {
            tunnels.nftables().counter(table, possible).ifPresent(counter -> counted.add(possible));
        }
        tunnels.nftables().change(table, List.of(), counted);
        rooms().forgetDrops(homeAddress);
    }

    private void replace(Inet4Address homeAddress, Set<Element> wanted) throws IOException {
        Set<Element> before = present(homeAddress);
        Set<Element> gone = KernelTunnels.without(before, wanted);
        tunnels.nftables().change(tunnels.rules().name(), KernelTunnels.without(wanted, before), gone);
        elements.put(homeAddress, wanted);
        settle(homeAddress, wanted);
        // Which looks at all home addresses.
        if (gone.stream().anyMatch(element -> KernelRules.tunnel(element).isPresent())) {
            settle(Collections.unmodifiableCollection(elements.values()));
        }
    }

    private Set<Element> present(Inet4Address homeAddress) {
        return elements.getOrDefault(homeAddress, Set.of());
    }

    private Set<Element> elements(Inet4Address homeAddress, Slots<F> wanted) throws IOException {
        tunnels.prepare(wanted.tunnels().toList());
        Set<Element> all = new HashSet<>(tunnels.rules().guest(homeAddress));
        accepted(wanted).forEach(tunnel -> all.add(KernelRules.accepted(tunnel, homeAddress)));
        all.addAll(further(wanted));
        return all;
    }

    @Override
    public final synchronized Map<Inet4Address, Traffic> traffic() throws DatapathException {
        try {
            Map<Inet4Address, Traffic> traffic = new HashMap<>();
            for (Inet4Address homeAddress : elements.keySet()) {
                traffic.put(homeAddress, new Traffic(0, 0, 0, 0));
            }
            counters(KernelRules.out())
                    .forEach((home, counter) ->
                            add(traffic, home, new Traffic(counter.packets(), counter.octets(), 0, 0)));
            for (Encapsulation encapsulation : tunnels.devices().keySet()) {
                counters(KernelRules.in(encapsulation)).forEach((home, counter) -> {
                    long inner = counter.octets() - counter.packets() * encapsulation.overhead();
                    add(traffic, home, new Traffic(0, 0, counter.packets(), inner));
                });
            }
            return traffic;
        } catch (IOException e) {
            throw new DatapathException("read the traffic", e);
        }
    }

    private static void add(Map<Inet4Address, Traffic> traffic, Inet4Address home, Traffic more) {
        traffic.computeIfPresent(
                home,
                (same, before) -> new Traffic(
                        before.packetsEncapsulated() + more.packetsEncapsulated(),
                        before.octetsEncapsulated() + more.octetsEncapsulated(),
                        before.packetsDecapsulated() + more.packetsDecapsulated(),
                        before.octetsDecapsulated() + more.octetsDecapsulated()));
    }

    private Map<Inet4Address, Counter> counters(NftTable.Set set) throws IOException {
        Map<Inet4Address, Counter> counters = new HashMap<>();
        tunnels.nftables()
                .counters(tunnels.rules().name(), set)
                .forEach((element, counter) -> counters.put(element.key().get(0), counter));
        return counters;
    }

    @Override
    public final Map<Drop, Long> drops() throws DatapathException {
        try {
            Map<Drop, Long> drops = new EnumMap<>(Drop.class);
            for (Drop reason : Drop.values()) {
                drops.put(reason, 0L);
            }
            for (Chain chain : tunnels.rules().dropping()) {
                tunnels.nftables()
                        .counters(tunnels.rules().name(), chain)
                        .forEach((comment, counter) ->
                                drops.merge(KernelRules.reason(comment), counter.packets(), Long::sum));
            }
            drops.merge(Drop.NO_ROOM, tunnels.withoutRoom(), Long::sum);
            return drops;
        } catch (IOException e) {
            throw new DatapathException("read the drops", e);
        }
    }

    @Override
    public final Map<Inet4Address, Map<Drop, Long>> bindingDrops() throws DatapathException {
        try {
            Map<Inet4Address, Map<Drop, Long>> drops = new HashMap<>();
            tunnels.nftables()
                    .counters(tunnels.rules().name(), KernelRules.drops())
                    .forEach((element, counter) -> drops.computeIfAbsent(
                                    element.key().get(0), home -> new EnumMap<>(Drop.class))
                            .put(KernelRules.reason(element), counter.packets()));
            return rooms().andDropped(drops);
        } catch (IOException e) {
            throw new DatapathException("read the drops", e);
        }
    }

    @Override
    public final void close() {
        tunnels.close();
    }
}
