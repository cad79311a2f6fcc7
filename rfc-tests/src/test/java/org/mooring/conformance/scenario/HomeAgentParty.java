package org.mooring.conformance.scenario;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.mooring.home.Action;
import org.mooring.home.Endpoint;
import org.mooring.home.Event;
import org.mooring.home.HomeAgent;
import org.mooring.home.MobileNodeRecord;
import org.mooring.home.MobilityBinding;
import org.mooring.home.Policy;
import org.mooring.home.daemon.HomeAgentFile;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.wire.ControlMessage;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.runtime.config.ConfigException;

final class HomeAgentParty extends Party implements TunnelEndParty {
    private final Map<Ipv4Address, MobileNodeRecord> store = new TreeMap<>();
    private final Set<Ipv4Address> waiting = new HashSet<>();

    /** Those that said their MAC, in frames on the home link. */
    private final Map<Ipv4Address, MacAddress> neighbours = new TreeMap<>();

    private Policy policy;
    private HomeAgent core;

    HomeAgentParty(String name, World world, Path file) throws ConfigException {
        super(name, world);
        policy = HomeAgentFile.policy(file);
        core = newCore();
    }

    private HomeAgent newCore() {
        return new HomeAgent(policy, new Random(3344)::nextInt);
    }

    List<MobilityBinding> bindings() {
        return core.bindings();
    }

    @Override
    boolean hears(Datagram datagram) {
        var to = datagram.destination();
        return datagram.destinationPort() == ControlMessage.PORT
                && (to.equals(policy.address())
                        || to.equals(policy.homeNetworkBroadcast())
                        || to.equals(Ipv4Address.LIMITED_BROADCAST));
    }

    @Override
    void receive(Datagram datagram) {
        var from = new Endpoint(datagram.source(), datagram.sourcePort());
        datagram.frame()
                .ifPresent(frame -> neighbours.put(
                        datagram.source(),
                        MacAddress.read(ByteBuffer.wrap(frame.linkAddress().toByteArray()))));
        handle(
                HandoverMessage.isOne(datagram.payload())
                        ? new Event.HandoverMessageReceived(now(), from, datagram.destination(), datagram.payload())
                        : new Event.DatagramReceived(
                                now(), from, datagram.destination(), RegistrationCodec.decode(datagram.payload())));
    }

    @Override
    public boolean isEndOf(Ipv4Address careOfAddress, Ipv4Address homeAddress) {
        return careOfAddress.equals(homeAddress);
    }

    @Override
    public Optional<Ipv4Address> leaveTunnel(Ipv4Address homeAddress, Octets message) {
        if (waiting.contains(homeAddress)) {
            soon(() -> handle(new Event.MarkerReceived(now(), homeAddress, message)));
        }
        return Optional.empty();
    }

    @Override
    void configure(Path file) throws ConfigException {
        policy = HomeAgentFile.policy(file);
        handle(new Event.PolicyChanged(now(), policy));
    }

    @Override
    void restart() {
        world().disarm(name());
        core = newCore();
        handle(new Event.Restored(now(), List.copyOf(store.values())));
    }

    private void handle(Event event) {
        core.handle(event).forEach(this::execute);
    }

    private void execute(Action action) {
        if (action instanceof Action.Report report) {
            log(report.fact().line());
            return;
        }
        if (action instanceof Action.SendReply reply) {
            send(reply.to(), reply.wire());
            return;
        }
        if (action instanceof Action.SendRevocationMessage message) {
            send(message.to(), message.wire());
            return;
        }
        say(action);
        if (action instanceof Action.Forwarding forwarding) {
            if (action instanceof Action.ReturnForwarding) {
                waiting.add(forwarding.homeAddress());
            }
            soon(() -> handle(refusal(action)
                    .<Event>map(why -> new Event.ForwardingFailed(now(), forwarding.homeAddress(), why))
                    .orElseGet(() -> new Event.ForwardingChanged(now(), forwarding.homeAddress()))));
        } else if (action instanceof Action.Persist persist) {
            soon(() -> persist(persist));
        } else if (action instanceof Action.ArmTimer armed) {
            arm(armed.timer(), armed.at(), () -> handle(new Event.TimerFired(now(), armed.timer())));
        } else if (action instanceof Action.ReadNeighbour reading) {
            var mac = Optional.ofNullable(neighbours.get(reading.homeAddress()));
            soon(() -> handle(new Event.NeighbourRead(now(), reading.homeAddress(), mac)));
        } else if (action instanceof Action.OpenRoom room) {
            soon(() -> handle(new Event.RoomOpened(now(), room, 0)));
        } else if (action instanceof Action.SendMarker marker) {
            world().sendThroughTunnel(name(), marker.peer().address(), marker.homeAddress(), marker.message());
        }
    }

    private void send(Endpoint to, Octets message) {
        send(new Datagram(policy.address(), ControlMessage.PORT, to.address(), to.port(), Optional.empty(), message));
    }

    private void persist(Action.Persist action) {
        var homeAddress = action.record().homeAddress();
        var refused = refusal(action);
        if (refused.isEmpty()) {
            store.put(homeAddress, action.record());
        }
        handle(refused.<Event>map(why -> new Event.PersistFailed(now(), homeAddress, why))
                .orElseGet(() -> new Event.Persisted(now(), homeAddress)));
    }
}
