package org.mooring.conformance.scenario;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.mooring.hook.Action;
import org.mooring.hook.Event;
import org.mooring.hook.ForeignAgent;
import org.mooring.hook.Forwarding;
import org.mooring.hook.GuestHook;
import org.mooring.hook.Happening;
import org.mooring.hook.Link;
import org.mooring.hook.Timer;
import org.mooring.hook.daemon.GuestHookFile;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.RepeatedRequest;
import org.mooring.protocol.wire.ControlMessage;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.runtime.config.ConfigException;

/** A KVM host with its hook. Its address is the tenth of its network. One packet is always left unread at a guest's STOP. */
final class HostParty extends Party implements TunnelEndParty {
    private static final int HOST_NUMBER = 10;
    private static final int HOST_PORT = 40_434;
    private static final int TTL_OF_A_NEIGHBOUR = 255;

    private final Ipv4Address address;
    private final Octets mac;
    private final GuestHookFile file;
    private final Random random;
    private GuestHook core;

    private final Map<Ipv4Address, Forwarding> forwarding = new HashMap<>();

    /** Where what is rescued goes, while a rescue is under way. */
    private Optional<Action.RescueFrames> rescue = Optional.empty();

    private boolean ended;

    HostParty(String name, World world, Path path) throws ConfigException {
        super(name, world);
        file = GuestHookFile.read(path);
        address = new Ipv4Address(file.network().network().bits() + HOST_NUMBER);
        mac = Octets.ofHex("0200%08x".formatted(address.bits()));
        random = new Random(name.hashCode());
        core = newCore();
    }

    private GuestHook newCore() {
        return new GuestHook(
                new Link(address, file.tunnelEnd().orElse(null)),
                file.guests(),
                file.enterpriseNumber(),
                random::nextInt);
    }

    void happens(String guest, Happening what) {
        handle(new Event.Happened(now(), guest, what));
    }

    /** Its QEMU's monitor has closed. */
    void vanishes(String guest) {
        handle(new Event.Vanished(now(), guest, "closed"));
    }

    /** Though nobody has armed it. */
    void fires(String guest, Timer timer) {
        handle(new Event.TimerFired(now(), guest, timer));
    }

    @Override
    boolean hears(Datagram datagram) {
        if (datagram.frame().isPresent()) {
            var frame = datagram.frame().get();
            return frame.link().equals(file.bridge())
                    && datagram.sourcePort() == ControlMessage.PORT
                    && (frame.linkAddress().equals(mac) || isGuests(frame.linkAddress()));
        }
        return datagram.destination().equals(address)
                || file.guests().stream()
                        .anyMatch(guest -> guest.atHome()
                                && guest.homeAddress().equals(datagram.destination())
                                && guest.homeAgent().equals(datagram.source()));
    }

    private boolean isGuests(Octets linkAddress) {
        return file.guests().stream().anyMatch(guest -> octets(guest.mac()).equals(linkAddress));
    }

    private static Octets octets(MacAddress mac) {
        return Octets.ofHex("%012x".formatted(mac.bits()));
    }

    @Override
    void receive(Datagram datagram) {
        var decoded = HandoverMessage.decode(datagram.payload(), file.enterpriseNumber());
        if (decoded.isPresent() && decoded.get() instanceof HandoverMessage.Redirected redirected) {
            handle(new Event.Redirected(now(), redirected.id()));
        } else if (HandoverMessage.isOne(datagram.payload())) {
            handle(new Event.MessageReceived(now(), datagram.payload()));
        } else {
            handle(new Event.ReplyReceived(now(), RegistrationCodec.decode(datagram.payload())));
        }
    }

    @Override
    void configure(Path path) throws ConfigException {
        handle(new Event.Configured(now(), GuestHookFile.read(path).guests()));
    }

    /** QEMU tells it what runs. */
    @Override
    void restart() {
        world().disarm(name());
        core = newCore();
        forwarding.clear();
        rescue = Optional.empty();
    }

