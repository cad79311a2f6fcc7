package org.mooring.hook.daemon;

import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.mooring.hook.Action;
import org.mooring.hook.Action.SendRequest;
import org.mooring.hook.Event;
import org.mooring.hook.Fact;
import org.mooring.hook.Forwarding;
import org.mooring.hook.Guest;
import org.mooring.hook.Timer;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.ArpPacket;
import org.mooring.protocol.handover.RepeatedRequest;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.loop.AgentLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does what the core wants done. Confined to the agent loop. */
final class HookActions implements Action.Executor {
    private static final Logger log = LoggerFactory.getLogger(HookActions.class);

    private static final String DISCOVERY = "discovery";

    /** From COMMIT until all has come that the home agent sent here before it. */
    private static final int UNDER_WAY_SECONDS = 1;

    private record TimerKey(String guest, Timer timer) {}

    private final HookConfig config;
    private final AgentLoop<Event, Action> loop;
    private final Uplink uplink;
    private final Neighbours neighbours;
    private final RequestSender requests;
    private final Solicitations solicitations;
    private final Optional<CoLocatedSite> site;
    private final GuestPorts ports;
    private final FrameKeepers keepers;
    private final Handovers handovers;
    private final Checks checks;
    private final Preparations preparations;
    private final HookMetrics metrics;

    HookActions(
            HookConfig config,
            AgentLoop<Event, Action> loop,
            Uplink uplink,
            Neighbours neighbours,
            RequestSender requests,
            Solicitations solicitations,
            Optional<CoLocatedSite> site,
            GuestPorts ports,
            FrameKeepers keepers,
            Handovers handovers,
            Checks checks,
            Preparations preparations,
            HookMetrics metrics) {
        this.config = config;
        this.loop = loop;
        this.uplink = uplink;
        this.neighbours = neighbours;
        this.requests = requests;
        this.solicitations = solicitations;
        this.site = site;
        this.ports = ports;
        this.keepers = keepers;
        this.handovers = handovers;
        this.checks = checks;
        this.preparations = preparations;
        this.metrics = metrics;
    }

    @Override
    public void execute(SendRequest action) {
        send(action, action.octets(), () -> {
            record(action);
            metrics.requestSent(action.guest().name());
        });
    }

    @Override
    public void execute(Action.RepeatRequest action) {
        SendRequest request = action.request();
        Octets again = RepeatedRequest.encode(request.octets(), config.enterpriseNumber());
        send(request, again, () -> record(request));
    }

    private void record(SendRequest sent) {
        handovers.sent(
                sent.guest().name(),
                loop.now(),
                sent.kind().word() + " sent identification=" + sent.request().identification());
    }

    private void send(SendRequest request, Octets octets, Runnable sent) {
        if (request.sender() == Action.Sender.CARE_OF_ADDRESS) {
            site().send(request, octets);
            sent.run();
        } else {
            requests.send(request, octets, loop.now(), sent);
        }
    }

    @Override
    public void execute(Action.SendKeepalive action) {
        site().send(action);
        metrics.keepaliveSent(action.guest().name());
    }

    @Override
    public void execute(Action.ResolveAgent action) {
        if (!action.agent().equals(config.network().broadcast())) {
            neighbours.resolve(requests.nextHop(action.to(), action.agent()), loop.now());
        }
    }

    @Override
    public void execute(Action.FollowAgent action) {
        neighbours.follow(action.agent(), loop.now());
    }

    @Override
    public void execute(Action.ForgetAgent action) {
        neighbours.forget(action.agent());
    }

    @Override
    public void execute(Action.Solicit action) {
        solicitations.send();
    }

    @Override
    public void execute(Action.ArmDiscovery action) {
        loop.arm(DISCOVERY, action.due(), Event.DiscoveryDue::new);
    }

    @Override
    public void execute(Action.Announce action) {
        Guest guest = action.guest();
        // As a request: RFC 5227 §3 has hosts heed both forms, and this is also the announcement that it defines.
        uplink.send(ArpPacket.gratuitous(
                        ArpPacket.REQUEST, guest.mac(), guest.homeAddress().toInet())
                .toFrame(MacAddress.BROADCAST));
        handovers.sent(guest.name(), loop.now(), "gratuitous ARP sent");
    }

