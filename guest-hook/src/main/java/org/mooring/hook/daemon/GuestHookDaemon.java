package org.mooring.hook.daemon;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.mooring.hook.Action;
import org.mooring.hook.Action.Agent;
import org.mooring.hook.Event;
import org.mooring.hook.ForeignAgent;
import org.mooring.hook.Guest;
import org.mooring.hook.GuestHook;
import org.mooring.hook.GuestStatus;
import org.mooring.hook.Happening;
import org.mooring.hook.Link;
import org.mooring.hook.TunnelEnd;
import org.mooring.linux.MacAddress;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.packet.ArpPacket;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.AgentDiscoveryCodec;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.TunnelData;
import org.mooring.runtime.Failure;
import org.mooring.runtime.Supervisor;
import org.mooring.runtime.WallClock;
import org.mooring.runtime.cli.Daemon;
import org.mooring.runtime.control.ControlServer;
import org.mooring.runtime.control.Routes;
import org.mooring.runtime.loop.AgentLoop;
import org.mooring.runtime.preflight.Capability;
import org.mooring.timeline.HandoverRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The guest hook of one KVM host. The agent loop owns the core and all that its actions touch. Two threads bring it news,
 * from the uplink and from the guests' directory; QEMU's monitors are read on the loop itself, so that nothing but the
 * core lies between a RESUME and its request.
 */
final class GuestHookDaemon implements Daemon<HookConfig>, GuestEvents.Listener {
    private static final Logger log = LoggerFactory.getLogger(GuestHookDaemon.class);

    /** Frames that were read from the uplink and aren't handled yet. */
    private static final int MOST_WAITING = 1024;

    private final HookConfig config;
    private final Clock clock = WallClock.ofThisMachine();
    private final Handovers handovers = new Handovers();
    private final HookMetrics metrics = new HookMetrics();
    private final Opened opened;
    private final AgentLoop<Event, Action> loop;
    private final Uplink uplink;
    private final Neighbours neighbours;
    private final RequestSender requests;
    private final ToldGuests told;
    private final QmpGuestEvents monitors;
    private final ControlGuestEvents commands;
    private final Optional<LibvirtGuestEvents> libvirt;
    private final Ipv4Address hostAddress;
    private final GuestHook hook;
    private final HookActions actions;

    private GuestHookDaemon(HookConfig config, Supervisor supervisor, Opened opened) throws IOException, Failure {
        this.config = config;
        this.opened = opened;
        Netlink netlink = opened.add(Netlink.open());
        HookLink link = HookLink.find(config, netlink);
        hostAddress = Ipv4Address.of(link.hostAddress());
        GuestsDirectory directory = opened.add(GuestsDirectory.open(config.guestsDirectory()));
        Taps taps = new Taps(directory::tap);
        told = opened.add(ToldGuests.open(config.guestsDirectory()));
        GuestPorts ports = opened.add(GuestPorts.load(netlink, taps, this::linkAddress));
        uplink = opened.add(Uplink.open(link.uplink(), config.discovery().isPresent()));
        neighbours = new Neighbours(() -> link.hostMac(netlink), link.hostAddress(), uplink::send);
        requests = new RequestSender(config, link, opened.add(portOf(link)), neighbours, uplink::send);

        // Closed before all that its actions touch.
        FrameKeepers keepers = opened.add(FrameKeepers.open(
                netlink, taps, config.enterpriseNumber(), () -> link.hostMac(netlink), uplink::send, this::rescued));
        loop = opened.add(new AgentLoop<>("guest-hook", clock, supervisor));
        GuestEvents.Listener heard = new GuestEvents.Listener() {
            @Override
            public void happened(String guest, Happening what, Instant occurred) {
                GuestHookDaemon.this.happened(guest, what, occurred);
                told.forget(guest);
            }

            @Override
            public void vanished(String guest, String reason) {
                GuestHookDaemon.this.vanished(guest, reason);
            }
        };
        monitors = opened.add(new QmpGuestEvents(loop, directory, clock, told::contains, heard));
        Checks checks = new Checks();
        hook = new GuestHook(
                new Link(
                        hostAddress,
                        config.tunnelEnd().orElse(null),
                        config.discovery()
                                .map(discovery -> discovery.discoverable(config.network()))
                                .orElse(null)),
                config.guests(),
                config.enterpriseNumber(),
                new SecureRandom()::nextInt);
        Preparations preparations = new Preparations();
        Optional<CoLocatedSite> site = site(directory);
        actions = new HookActions(
                config,
                loop,
                uplink,
                neighbours,
                requests,
                new Solicitations(link.hostAddress(), neighbours, uplink::send),
                site,
                ports,
                keepers,
                handovers,
                checks,
                preparations,
                metrics);

        Routes routes = new Routes();
        new ControlRoutes(config, link, loop, hook, neighbours, ports, taps, handovers, checks).addTo(routes);
        site.ifPresent(here -> routes.getLater(GuestHookProgram.DATAPATH, here.forwarding()::view));
        libvirt = config.libvirt()
                .map(connection ->
                        opened.add(new LibvirtGuestEvents(connection, loop, clock, taps, this::isConfigured, heard)));
        commands = new ControlGuestEvents(
                routes, clock, taps, told, monitors::watches, preparations, this::isConfigured, this);
        commands.start();
        opened.add(ControlServer.open(config.controlSocket(), loop, routes, metrics.metrics()));
    }

