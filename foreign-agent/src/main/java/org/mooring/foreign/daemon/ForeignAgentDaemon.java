package org.mooring.foreign.daemon;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mooring.datapath.DatapathException;
import org.mooring.datapath.Datapaths;
import org.mooring.datapath.RouterSettings;
import org.mooring.datapath.VisitorDatapath;
import org.mooring.datapath.VisitorDatapathConfig;
import org.mooring.datapath.VisitorForwarding;
import org.mooring.foreign.Action;
import org.mooring.foreign.Event;
import org.mooring.foreign.ForeignAgent;
import org.mooring.foreign.Visitor;
import org.mooring.linux.Interface;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.Failure;
import org.mooring.runtime.Supervisor;
import org.mooring.runtime.WallClock;
import org.mooring.runtime.cli.Daemon;
import org.mooring.runtime.control.ControlServer;
import org.mooring.runtime.control.Refusal;
import org.mooring.runtime.control.Routes;
import org.mooring.runtime.handover.ArrivalsView;
import org.mooring.runtime.loop.AgentLoop;
import org.mooring.runtime.preflight.Capability;
import org.mooring.runtime.preflight.StateDirectory;
import org.mooring.runtime.revocation.RevokeVerb;
import org.mooring.runtime.revocation.Revoking;
import org.mooring.runtime.store.Store;
import org.mooring.runtime.udp.UdpSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The foreign agent with its sockets, its kernel and its store. */
final class ForeignAgentDaemon implements Daemon<ProgramConfiguration> {
    private static final Logger log = LoggerFactory.getLogger(ForeignAgentProgram.class);

    /** Requests that were read on a link and aren't handled yet. */
    private static final int MOST_WAITING = 1024;

    /** Nobody reads what arrives there. */
    private static final int SINK_BUFFER = 4096;

    private final Datapaths.Chosen chosen;
    private final AgentLoop<Event, Action> loop;

    /** The one that was opened last comes first. */
    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    private ProgramConfiguration configuration;
    private @Nullable HomeAgentSide homeAgents;

    private ForeignAgentDaemon(
            ProgramConfiguration configuration, Datapaths.Chosen chosen, AgentLoop<Event, Action> loop) {
        this.configuration = configuration;
        this.chosen = chosen;
        this.loop = loop;
        open.push(loop);
    }

    static ForeignAgentDaemon start(ProgramConfiguration configuration, Supervisor supervisor) throws Failure {
        Capability.requireOfAgent(configuration.datapath().needsBpf());
        StateDirectory.prepare(configuration.stateDirectory());
        var chosen = choose(configuration);
        var loop = new AgentLoop<Event, Action>(ForeignAgentProgram.NAME, WallClock.ofThisMachine(), supervisor);
        var daemon = new ForeignAgentDaemon(configuration.keptBy(chosen.kind()), chosen, loop);
        try {
            daemon.start(supervisor);
            return daemon;
        } catch (Failure e) {
            daemon.close();
            throw e;
        }
    }

