package org.mooring.conformance.scenario;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.mooring.foreign.Action;
import org.mooring.foreign.Event;
import org.mooring.foreign.ForeignAgent;
import org.mooring.foreign.Origin;
import org.mooring.foreign.Policy;
import org.mooring.foreign.Visitor;
import org.mooring.foreign.daemon.ForeignAgentFile;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.wire.ControlMessage;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RevocationMessage;
import org.mooring.runtime.config.ConfigException;

final class ForeignAgentParty extends Party implements TunnelEndParty {
    private static final Ipv4Address ALL_AGENTS = Ipv4Address.of("224.0.0.11");
    private static final int TTL = 64;

    private final Map<Ipv4Address, Visitor> store = new TreeMap<>();
    private final Set<Visitor> revoked = new LinkedHashSet<>();
    private final Map<Ipv4Address, Ipv4Address> redirected = new HashMap<>();
    private final Set<Ipv4Address> waiting = new HashSet<>();
    private Policy policy;
    private ForeignAgent core;

    ForeignAgentParty(String name, World world, Path file) throws ConfigException {
        super(name, world);
        policy = ForeignAgentFile.policy(file);
        core = new ForeignAgent(policy, new Random(4721)::nextInt);
    }

    @Override
    boolean hears(Datagram datagram) {
        var to = datagram.destination();
        var onLink = datagram.frame().map(frame -> policy.links().get(frame.link()));
        return datagram.destinationPort() == ControlMessage.PORT
                && (to.equals(policy.careOfAddress())
                        || onLink.filter(own -> own.equals(to) || to.equals(ALL_AGENTS))
                                .isPresent());
    }

    @Override
    void receive(Datagram datagram) {
        var decoded = RegistrationCodec.decode(datagram.payload());
        var received = datagram.frame()
                .map(frame -> new Origin(
                        frame.link(),
                        frame.linkAddress(),
                        datagram.source(),
                        datagram.sourcePort(),
                        datagram.destination(),
                        frame.ttl()))
                .<Event>map(origin -> HandoverMessage.isOne(datagram.payload())
                        ? new Event.RepeatedRequestReceived(now(), origin, datagram.payload())
                        : new Event.RequestReceived(now(), origin, decoded));
        handle(received.orElseGet(() -> HandoverMessage.isOne(datagram.payload())
                ? new Event.HandoverMessageReceived(now(), datagram.source(), datagram.payload())
                : message(datagram, decoded)));
    }

    private Event message(Datagram datagram, Decoded decoded) {
        return decoded instanceof Decoded.Message message && message.message() instanceof RevocationMessage
                ? new Event.RevocationMessageReceived(now(), datagram.source(), datagram.sourcePort(), message)
                : new Event.ReplyReceived(now(), datagram.source(), decoded);
    }

    /** An ICMP error about what was relayed to {@code homeAgent}. */
    void unreachable(Ipv4Address homeAgent, int code) {
        handle(new Event.HomeAgentUnreachable(now(), homeAgent, 3, code, Optional.empty()));
    }

    @Override
    public boolean isEndOf(Ipv4Address careOfAddress, Ipv4Address homeAddress) {
        return careOfAddress.equals(policy.careOfAddress());
    }

    @Override
    public Optional<Ipv4Address> leaveTunnel(Ipv4Address homeAddress, Octets message) {
        if (waiting.contains(homeAddress)) {
            soon(() -> handle(new Event.MarkerReceived(now(), homeAddress, message)));
        }
        return Optional.ofNullable(redirected.get(homeAddress));
    }

    @Override
    void configure(Path file) throws ConfigException {
        policy = ForeignAgentFile.policy(file);
        handle(new Event.PolicyChanged(now(), policy));
    }

    @Override
    void restart() {
        world().disarm(name());
        core = new ForeignAgent(policy, new Random(4721)::nextInt);
        handle(new Event.Restored(now(), List.copyOf(store.values()), List.of(), List.of(), List.copyOf(revoked)));
    }

    private void handle(Event event) {
        core.handle(event).forEach(this::execute);
    }