    /**
     * Starts the hook; returns when a guest may resume.
     *
     * @throws Failure if something that it needs isn't there
     */
    static Daemon<HookConfig> start(HookConfig config, Supervisor supervisor) throws Failure {
        Capability.require(Capability.NET_ADMIN, Capability.NET_RAW, Capability.BPF, Capability.PERFMON);
        if (config.coLocated().isPresent()) {
            Capability.require(Capability.NET_BIND_SERVICE);
        }
        // Before anybody can ask whether we are ready.
        new WarmUp().run(Instant.now());
        Opened opened = new Opened();
        try {
            GuestHookDaemon daemon = new GuestHookDaemon(config, supervisor, opened);
            daemon.begin(supervisor);
            return daemon;
        } catch (IOException e) {
            opened.close();
            throw new Failure("can't start: " + e.getMessage(), e);
        } catch (Failure | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    @Override
    public void happened(String guest, Happening what, Instant occurred) {
        Instant now = loop.now();
        handovers.happened(guest, what, occurred, now);
        metrics.happened(what);
        loop.post(new Event.Happened(now, guest, what, occurred));
    }

    @Override
    public void vanished(String guest, String reason) {
        loop.post(new Event.Vanished(loop.now(), guest, reason));
    }

    @Override
    public void reload(HookConfig next) throws Failure {
        if (!next.withGuests(config.guests()).equals(config)) {
            throw new Failure("only [[guest]] records can change without a restart: restart guest-hook for the rest");
        }
        loop.post(new Event.Configured(loop.now(), next.guests()));
        loop.execute(commands::tellAgain);
        monitors.tellAgain();
        libvirt.ifPresent(LibvirtGuestEvents::tellAgain);
    }

    /** The guests' filters stay, and so do their registrations. */
    @Override
    public void close() {
        opened.close();
    }

    private void begin(Supervisor supervisor) {
        loop.start(this::handle, action -> action.on(actions));
        // Anybody on the link can send faster than what comes is read: then it waits in the kernel, or is dropped
        // there.
        Executor bounded = loop.bounded(MOST_WAITING);
        uplink.start(frame -> bounded.execute(() -> received(frame)), supervisor);
        loop.execute(this::resolveNeighbours);
        loop.group()
                .scheduleAtFixedRate(() -> loop.execute(() -> neighbours.refresh(loop.now())), 1, 1, TimeUnit.SECONDS);
        loop.post(new Event.Started(loop.now()));
        loop.execute(commands::tellAgain);
        monitors.start();
        libvirt.ifPresent(LibvirtGuestEvents::start);
    }

    private Optional<CoLocatedSite> site(GuestsDirectory directory) throws IOException, Failure {
        if (config.coLocated().isEmpty()) {
            return Optional.empty();
        }
        List<Guest> present = config.guests().stream()
                .filter(guest -> !guest.atHome() && directory.isHere(guest.name()))
                .toList();
        CoLocatedConfig coLocated = config.coLocated().get();
        return Optional.of(opened.add(CoLocatedSite.open(
                coLocated, coLocated.demands(config.guests()), config.bridge(), present, loop, this::received)));
    }

    private List<Action> handle(Event event) {
        if (event instanceof Event.FramesRescued rescue) {
            handovers.counted(rescue.guest(), HandoverRecord.RESCUED, rescue.rescued());
            handovers.counted(rescue.guest(), HandoverRecord.LOST, rescue.lost());
        }
        return hook.handle(event);
    }

    /** Whoever a guest could need, so that nobody waits for ARP when it resumes. */
    private void resolveNeighbours() {
        Instant now = loop.now();
        config.foreignAgent().ifPresent(foreignAgent -> {
            config.foreignAgentMac().ifPresent(mac -> neighbours.know(foreignAgent.address(), mac));
            neighbours.resolve(foreignAgent.address(), now);
        });
        config.guests().stream().filter(Guest::atHome).forEach(guest -> {
            if (!guest.findsHomeAgent()) {
                neighbours.resolve(requests.nextHop(Agent.HOME_AGENT, guest.homeAgent()), now);
            }
            neighbours.resolve(guest.homeGateway().address(), now);
        });
    }

    /** On a keeper's thread. */
    private void rescued(String guest, int rescued, int lost) {
        metrics.framesRescued(guest, rescued, lost);
        loop.post(new Event.FramesRescued(loop.now(), guest, rescued, lost));
    }

    private boolean isConfigured(String guest) {
        return hook.guests().stream().anyMatch(known -> known.guest().name().equals(guest));
    }

    private Optional<MacAddress> linkAddress(TunnelEnd router) {
        return router instanceof ForeignAgent foreignAgent
                ? neighbours.mac(foreignAgent.address())
                : Optional.of(neighbours.hostMac());
    }

    private void received(ReceivedFrame frame) {
        frame.arp().ifPresent(this::learn);
        frame.ethernet()
                .filter(heard -> heard.etherType() == EtherType.ARP || heard.etherType() == EtherType.RARP)
                .ifPresent(heard -> heard(heard.source()));
        advertisement(frame).ifPresent(loop::post);
        frame.udp()
                .filter(datagram -> !isToCareOfAddress(datagram))
                .ifPresent(datagram -> received(Octets.copyOf(Unpooled.wrappedBuffer(datagram.payload()))));
    }

    /** Somebody spoke on the link: maybe a guest that ran here, and runs at another host there. */
    private void heard(MacAddress mac) {
        hook.guests().stream()
                .map(GuestStatus::guest)
                .filter(guest -> guest.mac().equals(mac))
                .forEach(guest -> loop.post(new Event.HeardOnLink(loop.now(), guest.name())));
    }

    /** That of an agent which speaks to all, or to this host; what somebody says to others isn't meant for us. */
    private Optional<Event> advertisement(ReceivedFrame frame) {
        return frame.ethernet()
                .flatMap(Ipv4Packet::parse)
                .filter(packet -> packet.protocol() == Ipv4Packet.ICMP && !packet.isFragment())
                .filter(packet -> isForAllOrUs(Ipv4Address.of(packet.destination())))
                .flatMap(packet -> AgentDiscoveryCodec.decode(Octets.copyOf(packet.payload()))
                        .filter(AgentAdvertisement.class::isInstance)
                        .map(message -> new Event.AdvertisementReceived(
                                loop.now(), Ipv4Address.of(packet.source()), (AgentAdvertisement) message)));
    }

    private boolean isForAllOrUs(Ipv4Address destination) {
        return destination.equals(Ipv4Address.ALL_SYSTEMS)
                || destination.equals(Ipv4Address.LIMITED_BROADCAST)
                || destination.equals(hostAddress);
    }

    /** The socket there takes it. */
    private boolean isToCareOfAddress(UdpPacket datagram) {
        return config.coLocated()
                .filter(here -> here.careOfAddress().equals(Ipv4Address.of(datagram.destination())))
                .isPresent();
    }

    private void received(Octets datagram) {
        Optional<TunnelData> tunnelData = TunnelData.decode(datagram);
        if (tunnelData.isPresent()) {
            loop.post(new Event.TunnelDataReceived(loop.now(), tunnelData.get()));
            return;
        }
        if (HandoverMessage.isOne(datagram)) {
            Optional<HandoverMessage> message = HandoverMessage.decode(datagram, config.enterpriseNumber());
            if (message.isPresent() && message.get() instanceof HandoverMessage.Redirected redirected) {
                loop.execute(() -> handovers.said(redirected.id(), loop.now(), "sends on what comes for the guest"));
                loop.post(new Event.Redirected(loop.now(), redirected.id()));
            } else if (message.isPresent() && message.get() instanceof HandoverMessage.Held held) {
                loop.execute(() -> handovers.held(held.id(), loop.now(), Integer.toUnsignedLong(held.packets())));
            } else if (message.isPresent() && message.get() instanceof HandoverMessage.Followed followed) {
                loop.execute(() ->
                        handovers.redirected(followed.id(), loop.now(), Integer.toUnsignedLong(followed.packets())));
            } else if (message.isPresent()) {
                loop.post(new Event.MessageReceived(loop.now(), datagram));
            }
            return;
        }
        Decoded decoded = RegistrationCodec.decode(datagram);
        if (decoded instanceof Decoded.Message message && message.message() instanceof RegistrationReply reply) {
            metrics.replyReceived(reply.code());
            loop.post(new Event.ReplyReceived(loop.now(), decoded));
        }
    }

    private void learn(ArpPacket arp) {
        if (neighbours.learn(arp)) {
            log.info("neighbour known address={} mac={}", arp.senderAddress().getHostAddress(), arp.senderMac());
            actions.neighbourChanged(Ipv4Address.of(arp.senderAddress()), arp.senderMac());
        }
    }

    /**
     * A port of this host's, from which its own requests leave. Replies are taken from the uplink; but where nobody held
     * the port, the kernel would say that to the agents.
     */
    private static DatagramChannel portOf(HookLink link) throws IOException {
        DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
        try {
            return channel.bind(new InetSocketAddress(link.hostAddress(), 0));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }
}
