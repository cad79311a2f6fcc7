package org.mooring.home.daemon;

import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.mooring.datapath.EbpfHomeDatapath;
import org.mooring.datapath.HomeDatapathConfig;
import org.mooring.home.Action;
import org.mooring.home.BindingList;
import org.mooring.home.Event;
import org.mooring.home.HomeAgent;
import org.mooring.home.MobileNode;
import org.mooring.home.MobileNodeRecord;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.netlink.Link;
import org.mooring.linux.netlink.Netlink;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.Failure;
import org.mooring.runtime.Supervisor;
import org.mooring.runtime.cli.Daemon;
import org.mooring.runtime.control.ControlServer;
import org.mooring.runtime.loop.AgentLoop;
import org.mooring.runtime.preflight.Capability;
import org.mooring.runtime.preflight.StateDirectory;
import org.mooring.runtime.store.Store;
import org.mooring.runtime.udp.UdpSocket;

/**
 * The home agent and all that it needs of the machine. When it ends, in good order or not, the kernel goes on
 * forwarding.
 */
final class HomeAgentDaemon implements Daemon<HomeAgentConfiguration> {
    /** The devices of this project's tunnels, where nothing arrives from outside. */
    private static final String TUNNEL_DEVICES = "mip-";

    private final HomeAgentConfiguration configuration;
    private final AgentLoop<Event, Action> loop;
    private final RegistrationSockets sockets;
    private final Opened opened;

    private HomeAgentDaemon(
            HomeAgentConfiguration configuration,
            AgentLoop<Event, Action> loop,
            RegistrationSockets sockets,
            Opened opened) {
        this.configuration = configuration;
        this.loop = loop;
        this.sockets = sockets;
        this.opened = opened;
    }

    static HomeAgentDaemon start(HomeAgentConfiguration configuration, Supervisor supervisor) throws Failure {
        Capability.require(
                Capability.NET_ADMIN,
                Capability.NET_RAW,
                Capability.BPF,
                Capability.PERFMON,
                Capability.NET_BIND_SERVICE);
        StateDirectory.prepare(configuration.stateDirectory());
        var opened = new Opened();
        try {
            return open(configuration, supervisor, opened);
        } catch (IOException e) {
            opened.close();
            throw new Failure(String.valueOf(e.getMessage()), e);
        } catch (Failure | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private static HomeAgentDaemon open(HomeAgentConfiguration configuration, Supervisor supervisor, Opened opened)
            throws Failure, IOException {
        var policy = configuration.policy();
        var netlink = opened.keep(Netlink.open());
        var homeLink = homeLink(netlink, configuration.homeLink());
        var uplinks = uplinks(netlink, configuration);
        var store = opened.keep(new BindingStore(Store.open(configuration.stateDirectory(), supervisor)));
        var gratuitousArp = opened.keep(GratuitousArp.open(homeLink));
        var loop = opened.keep(new AgentLoop<Event, Action>(HomeAgentProgram.NAME, Clock.systemUTC(), supervisor));

        // The core hears of what was bound before anything that arrives.
        var started = loop.now();
        var stored = store.read();
        loop.post(new Event.Restored(started, stored));
        var sockets = opened.keep(
                RegistrationSockets.bind(loop, policy.address(), policy.homeNetworkBroadcast(), homeLink.name()));
        sockets.follow(policy);

        var alive = alive(stored, configuration, started);
        var proxyArp = new ProxyArp(netlink.neighbours(), homeLink);
        proxyArp.prepare();
        var paused = new PausedNeighbours(netlink.neighbours(), homeLink);
        paused.releaseAll(configuration.homeNetwork());
        var datapath = EbpfHomeDatapath.open(
                new HomeDatapathConfig(
                        policy.address().toInet(),
                        HomeDatapathConfig.DEVICE,
                        homeLink.name(),
                        uplinks,
                        configuration.mtu()),
                KernelForwarding.forwardings(alive),
                new WaitingPackets(loop));
        var kernel = opened.keep(
                new KernelForwarding(policy.address(), datapath, proxyArp, paused, loop.worker("kernel"), loop::now));
        proxyArp.answerOnlyFor(alive.keySet());

        // Before anybody can ask how we are.
        UdpSocket.warmUp(loop);
        new WarmUp(kernel, store).run(started);

        var homeAgent = new HomeAgent(policy, new SecureRandom()::nextInt);
        var metrics = new HomeAgentMetrics(homeAgent);
        var executor = new ActionExecutor(loop, sockets, kernel, gratuitousArp, store, metrics);
        loop.start(homeAgent::handle, action -> action.on(executor));
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
                        homeAgent, kernel, () -> Views.status(configuration, uplinks, started, homeAgent), loop::now),
                metrics.metrics()));
        return new HomeAgentDaemon(configuration, loop, sockets, opened);
    }

    @Override
    public void reload(HomeAgentConfiguration next) throws Failure {
        configuration.requireSameFixtures(next);
        sockets.follow(next.policy());
        loop.post(new Event.PolicyChanged(loop.now(), next.policy()));
    }

    @Override
    public void close() {
        opened.close();
    }

    private static Interface homeLink(Netlink netlink, String name) throws Failure, KernelException {
        return netlink.links()
                .find(name)
                .map(Link::device)
                .orElseThrow(() -> new Failure("home-link: there is no interface " + name));
    }

    private static List<String> uplinks(Netlink netlink, HomeAgentConfiguration configuration)
            throws Failure, KernelException {
        var links = netlink.links().dump();
        if (configuration.uplinks().isEmpty()) {
            return links.stream()
                    .filter(link -> link.up() && isUplink(link, configuration))
                    .map(Link::name)
                    .toList();
        }
        var known = links.stream().map(Link::name).collect(Collectors.toSet());
        for (var uplink : configuration.uplinks()) {
            if (!known.contains(uplink)) {
                throw new Failure("uplinks: there is no interface " + uplink);
            }
        }
        return configuration.uplinks();
    }

    private static boolean isUplink(Link link, HomeAgentConfiguration configuration) {
        return !link.name().equals(configuration.homeLink())
                && !link.name().equals("lo")
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
