package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mooring.linux.netlink.Filter;
import org.mooring.linux.netlink.Filter.Direction;
import org.mooring.linux.netlink.Filters;
import org.mooring.linux.netlink.Link;
import org.mooring.linux.netlink.Neighbour;
import org.mooring.linux.netlink.Route;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What home and foreign agent have in common: slots for each home address, from which follow the entry in the programs' map and the
 * footprint beside it. The kernel is led from one to the next so that each packet takes the old way or the new one.
 */
abstract class EbpfDatapath<F extends Forwarding> implements Datapath<F>, TunnelErrors.Tunnels {
    private static final Logger LOG = LoggerFactory.getLogger(EbpfDatapath.class);

    final AgentKernel kernel;
    private final int preference;
    private final Map<Inet4Address, Slots<F>> slots = new HashMap<>();

    /** What is there; after the kernel refused something, what may be there of it. */
    private final Map<Inet4Address, Footprint> footprints = new HashMap<>();

    /** By tunnels that are or have been there. */
    private final Set<Encapsulation> used = EnumSet.noneOf(Encapsulation.class);

    private Optional<Segmenter> segmenter = Optional.empty();

    /** @param preference of the agent's filters */
    EbpfDatapath(AgentKernel kernel, int preference) {
        this.kernel = kernel;
        this.preference = preference;
    }

    /** What the programs need to know. {@code wanted} has something installed or staged. */
    abstract ForwardingEntry entry(Slots<F> wanted) throws IOException;

    /** What must be there beside. {@code wanted} has something installed or staged. */
    abstract Footprint footprint(Slots<F> wanted) throws IOException;

    /** The outer source of what comes by the old path. {@code wanted} has something installed or staged. */
    abstract Optional<Inet4Address> oldSource(Slots<F> wanted);

    /** Nothing is installed or staged for the home address any more, and packets may still wait for it. */
    abstract void abandon(Inet4Address homeAddress) throws IOException;

    /** Everywhere that this agent has a program. */
    abstract List<Attachment> attachments();

    /** What is there for all home addresses together. */
    abstract List<Route> sharedRoutes();

    /** What a former process left of home addresses, wanted or not. */
    abstract Footprint leftovers() throws IOException;