    private void execute(Action action) {
        if (action instanceof Action.Report report) {
            log(report.fact().text());
        } else if (action instanceof Action.RelayToHomeAgent relay) {
            send(relay.homeAgent(), ControlMessage.PORT, relay.message());
        } else if (action instanceof Action.SendRevocationMessage revocation) {
            send(revocation.homeAgent(), revocation.port(), revocation.message());
        } else if (action instanceof Action.SendToVisitor toVisitor) {
            send(new Datagram(
                    toVisitor.source(),
                    ControlMessage.PORT,
                    toVisitor.destination(),
                    toVisitor.destinationPort(),
                    Optional.of(new Datagram.Frame(toVisitor.link(), toVisitor.linkAddress(), TTL)),
                    toVisitor.message()));
        } else {
            say(action);
            change(action);
        }
    }

    private void send(Ipv4Address homeAgent, int port, Octets message) {
        send(new Datagram(policy.careOfAddress(), ControlMessage.PORT, homeAgent, port, Optional.empty(), message));
    }

    private void change(Action action) {
        if (action instanceof Action.InstallVisitor install) {
            var visitor = install.visitor();
            redirected.remove(visitor.homeAddress());
            answer(
                    action,
                    () -> new Event.VisitorInstalled(now(), visitor),
                    why -> new Event.VisitorNotInstalled(now(), visitor, why));
        } else if (action instanceof Action.RemoveVisitor remove) {
            redirected.remove(remove.homeAddress());
            waiting.remove(remove.homeAddress());
            answer(
                    action,
                    () -> new Event.VisitorRemoved(now(), remove.homeAddress()),
                    why -> new Event.VisitorNotRemoved(now(), remove.homeAddress(), why));
        } else if (action instanceof Action.StageVisitor stage) {
            if (!stage.closed().isEmpty()) {
                waiting.add(stage.staged().visitor().homeAddress());
            }
            answer(
                    action,
                    () -> new Event.VisitorStaged(now(), stage.staged()),
                    why -> new Event.VisitorNotStaged(now(), stage.staged(), why));
        } else if (action instanceof Action.UnstageVisitor unstage) {
            waiting.remove(unstage.homeAddress());
            answer(
                    action,
                    () -> new Event.VisitorUnstaged(now(), unstage.homeAddress()),
                    why -> new Event.VisitorNotUnstaged(now(), unstage.homeAddress(), why));
        } else if (action instanceof Action.RedirectVisitor redirect) {
            redirected.put(redirect.homeAddress(), redirect.careOfAddress());
            answer(
                    action,
                    () -> new Event.VisitorRedirected(now(), redirect.homeAddress(), redirect.id()),
                    why -> new Event.VisitorNotRedirected(now(), redirect.homeAddress(), redirect.id(), why));
        } else if (action instanceof Action.CountRedirected count) {
            soon(() -> handle(new Event.RedirectedCounted(now(), count.homeAddress(), count.id(), Optional.of(0L))));
        } else if (action instanceof Action.RecallVisitor recall) {
            redirected.remove(recall.homeAddress());
            answer(
                    action,
                    () -> new Event.VisitorRecalled(now(), recall.homeAddress()),
                    why -> new Event.VisitorNotRecalled(now(), recall.homeAddress(), why));
        } else if (action instanceof Action.StoreVisitor stored) {
            store.put(stored.visitor().homeAddress(), stored.visitor());
            answer(
                    action,
                    () -> new Event.VisitorStored(now(), stored.visitor()),
                    why -> new Event.VisitorNotStored(now(), stored.visitor(), why));
        } else if (action instanceof Action.ForgetVisitor forget) {
            store.remove(forget.homeAddress());
            soon(() -> handle(new Event.VisitorForgotten(now(), forget.homeAddress())));
        } else if (action instanceof Action.StoreRevocation revoke) {
            store.remove(revoke.visitor().homeAddress());
            revoked.add(revoke.visitor());
            soon(() -> handle(new Event.RevocationStored(now(), revoke.visitor())));
        } else if (action instanceof Action.ForgetRevocation forget) {
            revoked.remove(forget.visitor());
        } else if (action instanceof Action.OpenRoom room) {
            soon(() -> handle(new Event.RoomOpened(now(), room, 0)));
        } else if (action instanceof Action.ArmTimer armed) {
            arm(armed.timer(), armed.at(), () -> handle(new Event.TimerFired(now(), armed.timer())));
        } else if (action instanceof Action.ArmAdvertisement advertisement) {
            arm(
                    advertisement.link(),
                    advertisement.window().latest(),
                    () -> handle(new Event.AdvertisementDue(now(), advertisement.link())));
        }
    }

    private void answer(Action action, Supplier<Event> done, Function<String, Event> refused) {
        soon(() -> handle(refusal(action).map(refused).orElseGet(done)));
    }
}