    /** As QEMU would: a reverse ARP request (RFC 903), which speaks of no IP address. */
    @Override
    public void execute(Action.TellLink action) {
        uplink.send(ArpPacket.reverse(action.guest().mac()));
        handovers.sent(action.guest().name(), loop.now(), "reverse ARP sent");
    }

    @Override
    public void execute(Action.SetPort action) {
        ports.set(action.guest(), action.fromGuest(), action.toGuest(), Optional.ofNullable(action.router()));
    }

    @Override
    public void execute(Action.LeadToPort action) {
        ports.lead(action.guest());
    }

    @Override
    public void execute(Action.ReleasePort action) {
        ports.release(action.guest());
    }

    @Override
    public void execute(Action.KeepFrames action) {
        keepers.keep(action.guest());
    }

    @Override
    public void execute(Action.RescueFrames action) {
        keepers.rescue(action.guest(), action.id(), action.to(), action.stopped());
    }

    @Override
    public void execute(Action.HoldFrames action) {
        keepers.hold(action.guest(), action.stopped());
    }

    @Override
    public void execute(Action.SendEnd action) {
        keepers.sendEnd(action.guest());
    }

    @Override
    public void execute(Action.ForgetFrames action) {
        keepers.forget(action.guest());
    }

    @Override
    public void execute(Action.Forward action) {
        site().forwarding().change(action.guest(), action.forwarding());
        if (action.forwarding() instanceof Forwarding.Redirect) {
            loop.group().schedule(() -> tellRedirected(action.guest()), UNDER_WAY_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void tellRedirected(Guest guest) {
        site().forwarding()
                .redirected(guest)
                .thenAccept(found -> loop.execute(
                        () -> found.ifPresent(packets -> handovers.redirected(guest.name(), loop.now(), packets))));
    }

    @Override
    public void execute(Action.DeliverPacket action) {
        ByteBuffer packet = ByteBuffer.wrap(action.packet().toByteArray());
        site().forwarding().deliver(action.homeAddress(), packet);
    }

    @Override
    public void execute(Action.OpenRoom action) {
        site().forwarding()
                .open(action.homeAddress(), action.room())
                .thenAccept(held -> loop.execute(() -> {
                    if (held > 0) {
                        handovers.held(action.id(), loop.now(), held);
                    }
                }));
        config.guests().stream()
                .filter(guest -> guest.homeAddress().equals(action.homeAddress()))
                .forEach(guest -> handovers.sent(
                        guest.name(),
                        loop.now(),
                        "packets of the %s path wait no longer reason=%s"
                                .formatted(words(action.room()), words(action.why()))));
    }

    @Override
    public void execute(Action.ArmArrival action) {
        Ipv4Address home = action.homeAddress();
        loop.arm(home, action.due(), at -> new Event.ArrivalDue(at, home));
    }

    @Override
    public void execute(Action.ArmTimer action) {
        String guest = action.guest().name();
        Timer timer = action.timer();
        loop.arm(new TimerKey(guest, timer), action.due(), at -> new Event.TimerFired(at, guest, timer));
    }

    @Override
    public void execute(Action.AnswerCheck action) {
        checks.answer(action.guest(), action.outcome());
    }

    @Override
    public void execute(Action.AnswerPreparation action) {
        preparations.answer(action.guest().name(), action.outcome());
    }

    @Override
    public void execute(Action.Report action) {
        Fact fact = action.fact();
        switch (fact.severity()) {
            case DEBUG -> log.debug("{}", fact.line());
            case INFO -> log.info("{}", fact.line());
            case WARNING -> log.warn("{}", fact.line());
        }
        handovers.told(fact, action.at());
    }

    /** Only a guest whose tunnel ends here makes the core want something of it. */
    private CoLocatedSite site() {
        return site.orElseThrow(() -> new AssertionError("no care-of address is configured"));
    }

    private static String words(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** A neighbour has become known, or has another link-layer address than before. */
    void neighbourChanged(Ipv4Address address, MacAddress mac) {
        ports.refresh();
        config.guests().stream()
                .filter(guest -> guest.atHome() && guest.homeGateway().address().equals(address))
                .filter(guest -> !guest.homeGateway().mac().equals(mac))
                .forEach(guest -> log.warn(
                        "home-gateway-mac is not what the gateway has guest={} home-gateway={} configured={} found={}:"
                                + " the guest would lose its gateway away from home; correct it on every host",
                        guest.name(),
                        address,
                        guest.homeGateway().mac(),
                        mac));
    }
}