    /**
     * Takes over: fills the maps, then replaces the filters of a former process, then leads neighbours and routes to what is installed
     * now.
     */
    final synchronized void restore(Collection<F> installed, Waiting waiting) throws IOException {
        segmenter = Segmenter.find(kernel.netlink(), kernel.device().link().name());
        if (segmenter.isPresent()) {
            kernel.programs().setSegmenter(segmenter.get());
        }
        for (F forwarding : installed) {
            used.addAll(encapsulations(forwarding.tunnels().stream()));
        }
        prepare();
        Map<Inet4Address, ForwardingEntry> entries = new HashMap<>();
        for (F forwarding : installed) {
            Slots<F> wanted = Slots.<F>empty().install(forwarding);
            slots.put(forwarding.homeAddress(), wanted);
            footprints.put(forwarding.homeAddress(), footprint(wanted));
            entries.put(forwarding.homeAddress(), entry(wanted));
        }
        kernel.programs().putAll(entries);
        Footprint wanted = Footprint.all(footprints.values());
        ensure(wanted.outside(kernel.device().link()));
        attach();
        ensure(wanted.into(kernel.device().link()));
        Footprint stale = leftovers().beside(wanted);
        remove(stale);
        LOG.debug(
                "restored {} forwardings, removed {} stale routes",
                installed.size(),
                stale.routes().size());
        kernel.errors().start(this);
        kernel.rooms().start(waiting);
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
            kernel.rooms().hold(homeAddress, paths, oldSource(present));
        } catch (IOException e) {
            throw new DatapathException("let the packets for " + homeAddress.getHostAddress() + " wait", e);
        }
        LOG.debug("hold home={} {}", homeAddress.getHostAddress(), paths);
    }

    @Override
    public final void open(Inet4Address homeAddress, Path path) {
        kernel.rooms().open(homeAddress, path);
        LOG.debug("open home={} {}", homeAddress.getHostAddress(), path);
    }

    @Override
    public final void deliver(Inet4Address homeAddress, ByteBuffer packet) {
        kernel.rooms().deliver(homeAddress, packet);
    }

    @Override
    public final Map<Inet4Address, Long> held() {
        return kernel.rooms().counts();
    }

    final synchronized void change(String operation, Inet4Address homeAddress, UnaryOperator<Slots<F>> change)
            throws DatapathException {
        Slots<F> wanted = change.apply(slots.getOrDefault(homeAddress, Slots.empty()));
        try {
            if (wanted.foremost().isPresent()) {
                lead(homeAddress, wanted);
                slots.put(homeAddress, wanted);
                kernel.rooms().follow(homeAddress, oldSource(wanted));
            } else {
                end(homeAddress);
                slots.remove(homeAddress);
            }
        } catch (IOException e) {
            throw new DatapathException(operation + " the forwarding of " + homeAddress.getHostAddress(), e);
        }
        LOG.debug("{} home={} {}", operation, homeAddress.getHostAddress(), wanted);
    }

    @Override
    public final synchronized boolean concerns(TunnelError error) {
        Stream<Slots<F>> possible = error.inner().isEmpty()
                ? slots.values().stream()
                : Stream.of(error.destination(), error.sender())
                        .flatMap(Optional::stream)
                        .map(slots::get)
                        .filter(Objects::nonNull);
        return possible.flatMap(Slots::tunnels).anyMatch(error::isAbout);
    }

    @Override
    public final synchronized void mtuChanged() {
        try {
            for (Map.Entry<Inet4Address, Slots<F>> entry : slots.entrySet()) {
                Footprint next = footprint(entry.getValue());
                kernel.netlink()
                        .routes()
                        .ensure(next.into(kernel.device().link()).routes());
                footprints.put(entry.getKey(), next);
            }
            kernel.netlink().routes().ensure(sharedRoutes());
        } catch (IOException e) {
            LOG.debug("path MTU not applied", e);
        }
    }

    /** The encapsulations of tunnels that are or have been there. */
    final Set<Encapsulation> used() {
        return used;
    }

    private static Set<Encapsulation> encapsulations(Stream<Tunnel> tunnels) {
        return tunnels.map(Tunnel::encapsulation).collect(Collectors.toSet());
    }

    /** For what is {@link #used}. As long as all is IP in IP, nothing has to be cut. */
    private void prepare() throws IOException {
        kernel.netlink().routes().ensure(sharedRoutes());
        if (segmenter.isEmpty() && !EnumSet.of(Encapsulation.IPIP).containsAll(used)) {
            Segmenter pair =
                    Segmenter.ensure(kernel.netlink(), kernel.device().link().name());
            attach(Attachment.segmented(pair, kernel.programs()));
            kernel.programs().setSegmenter(pair);
            segmenter = Optional.of(pair);
        }
    }

    /**
     * Nothing may come out of a tunnel that has no place to go yet, or it would be routed back to its home; nothing may be routed to the
     * device before the program there knows what to do.
     */
    private void lead(Inet4Address homeAddress, Slots<F> wanted) throws IOException {
        if (used.addAll(encapsulations(wanted.tunnels()))) {
            prepare();
        }
        ForwardingEntry entry = entry(wanted);
        Footprint next = footprint(wanted);
        Footprint present = footprints.getOrDefault(homeAddress, Footprint.NONE);
        footprints.put(homeAddress, present.and(next));
        ensure(next.outside(kernel.device().link()));
        kernel.programs().put(homeAddress, entry);
        ensure(next.into(kernel.device().link()));
        remove(present.beside(next));
        footprints.put(homeAddress, next);
    }

    /** Routes go first: a packet that finds no entry any more is lost. */
    private void end(Inet4Address homeAddress) throws IOException {
        remove(footprints.getOrDefault(homeAddress, Footprint.NONE));
        kernel.programs().remove(homeAddress);
        abandon(homeAddress);
        footprints.remove(homeAddress);
    }

    private void ensure(Footprint footprint) throws IOException {
        for (Neighbour neighbour : footprint.neighbours()) {
            kernel.netlink().neighbours().ensure(neighbour);
        }
        kernel.netlink().routes().ensure(footprint.routes());
    }

    private void remove(Footprint footprint) throws IOException {
        kernel.netlink().routes().remove(footprint.routes());
        for (Neighbour neighbour : footprint.neighbours()) {
            kernel.netlink().neighbours().remove(neighbour);
        }
    }

    /** Puts the programs in their places, and takes former ones out of places that they have no more. */
    private void attach() throws IOException {
        Filters filters = kernel.netlink().filters();
        Set<Place> places = new HashSet<>();
        List<Attachment> all = new ArrayList<>(attachments());
        segmenter.ifPresent(pair -> all.add(Attachment.segmented(pair, kernel.programs())));
        for (Attachment attachment : all) {
            attach(attachment);
            places.add(new Place(attachment.link().index(), attachment.direction(), attachment.handle()));
        }
        for (Link link : kernel.netlink().links().dump()) {
            for (Direction direction : Direction.values()) {
                for (Filter filter : filters.dump(link.device(), direction)) {
                    Place place = new Place(link.index(), direction, filter.handle());
                    if (filter.preference() == preference && !places.contains(place)) {
                        filters.remove(link.device(), direction, preference, filter.handle());
                    }
                }
            }
        }
    }

    private void attach(Attachment attachment) throws IOException {
        kernel.netlink()
                .filters()
                .ensure(
                        attachment.link(),
                        attachment.direction(),
                        preference,
                        attachment.handle(),
                        attachment.program());
    }

    private record Place(int interfaceIndex, Direction direction, int handle) {}

    @Override
    public final Map<Inet4Address, Traffic> traffic() throws DatapathException {
        try {
            return kernel.programs().traffic();
        } catch (IOException e) {
            throw new DatapathException("read the traffic", e);
        }
    }

    @Override
    public final Map<Drop, Long> drops() throws DatapathException {
        try {
            Map<Drop, Long> drops = kernel.programs().drops();
            drops.merge(Drop.NO_ROOM, kernel.rooms().dropped(), Long::sum);
            return drops;
        } catch (IOException e) {
            throw new DatapathException("read the drops", e);
        }
    }

    @Override
    public final void close() {
        kernel.close();
    }
}