    @Override
    public boolean isEndOf(Ipv4Address careOfAddress, Ipv4Address homeAddress) {
        return careOfAddress.equals(address);
    }

    @Override
    public Optional<Ipv4Address> leaveTunnel(Ipv4Address homeAddress, Octets message) {
        if (forwarding.get(homeAddress) instanceof Forwarding.Stage) {
            soon(() -> handle(new Event.MarkerReceived(now(), homeAddress, message)));
        }
        return forwarding.get(homeAddress) instanceof Forwarding.Redirect redirect
                ? Optional.of(redirect.careOfAddress())
                : Optional.empty();
    }

    private void handle(Event event) {
        core.handle(event).forEach(this::execute);
    }

    private void execute(Action action) {
        if (action instanceof Action.Report report) {
            log(report.fact().line());
            return;
        }
        if (action instanceof Action.SendRequest request) {
            say("%s for %s".formatted(request.kind(), request.guest().name()));
            send(datagram(request, request.octets()));
            return;
        }
        if (action instanceof Action.RepeatRequest repeated) {
            var request = repeated.request();
            say("%s for %s again".formatted(request.kind(), request.guest().name()));
            send(datagram(request, RepeatedRequest.encode(request.octets(), file.enterpriseNumber())));
            return;
        }
        say(action);
        if (action instanceof Action.Forward forward) {
            forwarding.put(forward.guest().homeAddress(), forward.forwarding());
            soon(() ->
                    handle(new Event.Forwarded(now(), forward.guest().name(), forward.forwarding(), refusal(action))));
        } else if (action instanceof Action.RescueFrames frames) {
            rescue = Optional.of(frames);
            ended = false;
            sendAfterIt(
                    new HandoverMessage.Rescued(
                            frames.id(), 0, unread(frames.guest().homeAddress())),
                    frames.to());
        } else if (action instanceof Action.SendEnd end) {
            rescue.ifPresent(frames -> sendAfterIt(new HandoverMessage.End(frames.id(), 1), frames.to()));
            if (!ended) {
                ended = true;
                soon(() -> handle(new Event.FramesRescued(now(), end.guest().name(), 1, 0)));
            }
        } else if (action instanceof Action.ArmTimer armed) {
            var guest = armed.guest().name();
            arm(
                    guest + " " + armed.timer(),
                    armed.due(),
                    () -> handle(new Event.TimerFired(now(), guest, armed.timer())));
        } else if (action instanceof Action.ArmArrival armed) {
            arm(armed.homeAddress(), armed.due(), () -> handle(new Event.ArrivalDue(now(), armed.homeAddress())));
        }
    }

    private void sendAfterIt(HandoverMessage message, Ipv4Address to) {
        send(new Datagram(
                address,
                HOST_PORT,
                to,
                ControlMessage.PORT,
                Optional.empty(),
                message.encode(file.enterpriseNumber())));
    }

    /** A UDP datagram of no octets to port 9 (discard) of the guest. */
    private static Octets unread(Ipv4Address homeAddress) {
        return Octets.ofHex("4500001c 00010000 40110000 cb007102 %08x 80000009 00080000".formatted(homeAddress.bits()));
    }

    private Datagram datagram(Action.SendRequest request, Octets payload) {
        var guest = request.guest();
        boolean asGuest = request.sender() == Action.Sender.GUEST;
        var source = asGuest ? guest.homeAddress() : address;
        int port = request.sender() == Action.Sender.HOST ? HOST_PORT : ControlMessage.PORT;
        if (request.to() == Action.Agent.HOME_AGENT) {
            return new Datagram(source, port, guest.homeAgent(), ControlMessage.PORT, Optional.empty(), payload);
        }
        var agent = (ForeignAgent) file.tunnelEnd().orElseThrow();
        var frame = new Datagram.Frame(file.bridge(), asGuest ? octets(guest.mac()) : mac, TTL_OF_A_NEIGHBOUR);
        return new Datagram(source, port, agent.address(), ControlMessage.PORT, Optional.of(frame), payload);
    }
}
