package org.mooring.foreign;

import static org.mooring.foreign.Event.Timer.Purpose.KEEPALIVE;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.mooring.foreign.Event.Timer;
import org.mooring.protocol.nat.EchoPacket;
import org.mooring.protocol.nat.Keepalives;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/** The keepalives of visitors whose tunnels are carried in UDP (RFC 3519 §4.9), each as its mobile node's. Confined to the agent loop. */
final class TunnelKeepalives {
    private final Map<Ipv4Address, Keepalives> byHomeAddress = new HashMap<>();
    private final Consumer<Action> actions;

    TunnelKeepalives(Consumer<Action> actions) {
        this.actions = actions;
    }

    /**
     * {@code visitor} is served, be it in UDP or no longer.
     *
     * @param sent when the NAT saw something last
     */
    void served(Visitor visitor, Instant sent) {
        visitor.udpTunnel()
                .ifPresentOrElse(
                        tunnel -> byHomeAddress
                                .computeIfAbsent(visitor.homeAddress(), this::keepalives)
                                .begin(visitor.homeAgent(), tunnel.keepalive(), sent),
                        () -> end(visitor.homeAddress()));
    }

    /** After a restart: nobody knows when the NAT saw something last. */
    void restored(Visitor visitor, Instant now) {
        visitor.udpTunnel().ifPresent(tunnel -> served(visitor, now.minus(tunnel.keepalive())));
    }

    void end(Ipv4Address homeAddress) {
        Optional.ofNullable(byHomeAddress.remove(homeAddress)).ifPresent(Keepalives::end);
    }

    void due(Ipv4Address homeAddress, Instant now) {
        find(homeAddress).ifPresent(keepalives -> keepalives.due(now));
    }

    /** Whether {@code echo} answers a keepalive. */
    boolean received(EchoPacket echo, Instant now) {
        return find(echo.destination())
                .filter(keepalives -> keepalives.received(echo, now))
                .isPresent();
    }

    private Optional<Keepalives> find(Ipv4Address homeAddress) {
        return Optional.ofNullable(byHomeAddress.get(homeAddress));
    }

    private Keepalives keepalives(Ipv4Address homeAddress) {
        return new Keepalives(homeAddress, new Wanted(homeAddress));
    }

    private final class Wanted implements Keepalives.Out {
        private final Ipv4Address homeAddress;

        Wanted(Ipv4Address homeAddress) {
            this.homeAddress = homeAddress;
        }

        @Override
        public void send(Ipv4Address homeAgent, Octets datagram) {
            actions.accept(new Action.SendKeepalive(homeAgent, datagram));
        }

        @Override
        public void arm(Instant at) {
            actions.accept(new Action.ArmTimer(new Timer(KEEPALIVE, homeAddress), at));
        }

        @Override
        public void silent(Instant now) {
            actions.accept(new Action.Report(new Fact.KeepalivesUnanswered(homeAddress)));
        }

        @Override
        public void answered(Instant now) {
            actions.accept(new Action.Report(new Fact.KeepalivesAnswered(homeAddress)));
        }
    }
}
