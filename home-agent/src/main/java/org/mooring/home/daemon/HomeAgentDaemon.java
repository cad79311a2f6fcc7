package org.mooring.home.daemon;

import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mooring.datapath.DatapathException;
import org.mooring.datapath.DatapathKind;
import org.mooring.datapath.Datapaths;
import org.mooring.datapath.HomeDatapath;
import org.mooring.datapath.HomeDatapathConfig;
import org.mooring.datapath.RouterSettings;
import org.mooring.home.Action;
import org.mooring.home.BindingList;
import org.mooring.home.Event;
import org.mooring.home.HomeAgent;
import org.mooring.home.MobileNode;
import org.mooring.home.MobileNodeRecord;
import org.mooring.home.Policy;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.netlink.Link;
import org.mooring.linux.netlink.Netlink;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.Failure;
import org.mooring.runtime.Supervisor;
import org.mooring.runtime.WallClock;
import org.mooring.runtime.cli.Daemon;
import org.mooring.runtime.control.ControlServer;
import org.mooring.runtime.loop.AgentLoop;
import org.mooring.runtime.preflight.Capability;
import org.mooring.runtime.preflight.StateDirectory;
import org.mooring.runtime.store.Store;
import org.mooring.runtime.udp.UdpSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The home agent and all that it needs of the machine. When it ends, in good order or not, the kernel goes on
 * forwarding.
 */
final class HomeAgentDaemon implements Daemon<HomeAgentConfiguration> {
    private static final Logger log = LoggerFactory.getLogger(HomeAgentProgram.class);

    /** The devices of this project's tunnels, where nothing arrives from outside. */
    private static final String TUNNEL_DEVICES = "mip-";

    private static final String LOOPBACK = "lo";

    private final HomeAgentConfiguration configuration;
    private final DatapathKind kind;
    private final AgentLoop<Event, Action> loop;
    private final RegistrationSockets sockets;
    private final Opened opened;

    private HomeAgentDaemon(
            HomeAgentConfiguration configuration,
            DatapathKind kind,
            AgentLoop<Event, Action> loop,
            RegistrationSockets sockets,
            Opened opened) {
        this.configuration = configuration;
        this.kind = kind;
        this.loop = loop;
        this.sockets = sockets;
        this.opened = opened;
    }

