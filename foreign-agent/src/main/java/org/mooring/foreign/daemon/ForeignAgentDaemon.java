package org.mooring.foreign.daemon;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.mooring.datapath.DatapathException;
import org.mooring.datapath.EbpfVisitorDatapath;
import org.mooring.datapath.VisitorDatapath;
import org.mooring.datapath.VisitorDatapathConfig;
import org.mooring.foreign.Action;
import org.mooring.foreign.Event;
import org.mooring.foreign.ForeignAgent;
import org.mooring.foreign.Visitor;
import org.mooring.linux.Interface;
import org.mooring.runtime.Failure;
import org.mooring.runtime.Supervisor;
import org.mooring.runtime.cli.Daemon;
import org.mooring.runtime.control.ControlServer;
import org.mooring.runtime.control.Refusal;
import org.mooring.runtime.control.Routes;
import org.mooring.runtime.handover.ArrivalsView;
import org.mooring.runtime.loop.AgentLoop;
import org.mooring.runtime.preflight.Capability;
import org.mooring.runtime.preflight.StateDirectory;
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

    private final AgentLoop<Event, Action> loop;

    /** The one that was opened last comes first. */
    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    private ProgramConfiguration configuration;
    private @Nullable HomeAgentSide homeAgents;

    private ForeignAgentDaemon(ProgramConfiguration configuration, AgentLoop<Event, Action> loop) {
        this.configuration = configuration;
        this.loop = loop;
        open.push(loop);
    }

    static ForeignAgentDaemon start(ProgramConfiguration configuration, Supervisor supervisor) throws Failure {
        Capability.require(
                Capability.NET_ADMIN,
                Capability.NET_RAW,
                Capability.BPF,
                Capability.PERFMON,
                Capability.NET_BIND_SERVICE);
        StateDirectory.prepare(configuration.stateDirectory());
        var loop = new AgentLoop<Event, Action>(ForeignAgentProgram.NAME, Clock.systemUTC(), supervisor);
        var daemon = new ForeignAgentDaemon(configuration, loop);
        try {
            daemon.start(supervisor);
            return daemon;
        } catch (Failure e) {
            daemon.close();
            throw e;
        }
    }

    @Override
    public void reload(ProgramConfiguration next) throws Failure {
        configuration.requireSameFixtures(next);
        configuration = next;
        Objects.requireNonNull(homeAgents, "nothing is read again before the start")
                .follow(next.policy());
        loop.post(new Event.PolicyChanged(loop.now(), next.policy()));
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
        var visitors = store.read();
        var now = loop.now();

        // The addresses before the kernel: an agent that runs already keeps both.
        var homeAgents = opened(HomeAgentSide.open(loop, policy.careOfAddress()));
        homeAgents.follow(policy);
        this.homeAgents = homeAgents;
        for (var address : policy.links().values()) {
            // Requests are read as frames, but without a socket the kernel would answer "port unreachable" as well.
            opened(UdpSocket.bind(loop, address, UdpSocket.REGISTRATION_PORT, SINK_BUFFER, datagram -> {}));
        }
        var datapath = openDatapath(router, visitors, now);
        var kernel = opened(new KernelForwarding(datapath, loop.worker("kernel"), loop::now));

        // What is posted now is handled when the loop has its agent: first of all, who is served already.
        loop.post(new Event.Restored(now, visitors));
        var links = openLinks(devices, supervisor);
        var agent = new ForeignAgent(policy);
        var counters = new TrafficCounters(agent);
        var executor = new ActionExecutor(loop, homeAgents, links, kernel, store, counters);
        UdpSocket.warmUp(loop);
        new WarmUp(kernel, store, links.values().iterator().next()).run(now);
        loop.start(agent::handle, action -> action.on(executor));
        opened(ControlServer.open(
                configuration.controlSocket(), loop, routes(agent, counters, kernel, now), counters.metrics()));
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

    private VisitorDatapath openDatapath(RouterLinks router, List<Visitor> visitors, Instant now) throws Failure {
        var policy = configuration.policy();
        var links = List.copyOf(policy.links().keySet());
        var uplinks = configuration.uplinks().isEmpty() ? router.uplinks(links) : configuration.uplinks();
        var served = visitors.stream()
                .filter(visitor -> policy.serves(visitor, now))
                .map(KernelForwarding::forwarding)
                .toList();
        try {
            return EbpfVisitorDatapath.open(
                    new VisitorDatapathConfig(
                            policy.careOfAddress().toInet(),
                            VisitorDatapathConfig.DEVICE,
                            links,
                            uplinks,
                            configuration.mtu()),
                    served,
                    new WaitingPackets(loop));
        } catch (DatapathException e) {
            throw new Failure(String.valueOf(e.getMessage()), e);
        }
    }

    private Routes routes(ForeignAgent agent, TrafficCounters counters, KernelForwarding kernel, Instant since) {
        return new Routes()
                .get("/visitors", request -> Views.visitors(agent, loop.now()))
                .get(ArrivalsView.PATH, request -> ArrivalsView.of(agent.arrivals()))
                .get("/pending", request -> Views.pending(agent.pending(), loop.now()))
                .get("/traffic", request -> Views.traffic(counters))
                .get("/status", request -> Views.status(agent, since))
                .getLater(
                        "/datapath",
                        request -> kernel.counts().handle((counts, failure) -> {
                            if (failure != null) {
                                throw new CompletionException(
                                        Refusal.unavailable(String.valueOf(failure.getMessage())));
                            }
                            return Views.datapath(counts);
                        }));
    }

    private <T extends AutoCloseable> T opened(T resource) {
        open.push(resource);
        return resource;
    }
}
