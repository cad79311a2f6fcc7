package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.netlink.Route;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What agents have in common whose packets the kernel routes: slots for each home address, from which follow what tells tunnelled packets
 * their way, and the footprint beside it. The kernel is led from one to the next so that each packet takes the old way or the new one.
 */
abstract class RoutedDatapath<F extends Forwarding> implements Datapath<F>, TunnelErrors.Tunnels {
    private static final Logger LOG = LoggerFactory.getLogger(RoutedDatapath.class);

    private final Map<Inet4Address, Slots<F>> slots = new HashMap<>();

    /** What is there; after the kernel refused something, what may be there of it. */
    private final Map<Inet4Address, Footprint> footprints = new HashMap<>();

    /** The kernel refused something of theirs. */
    private final Set<Inet4Address> unfinished = new HashSet<>();

    /** By tunnels that are or have been there. */
    private final EnumSet<Encapsulation> used = EnumSet.noneOf(Encapsulation.class);

    abstract Netlink netlink();

    abstract TunnelErrors errors();

    abstract Rooms rooms();

    /** What must be there beside what tells packets their way. {@code wanted} has something installed or staged. */
    abstract Footprint footprint(Slots<F> wanted) throws IOException;

    /** The outer source of what comes by the old path. {@code wanted} has something installed or staged. */
    abstract Optional<Inet4Address> oldSource(Slots<F> wanted);

    /** Nothing is installed or staged for the home address any more, and packets may still wait for it. */
    abstract void abandon(Inet4Address homeAddress) throws IOException;

    /** What is there for all home addresses together. */
    abstract List<Route> sharedRoutes() throws IOException;

    /** What a former process left of home addresses, wanted or not. */
    abstract Footprint leftovers() throws IOException;

    /** Whether it leads packets into tunnels. */
    abstract boolean entersTunnel(Route route);

    /** Makes ready for tunnels of all {@link #used} encapsulations. */
    abstract void prepare() throws IOException;

    /** Begins to tell packets their way, and to take those that come out of tunnels, instead of a former process. */
    abstract void begin(Map<Inet4Address, Slots<F>> installed) throws IOException;

    /** Tells packets of the home address their way. {@code wanted} has something installed or staged. */
    abstract void tell(Inet4Address homeAddress, Slots<F> wanted) throws IOException;

    /** Packets of the home address are routed as {@code wanted} has it, and no other way any more. */
    void routed(Inet4Address homeAddress, Slots<F> wanted) throws IOException {}

    /** What path MTUs are may have changed for what packets of the home address are told. */
    void tellMtu(Inet4Address homeAddress, Slots<F> wanted) throws IOException {}

    /** Those that no slot has. */
    Stream<Tunnel> otherTunnels() {
        return Stream.empty();
    }

    /** No packet out of a tunnel is for or from the home address any more. */
    abstract void forget(Inet4Address homeAddress) throws IOException;

    /**
     * Takes over: tells packets their way instead of a former process, then leads neighbours and routes to what is installed now.
     */
    final synchronized void restore(Collection<F> installed, Waiting waiting) throws IOException {
        for (F forwarding : installed) {
            use(forwarding.tunnels().stream());
        }
        prepare();
        for (F forwarding : installed) {
            Slots<F> wanted = Slots.<F>empty().install(forwarding);
            slots.put(forwarding.homeAddress(), wanted);
            footprints.put(forwarding.homeAddress(), footprint(wanted));
        }
        Footprint wanted = Footprint.all(footprints.values());
        ensure(wanted.without(this::entersTunnel));
        begin(Collections.unmodifiableMap(slots));
        ensure(wanted.only(this::entersTunnel));
        Footprint stale = leftovers().beside(wanted);
        remove(stale);
        LOG.debug(
                "restored {} forwardings, removed {} stale routes",
                installed.size(),
                stale.routes().size());
        errors().start(this);
        rooms().start(waiting);
    }

    @Override
    public final void install(F forwarding) throws DatapathException {
        change("install", forwarding.homeAddress(), present -> present.install(forwarding));
    }

    @Override
    public final void stage(F forwarding) throws DatapathException {
        change("stage", forwarding.homeAddress(), present -> present.stage(forwarding));
    }

    @Override
    public final void flip(Inet4Address homeAddress) throws DatapathException {
        change("flip", homeAddress, Slots::flip);
    }

    @Override
    public final void unstage(Inet4Address homeAddress) throws DatapathException {
        change("unstage", homeAddress, Slots::unstage);
    }

    @Override
    public final void remove(Inet4Address homeAddress) throws DatapathException {
        change("remove", homeAddress, present -> Slots.empty());
    }

    @Override
    public final synchronized void hold(Inet4Address homeAddress, Set<Path> paths) throws DatapathException {
        Slots<F> present = slots.get(homeAddress);
        if (present == null) {
            throw new IllegalStateException("nothing is installed or staged");
        }
        try {
            rooms().hold(homeAddress, paths, oldSource(present));
        } catch (IOException e) {
            throw new DatapathException("let the packets for " + homeAddress.getHostAddress() + " wait", e);
        }
        LOG.debug("hold home={} {}", homeAddress.getHostAddress(), paths);
    }

