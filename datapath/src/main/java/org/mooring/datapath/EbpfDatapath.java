package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.mooring.linux.netlink.Filter;
import org.mooring.linux.netlink.Filter.Direction;
import org.mooring.linux.netlink.Link;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.netlink.Route;

/** What home and foreign agent have in common in eBPF: an entry in the programs' map for each home address, and where the programs are. */
abstract class EbpfDatapath<F extends Forwarding> extends RoutedDatapath<F> {
    final AgentKernel kernel;
    private final int preference;
    private Optional<Segmenter> segmenter = Optional.empty();

    /** @param preference of the agent's filters */
    EbpfDatapath(AgentKernel kernel, int preference) {
        this.kernel = kernel;
        this.preference = preference;
    }

    /** What the programs need to know. {@code wanted} has something installed or staged. */
    abstract ForwardingEntry entry(Slots<F> wanted) throws IOException;

    /** Everywhere that this agent has a program. */
    abstract List<Attachment> attachments();

    @Override
    final Netlink netlink() {
        return kernel.netlink();
    }

    @Override
    final TunnelErrors errors() {
        return kernel.errors();
    }

    @Override
    final Rooms rooms() {
        return kernel.rooms();
    }

    @Override
    final boolean entersTunnel(Route route) {
        return route.interfaceIndex() == kernel.device().link().index();
    }

    /** As long as all is IP in IP, nothing has to be cut. A former process's programs go on to cut until these take their places. */
    @Override
    final void prepare() throws IOException {
        netlink().routes().ensure(sharedRoutes());
        if (segmenter.isPresent()) {
            return;
        }
        String device = kernel.device().link().name();
        segmenter = Segmenter.find(netlink(), device);
        if (segmenter.isEmpty() && !EnumSet.of(Encapsulation.IPIP).containsAll(used())) {
            Segmenter pair = Segmenter.ensure(netlink(), device);
            attach(Attachment.segmented(pair, kernel.programs()));
            segmenter = Optional.of(pair);
        }
        if (segmenter.isPresent()) {
            kernel.programs().setSegmenter(segmenter.get());
        }
    }

    /** Fills the maps, then replaces the filters of a former process. */
    @Override
    final void begin(Map<Inet4Address, Slots<F>> installed) throws IOException {
        Map<Inet4Address, ForwardingEntry> entries = new HashMap<>();
        for (Map.Entry<Inet4Address, Slots<F>> one : installed.entrySet()) {
            entries.put(one.getKey(), entry(one.getValue()));
        }
        kernel.programs().putAll(entries);
        attach();
    }

    @Override
    final void tell(Inet4Address homeAddress, Slots<F> wanted) throws IOException {
        kernel.programs().put(homeAddress, entry(wanted));
    }

    @Override
    final void tellMtu(Inet4Address homeAddress, Slots<F> wanted) throws IOException {
        tell(homeAddress, wanted);
    }

    @Override
    final void forget(Inet4Address homeAddress) throws IOException {
        kernel.programs().remove(homeAddress);
        kernel.rooms().forgetDrops(homeAddress);
    }

    /** Puts the programs in their places, and takes former ones out of places that they have no more. */
    private void attach() throws IOException {
        Set<Place> places = new HashSet<>();
        List<Attachment> all = new ArrayList<>(attachments());
        segmenter.ifPresent(pair -> all.add(Attachment.segmented(pair, kernel.programs())));
        for (Attachment attachment : all) {
            attach(attachment);
            places.add(new Place(attachment.link().index(), attachment.direction(), attachment.handle()));
        }
        detach(kernel.netlink(), preference, place -> !places.contains(place));
    }

    /**
     * Takes an agent's programs out of their places.
     *
     * @param preference of the agent's filters
     */
    static void detach(Netlink netlink, int preference, Predicate<Place> places) throws IOException {
        for (Link link : netlink.links().dump()) {
            for (Direction direction : Direction.values()) {
                for (Filter filter : netlink.filters().dump(link.device(), direction)) {
                    boolean own = filter.preference() == Attachment.preference(filter.handle(), preference);
                    if (own && places.test(new Place(link.index(), direction, filter.handle()))) {
                        netlink.filters().remove(link.device(), direction, filter.preference(), filter.handle());
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
                        Attachment.preference(attachment.handle(), preference),
                        attachment.handle(),
                        attachment.program());
    }

    /** Where a program is. */
    record Place(int interfaceIndex, Direction direction, int handle) {}

    @Override
    public final Map<Inet4Address, Traffic> traffic() throws DatapathException {
        try {
            return kernel.programs().traffic();
        } catch (IOException e) {
            throw new DatapathException("read the traffic", e);
        }
    }

    @Override
    public final long encapsulated(Inet4Address homeAddress) throws DatapathException {
        try {
            return kernel.programs().encapsulated(homeAddress);
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
    public final Map<Inet4Address, Map<Drop, Long>> bindingDrops() throws DatapathException {
        try {
            return kernel.rooms().andDropped(kernel.programs().bindingDrops());
        } catch (IOException e) {
            throw new DatapathException("read the drops", e);
        }
    }

    @Override
    public final void close() {
        kernel.close();
    }
}