    static HomeAgentDaemon start(HomeAgentConfiguration configuration, Supervisor supervisor) throws Failure {
        Capability.requireOfAgent(configuration.datapath().needsBpf());
        StateDirectory.prepare(configuration.stateDirectory());
        var opened = new Opened();
        try {
            var chosen = Datapaths.choose(configuration.datapath(), configuration.demands());
            return open(configuration.keptBy(chosen.kind()), chosen, supervisor, opened);
        } catch (IOException e) {
            opened.close();
            throw new Failure(String.valueOf(e.getMessage()), e);
        } catch (Failure | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private static HomeAgentDaemon open(
            HomeAgentConfiguration configuration, Datapaths.Chosen chosen, Supervisor supervisor, Opened opened)
            throws Failure, IOException {
        var policy = configuration.policy();
        var netlink = opened.keep(Netlink.open());
        var homeLink = homeLink(netlink, configuration.homeLink());
        var uplinks = uplinks(netlink, configuration);
        var store = opened.keep(
                new BindingStore(Store.open(configuration.stateDirectory(), supervisor), BindingStore.MOBILE_NODES));
        var homeLinkArp = opened.keep(HomeLinkArp.open(homeLink));
        var loop =
                opened.keep(new AgentLoop<Event, Action>(HomeAgentProgram.NAME, WallClock.ofThisMachine(), supervisor));

        // The core hears of what was bound before anything that arrives.
        var started = loop.now();
        var stored = store.read().stream()
                .map(mobileNode -> mobileNode.keptBy(chosen.kind()))
                .toList();
        loop.post(new Event.Restored(started, stored));
        var sockets = opened.keep(
                RegistrationSockets.bind(loop, policy.address(), policy.homeNetworkBroadcast(), homeLink.name()));
        follow(chosen.kind(), sockets, policy);
        var homeLinkDiscovery = opened.keep(HomeLinkDiscovery.open(homeLink, policy.address()));

        var alive = alive(stored, configuration, started);
        var proxyArp = new ProxyArp(netlink.neighbours(), homeLink);
        proxyArp.prepare();
        var paused = new PausedNeighbours(netlink.neighbours(), homeLink);
        paused.releaseAll(configuration.homeNetwork());
        UdpSocket.Binding<HomeDatapath, DatapathException> opening = () -> Datapaths.openHome(
                chosen,
                new HomeDatapathConfig(
                        policy.address().toInet(),
                        HomeDatapathConfig.DEVICE,
                        homeLink.name(),
                        uplinks,
                        configuration.mtu(),
                        configuration.fastPath(),
                        Datapaths.capacity(policy.maxBindings())),
                KernelForwarding.forwardings(alive),
                new WaitingPackets(loop));
        var datapath = chosen.kind().sharesPort() ? sockets.beside(opening) : opening.bind();
        var kernel = opened.keep(new KernelForwarding(
                policy.address(), chosen, datapath, proxyArp, paused, loop.worker("kernel"), loop::now));
        proxyArp.answerOnlyFor(alive.keySet());
        // Whether this machine is a router is its operator's decision.
        var settings = settings(homeLink, uplinks);
        settings.wrong().forEach(log::warn);

        // Before anybody can ask how we are, and while nobody else uses the kernel.
        try (var loopback = HomeLinkArp.open(homeLink(netlink, LOOPBACK));
                var aside = new AgentLoop<Event, Action>("warm-up", WallClock.ofThisMachine(), supervisor.unwatched());
                var thread = aside.worker("warm-up-kernel")) {
            new WarmUp()
                    .run(
                            aside,
                            new KernelForwarding(
                                    policy.address(), chosen, datapath, proxyArp, paused, thread, aside::now),
                            loopback,
                            new BindingStore(store.store(), BindingStore.REHEARSAL));
        }

        var homeAgent = new HomeAgent(policy, new SecureRandom()::nextInt);
        var metrics = new HomeAgentMetrics(homeAgent);
        var executor = new ActionExecutor(loop, sockets, kernel, homeLinkArp, homeLinkDiscovery::send, store, metrics);
        loop.start(homeAgent::handle, action -> action.on(executor));
        homeLinkArp.listen(loop::post, supervisor);
        homeLinkDiscovery.listen(loop::post, supervisor);
        if (configuration.maxBroadcasts() > 0) {
            opened.keep(HomeLinkBroadcasts.open(
                    homeLink,
                    policy.homeNetworkBroadcast(),
                    configuration.maxBroadcasts(),
                    loop::post,
                    metrics,
                    supervisor));
        }
        opened.keep(ControlServer.open(
                configuration.controlSocket(),
                loop,
                Routing.routes(
                        homeAgent,
                        kernel,
                        () -> Views.status(configuration, uplinks, settings.wrong(), started, homeAgent),
                        loop),
                metrics.metrics()));
        return new HomeAgentDaemon(configuration, chosen.kind(), loop, sockets, opened);
    }

    /** A socket that takes all from one peer would take the tunnel data from there as well. */
    private static void follow(DatapathKind kind, RegistrationSockets sockets, Policy policy) {
        if (!kind.sharesPort()) {
            sockets.follow(policy);
        }
    }

    @Override
    public void reload(HomeAgentConfiguration next) throws Failure {
        configuration.requireSameFixtures(next, kind);
        var policy = next.keptBy(kind).policy();
        follow(kind, sockets, policy);
        loop.post(new Event.PolicyChanged(loop.now(), policy));
    }

    @Override
    public void close() {
        opened.close();
    }

    private static Interface homeLink(Netlink netlink, String name) throws Failure, KernelException {
        return netlink.links()
                .find(name)
                .map(Link::device)
                .orElseThrow(() ->
                        new Failure("home-link: there is no interface " + name + ": create it, or name another one"));
    }

    private static RouterSettings settings(Interface homeLink, List<String> uplinks) {
        var here = List.of(homeLink.name(), HomeDatapathConfig.DEVICE);
        return new RouterSettings(
                Stream.concat(uplinks.stream(), here.stream()).distinct().toList(), here);
    }

    private static List<String> uplinks(Netlink netlink, HomeAgentConfiguration configuration)
            throws Failure, KernelException {
        var links = netlink.links().dump();
        if (configuration.uplinks().isEmpty()) {
            var uplinks = links.stream()
                    .filter(link -> link.up() && isUplink(link, configuration))
                    .map(Link::name)
                    .toList();
            if (uplinks.isEmpty()) {
                throw new Failure("uplinks: no interface but the home link is up: bring up the one that leads to the"
                        + " foreign agents, or name it");
            }
            return uplinks;
        }
        var known = links.stream().map(Link::name).collect(Collectors.toSet());
        for (var uplink : configuration.uplinks()) {
            if (!known.contains(uplink)) {
                throw new Failure("uplinks: there is no interface " + uplink + ": create it, or name another one");
            }
        }
        return configuration.uplinks();
    }

    private static boolean isUplink(Link link, HomeAgentConfiguration configuration) {
        return !link.name().equals(configuration.homeLink())
                && !link.name().equals(LOOPBACK)
                && !link.name().startsWith(TUNNEL_DEVICES);
    }

    /** The bindings that the core will take up, too, where their packets go somewhere. */
    private static Map<Ipv4Address, BindingList> alive(
            List<MobileNodeRecord> stored, HomeAgentConfiguration configuration, Instant now) {
        var served = configuration.policy().mobileNodes().stream()
                .map(MobileNode::homeAddress)
                .collect(Collectors.toSet());
        var alive = new TreeMap<Ipv4Address, BindingList>();
        for (var mobileNode : stored) {
            var bindings = mobileNode.bindings().alive(now);
            if (served.contains(mobileNode.homeAddress()) && !bindings.peers().isEmpty()) {
                alive.put(mobileNode.homeAddress(), bindings);
            }
        }
        return alive;
    }
}
