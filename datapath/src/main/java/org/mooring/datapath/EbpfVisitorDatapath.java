package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.netlink.Route;
import org.mooring.linux.netlink.Rule;

/**
 * A foreign agent's datapath in eBPF. Each visitor has a host route to its link in a table for packets out of tunnels; once it is
 * installed, another one in the main table for packets from everywhere.
 */
public final class EbpfVisitorDatapath extends EbpfDatapath<VisitorForwarding> implements VisitorDatapath {
    static final int PREFERENCE = 435;
    private static final int TUNNEL_MARK = 0x1b3;
    private static final int TUNNEL_TABLE = 435;

    /** The number of a visitor that is no namesake. */
    private static final int FIRST = 0;

    /** As {@code NAMESAKES} of mip.bpf.c. */
    private static final int MOST_NAMESAKES = 7;

    private final VisitorRouter router;

    /** Of each home address, by their numbers, which begin with one. */
    private final Map<Inet4Address, Map<Integer, VisitorForwarding>> namesakes = new HashMap<>();

    private EbpfVisitorDatapath(AgentKernel kernel, VisitorRouter router) {
        super(kernel, PREFERENCE);
        this.router = router;
    }

    /**
     * Takes over from a former process, or begins.
     *
     * @param installed what is forwarded from now on; what else a former process left goes
     * @param waiting hears of packets that wait
     */
    public static EbpfVisitorDatapath open(
            VisitorDatapathConfig config, Collection<VisitorForwarding> installed, Waiting waiting)
            throws DatapathException {
        return open(config, installed, List.of(), waiting);
    }