    private static Datapaths.Chosen choose(ProgramConfiguration configuration) throws Failure {
        try {
            return Datapaths.choose(configuration.datapath(), configuration.demands());
        } catch (DatapathException e) {
            throw new Failure(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public void reload(ProgramConfiguration next) throws Failure {
        configuration.requireSameFixtures(next, chosen.kind());
        configuration = next.keptBy(chosen.kind());
        follow(Objects.requireNonNull(homeAgents, "nothing is read again before the start"));
        var policy = configuration.policy().on(RouterLinks.read().own());
        loop.post(new Event.PolicyChanged(loop.now(), policy));
    }

    /** The kernel goes on forwarding, and the next start finds the visitors in the store. */
    @Override
    public void close() {
        while (!open.isEmpty()) {
            var resource = open.pop();
            try {
                resource.close();
            } catch (Exception e) {
                log.warn("not closed in good order: {}", resource.getClass().getSimpleName(), e);
            }
        }
    }

    private void start(Supervisor supervisor) throws Failure {
        var policy = configuration.policy();
        var router = RouterLinks.read();
        var devices = router.visitorLinks(policy.links());
        var store = opened(new VisitorStore(Store.open(configuration.stateDirectory(), supervisor)));
        var visitors = store.read().stream()
                .filter(visitor -> KernelForwarding.canForward(chosen.kind(), visitor))
                .toList();
        var namesakes = chosen.kind().tellsNamesakesApart() ? store.readNamesakes() : List.<Visitor>of();
        var now = loop.now();

        // The addresses before the kernel: an agent that runs already keeps both.
        var homeAgents = opened(HomeAgentSide.open(loop, policy.careOfAddress()));
        follow(homeAgents);
        this.homeAgents = homeAgents;
        for (var address : policy.links().values()) {
            // Requests are read as frames, but without a socket the kernel would answer "port unreachable" as well.
            opened(UdpSocket.bind(loop, address, UdpSocket.REGISTRATION_PORT, SINK_BUFFER, datagram -> {}));
        }
        var kernel = opened(openKernel(homeAgents, router, visitors, namesakes, now));

        // What is posted now is handled when the loop has its agent: first of all, who is served already.
        loop.post(new Event.Restored(now, visitors, namesakes, store.readCoLocated(), store.readRevoked()));
        var links = openLinks(devices, supervisor);
        // Whether this machine is a router is its operator's decision.
        var settings = settings(router);
        settings.wrong().forEach(log::warn);
        var agent = new ForeignAgent(policy.on(router.own()), new SecureRandom()::nextInt);
        var counters = new TrafficCounters(agent);
        var executor = new ActionExecutor(loop, homeAgents, links, kernel, store, counters);
        UdpSocket.warmUp(loop);
        new WarmUp(kernel, store, links.values().iterator().next()).run(now);
        loop.start(agent::handle, action -> action.on(executor));
        opened(ControlServer.open(
                configuration.controlSocket(),
                loop,
                routes(agent, counters, kernel, settings, now),
                counters.metrics()));
    }

    /** A socket that takes all from one peer would take the tunnel data from there as well. */
    private void follow(HomeAgentSide homeAgents) {
        if (!chosen.kind().sharesPort()) {
            homeAgents.follow(configuration.policy());
        }
    }

    private Map<String, VisitorLink> openLinks(List<Interface> devices, Supervisor supervisor) throws Failure {
        var policy = configuration.policy();
        var links = new LinkedHashMap<String, VisitorLink>();
        for (var device : devices) {
            var address = Objects.requireNonNull(policy.links().get(device.name()));
            links.put(
                    device.name(),
                    opened(VisitorLink.open(
                            device, address, policy.careOfAddress(), loop.inlet(MOST_WAITING), supervisor)));
        }
        return links;
    }

    private RouterSettings settings(RouterLinks router) throws Failure {
        var links = List.copyOf(configuration.policy().links().keySet());
        var here = Stream.concat(links.stream(), Stream.of(VisitorDatapathConfig.DEVICE))
                .toList();
        return new RouterSettings(
                Stream.concat(router.uplinks(configuration.uplinks(), links).stream(), here.stream())
                        .distinct()
                        .toList(),
                here);
    }

    private KernelForwarding openKernel(
            HomeAgentSide homeAgents, RouterLinks router, List<Visitor> visitors, List<Visitor> namesakes, Instant now)
            throws Failure {
        var policy = configuration.policy();
        var links = List.copyOf(policy.links().keySet());
        var uplinks = router.uplinks(configuration.uplinks(), links);
        try {
            UdpSocket.Binding<VisitorDatapath, DatapathException> opening = () -> Datapaths.openVisitors(
                    chosen,
                    new VisitorDatapathConfig(
                            policy.careOfAddress().toInet(),
                            VisitorDatapathConfig.DEVICE,
                            links,
                            uplinks,
                            configuration.mtu(),
                            configuration.fastPath(),
                            Datapaths.capacity(policy.maxVisitors())),
                    forwardings(visitors, now),
                    forwardings(namesakes, now),
                    new WaitingPackets(loop));
            var datapath = chosen.kind().sharesPort() ? homeAgents.beside(opening) : opening.bind();
            return new KernelForwarding(chosen, datapath, loop.worker("kernel"), loop::now);
        } catch (DatapathException e) {
            throw new Failure(String.valueOf(e.getMessage()), e);
        }
    }

    /** Of those that the core will take up, too. */
    private List<VisitorForwarding> forwardings(List<Visitor> stored, Instant now) {
        return stored.stream()
                .filter(visitor -> configuration.policy().serves(visitor, now))
                .map(KernelForwarding::forwarding)
                .toList();
    }

    private Routes routes(
            ForeignAgent agent,
            TrafficCounters counters,
            KernelForwarding kernel,
            RouterSettings settings,
            Instant since) {
        return new Routes()
                .get("/visitors", request -> Views.visitors(agent, loop.now()))
                .get(ArrivalsView.PATH, request -> ArrivalsView.of(agent.arrivals()))
                .get("/pending", request -> Views.pending(agent.pending(), loop.now()))
                .get("/traffic", request -> Views.traffic(counters))
                .get("/revocations", request -> Views.revocations(agent.revocations(), loop.now()))
                .post(RevokeVerb.PATH, request -> revoke(agent, RevokeVerb.homeAddress(request)))
                .get("/status", request -> Views.status(agent, settings.wrong(), since))
                .getLater("/datapath", kernel::view);
    }

    private Revoking revoke(ForeignAgent agent, Ipv4Address homeAddress) throws Refusal {
        var served = agent.visitors().stream()
                .filter(visitor -> visitor.homeAddress().equals(homeAddress))
                .map(visitor -> new Revoking.Registration(
                        homeAddress,
                        visitor.careOfAddress(),
                        visitor.revocation().map(terms -> visitor.homeAgent())))
                .toList();
        if (served.isEmpty()) {
            throw Refusal.conflict(
                    "no visitor has home address " + homeAddress + ": foreign-agent show visitors tells who is here");
        }
        loop.post(new Event.RevocationOrdered(loop.now(), homeAddress));
        return new Revoking(served);
    }

    private <T extends AutoCloseable> T opened(T resource) {
        open.push(resource);
        return resource;
    }
}