    @Override
    public final void open(Inet4Address homeAddress, Path path) {
        rooms().open(homeAddress, path);
        LOG.debug("open home={} {}", homeAddress.getHostAddress(), path);
    }

    @Override
    public final void deliver(Inet4Address homeAddress, ByteBuffer packet) {
        rooms().deliver(homeAddress, packet);
    }

    @Override
    public final Map<Inet4Address, Long> held() {
        return rooms().counts();
    }

    final synchronized void change(String operation, Inet4Address homeAddress, UnaryOperator<Slots<F>> change)
            throws DatapathException {
        Slots<F> wanted = change.apply(slots.getOrDefault(homeAddress, Slots.empty()));
        try {
            if (wanted.foremost().isPresent()) {
                lead(homeAddress, wanted);
                slots.put(homeAddress, wanted);
                rooms().follow(homeAddress, oldSource(wanted));
            } else {
                end(homeAddress);
                slots.remove(homeAddress);
            }
        } catch (IOException e) {
            throw new DatapathException(operation + " the forwarding of " + homeAddress.getHostAddress(), e);
        }
        if (LOG.isDebugEnabled()) {
            LOG.debug("{} home={} {}", operation, homeAddress.getHostAddress(), wanted);
        }
    }

    @Override
    public final synchronized boolean concerns(TunnelError error) {
        Stream<Slots<F>> possible = error.inner().isEmpty()
                ? slots.values().stream()
                : Stream.of(error.destination(), error.sender())
                        .flatMap(Optional::stream)
                        .map(slots::get)
                        .filter(Objects::nonNull);
        return Stream.concat(possible.flatMap(Slots::tunnels), otherTunnels()).anyMatch(error::isAbout);
    }

    @Override
    public final synchronized void mtuChanged() throws IOException {
        Map<Inet4Address, Footprint> changed = new HashMap<>();
        for (Map.Entry<Inet4Address, Slots<F>> entry : slots.entrySet()) {
            tellMtu(entry.getKey(), entry.getValue());
            Footprint next = footprint(entry.getValue());
            if (!next.equals(footprints.get(entry.getKey()))) {
                changed.put(entry.getKey(), next);
            }
        }
        List<Route> routes = new ArrayList<>(
                Footprint.all(changed.values()).only(this::entersTunnel).routes());
        routes.addAll(sharedRoutes());
        netlink().routes().ensure(routes);
        footprints.putAll(changed);
    }

    /** All that there are of ours, for packets from everywhere. */
    final Footprint routesIntoTunnels() throws IOException {
        return new Footprint(
                List.of(),
                netlink().routes().dumpProtocol(Route.PROTOCOL).stream()
                        .filter(route -> route.table() == Route.MAIN_TABLE && entersTunnel(route))
                        .toList());
    }

    /** The encapsulations of tunnels that are or have been there. */
    final Set<Encapsulation> used() {
        return used;
    }

    /** Makes ready for {@code tunnels}, if they are the first ones of their encapsulations. */
    final void prepareFor(Stream<Tunnel> tunnels) throws IOException {
        Set<Encapsulation> before = EnumSet.copyOf(used);
        if (!use(tunnels)) {
            return;
        }
        try {
            prepare();
        } catch (IOException | RuntimeException e) {
            used.retainAll(before);
            throw e;
        }
    }

    /** Whether one of them is the first of its encapsulation. */
    private boolean use(Stream<Tunnel> tunnels) {
        return used.addAll(tunnels.map(Tunnel::encapsulation).toList());
    }

    /**
     * Nothing may come out of a tunnel that has no place to go yet, or it would be routed back to its home; nothing may be routed to the
     * device before it is known there what to do. If all that is beside is there already, it is said again only together with an unchanged
     * forwarding: that mends what others have undone.
     */
    private void lead(Inet4Address homeAddress, Slots<F> wanted) throws IOException {
        prepareFor(wanted.tunnels());
        Footprint next = footprint(wanted);
        Footprint present = footprints.getOrDefault(homeAddress, Footprint.NONE);
        boolean changed = !wanted.equals(slots.get(homeAddress));
        if (changed && next.equals(present) && !unfinished.contains(homeAddress)) {
            tell(homeAddress, wanted);
            return;
        }
        unfinished.add(homeAddress);
        footprints.put(homeAddress, present.and(next));
        ensure(next.without(this::entersTunnel));
        tell(homeAddress, wanted);
        ensure(next.only(this::entersTunnel));
        remove(present.beside(next));
        routed(homeAddress, wanted);
        footprints.put(homeAddress, next);
        unfinished.remove(homeAddress);
    }

    /** Routes go first: a packet that finds nothing any more that tells it its way is lost. */
    private void end(Inet4Address homeAddress) throws IOException {
        remove(footprints.getOrDefault(homeAddress, Footprint.NONE));
        forget(homeAddress);
        abandon(homeAddress);
        footprints.remove(homeAddress);
        unfinished.remove(homeAddress);
    }

    private void ensure(Footprint footprint) throws IOException {
        netlink().neighbours().ensure(footprint.neighbours());
        netlink().routes().ensure(footprint.routes());
    }

    private void remove(Footprint footprint) throws IOException {
        netlink().routes().remove(footprint.routes());
        netlink().neighbours().remove(footprint.neighbours());
    }
}