    /** The same, with namesakes of these or of others. */
    public static EbpfVisitorDatapath open(
            VisitorDatapathConfig config,
            Collection<VisitorForwarding> installed,
            Collection<VisitorForwarding> namesakes,
            Waiting waiting)
            throws DatapathException {
        try {
            AgentKernel kernel = AgentKernel.open(
                    Role.FOREIGN_AGENT,
                    config.careOfAddress(),
                    config.device(),
                    config.uplinks(),
                    config.mtuPolicy(),
                    config.fastPath(),
                    Math.max(config.capacity(), Datapaths.capacity(installed.size())));
            try {
                VisitorRouter router = VisitorRouter.of(kernel.netlink(), config.visitorLinks());
                router.prepare(config.uplinks(), List.of(kernel.device().link().name()));
                kernel.netlink()
                        .rules()
                        .ensure(Rule.lookup(TUNNEL_TABLE).priority(TUNNEL_TABLE).mark(TUNNEL_MARK));
                EbpfVisitorDatapath datapath = new EbpfVisitorDatapath(kernel, router);
                for (VisitorForwarding namesake : namesakes) {
                    datapath.installNamesake(namesake);
                }
                datapath.restore(installed, waiting);
                return datapath;
            } catch (IOException | RuntimeException e) {
                kernel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new DatapathException(
                    "open the datapath of foreign agent "
                            + config.careOfAddress().getHostAddress(),
                    e);
        }
    }

    @Override
    public synchronized void installNamesake(VisitorForwarding visitor) throws DatapathException {
        Inet4Address home = visitor.homeAddress();
        Map<Integer, VisitorForwarding> present = namesakes.computeIfAbsent(home, any -> new TreeMap<>());
        int number = number(present, visitor)
                .or(() -> IntStream.rangeClosed(1, MOST_NAMESAKES)
                        .boxed()
                        .filter(free -> !present.containsKey(free))
                        .findFirst())
                .orElseThrow(() -> DatapathException.notApart(home));
        try {
            prepareFor(visitor.tunnels().stream());
            listenTo(visitor, number);
            kernel.programs()
                    .putNamesake(
                            home,
                            number,
                            known(Slots.<VisitorForwarding>empty().install(visitor)),
                            router.link(visitor).mac());
        } catch (IOException e) {
            throw new DatapathException("install another forwarding of " + home.getHostAddress(), e);
        }
        present.put(number, visitor);
    }

    @Override
    public synchronized void removeNamesake(VisitorForwarding visitor) throws DatapathException {
        Inet4Address home = visitor.homeAddress();
        Map<Integer, VisitorForwarding> present = namesakes.getOrDefault(home, Map.of());
        Optional<Integer> number = number(present, visitor);
        if (number.isEmpty()) {
            return;
        }
        try {
            kernel.programs().removeNamesake(home, number.get());
        } catch (IOException e) {
            throw new DatapathException("remove one forwarding of " + home.getHostAddress(), e);
        }
        present.remove(number.get());
        namesakes.values().removeIf(Map::isEmpty);
    }

    private static Optional<Integer> number(Map<Integer, VisitorForwarding> present, VisitorForwarding visitor) {
        return present.entrySet().stream()
                .filter(entry -> entry.getValue()
                        .tunnel()
                        .remote()
                        .equals(visitor.tunnel().remote()))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    @Override
    Stream<Tunnel> otherTunnels() {
        return namesakes.values().stream()
                .flatMap(visitors -> visitors.values().stream())
                .map(VisitorForwarding::tunnel);
    }

    @Override
    public void redirect(Inet4Address homeAddress, Tunnel tunnel) throws DatapathException {
        change("redirect", homeAddress, present -> present.redirect(tunnel));
    }

    @Override
    public void sendHome(Inet4Address homeAddress) throws DatapathException {
        change("send home", homeAddress, Slots::sendHome);
    }

    @Override
    public void recall(Inet4Address homeAddress) throws DatapathException {
        change("recall", homeAddress, Slots::recall);
    }

    @Override
    ForwardingEntry entry(Slots<VisitorForwarding> wanted) throws IOException {
        listenTo(wanted.foremost().orElseThrow(), FIRST);
        return known(wanted);
    }

    private ForwardingEntry known(Slots<VisitorForwarding> wanted) throws IOException {
        VisitorForwarding visitor = wanted.foremost().orElseThrow();
        return ForwardingEntry.abroad(wanted, router.link(visitor), kernel.routeMtu(visitor.tunnels()));
    }

    /** Before the programs know it: from then on they leave some of what it encapsulates to the agent. */
    private void listenTo(VisitorForwarding visitor, int number) throws IOException {
        if (visitor.encapsulatesTo().isPresent()) {
            kernel.slowPath().listenToVisitors(visitor.encapsulatesTo().get(), number);
        }
    }

    /**
     * The visitor table leads to the link even if the visitor has left: redirected packets out of tunnels have a mark and don't come there, but
     * strict reverse-path filters ask it where the visitor is.
     */
    @Override
    Footprint footprint(Slots<VisitorForwarding> wanted) throws IOException {
        Optional<Route> away = wanted.redirected()
                .map(tunnel -> Route.to(wanted.foremost().orElseThrow().homeAddress())
                        .dev(kernel.device().link())
                        .mtu(kernel.routeMtu(List.of(tunnel))));
        return router.footprint(wanted, away, Optional.empty());
    }

    @Override
    Optional<Inet4Address> oldSource(Slots<VisitorForwarding> wanted) {
        return VisitorRouter.oldSource(wanted);
    }

    /** There is no link any more that they could go on to. */
    @Override
    void abandon(Inet4Address homeAddress) throws IOException {
        kernel.rooms().end(homeAddress);
    }

    /** One route for the tunnels to all home agents, so it has the least of their MTUs. */
    @Override
    List<Route> sharedRoutes() {
        Encapsulation greatest = used().stream()
                .max(Comparator.comparing(Encapsulation::overhead))
                .orElse(Encapsulation.IPIP);
        return List.of(Route.byDefault()
                .dev(kernel.device().link())
                .mtu(kernel.agent().routeMtu(greatest, kernel.errors().least()))
                .table(TUNNEL_TABLE));
    }

    @Override
    Footprint leftovers() throws IOException {
        return router.leftovers();
    }

    @Override
    List<Attachment> attachments() {
        Programs programs = kernel.programs();
        List<Attachment> attachments = new ArrayList<>();
        attachments.add(Attachment.encapsulate(kernel.device().link(), programs));
        router.links().values().forEach(link -> attachments.add(Attachment.markVisitor(link, programs)));
        kernel.uplinks().forEach(uplink -> attachments.add(Attachment.decapsulate(uplink, programs)));
        attachments.add(Attachment.decapsulate(kernel.device().link(), programs));
        attachments.add(Attachment.release(kernel.roomDevices().byNew().link(), programs));
        return attachments;
    }
}
