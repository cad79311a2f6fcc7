package org.mooring.foreign.daemon;

import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.function.Consumer;
import org.mooring.foreign.Action;
import org.mooring.foreign.Event;
import org.mooring.foreign.Policy;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.RepeatedRequest;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RevocationMessage;
import org.mooring.protocol.wire.TunnelData;
import org.mooring.runtime.Failure;
import org.mooring.runtime.loop.AgentLoop;
import org.mooring.runtime.udp.Datagram;
import org.mooring.runtime.udp.IcmpError;
import org.mooring.runtime.udp.IcmpErrors;
import org.mooring.runtime.udp.PeerSockets;
import org.mooring.runtime.udp.SendRefusal;
import org.mooring.runtime.udp.UdpSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Port 434 of the care-of address, where home agents answer and old sites' hooks send what they rescue, and the ICMP errors about what was sent to them. */
final class HomeAgentSide implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ForeignAgentProgram.class);

    /** As much as one hook rescues at once: 16,384 packets, in fragments each. */
    private static final int RECEIVE_BUFFER = 24 << 20;

    private static final int NET_UNREACHABLE = 0;
    private static final int HOST_UNREACHABLE = 1;
    private static final int FRAGMENTATION_NEEDED = 4;

    private static final int IDENTIFICATION_OFFSET = 16;

    private final AgentLoop<Event, Action> loop;
    private final UdpSocket registrations;
    private final PeerSockets fromHomeAgents;
    private final IcmpErrors errors;

    private HomeAgentSide(
            AgentLoop<Event, Action> loop, UdpSocket registrations, PeerSockets fromHomeAgents, IcmpErrors errors) {
        this.loop = loop;
        this.registrations = registrations;
        this.fromHomeAgents = fromHomeAgents;
        this.errors = errors;
    }

    static HomeAgentSide open(AgentLoop<Event, Action> loop, Ipv4Address careOfAddress) throws Failure {
        Consumer<Datagram> receiver = datagram -> loop.post(received(datagram));
        var registrations = UdpSocket.bind(loop, careOfAddress, UdpSocket.REGISTRATION_PORT, RECEIVE_BUFFER, receiver);
        try {
            var errors = IcmpErrors.listen(
                    loop,
                    careOfAddress,
                    error -> unreachable(error, registrations.local()).ifPresent(loop::post));
            return new HomeAgentSide(loop, registrations, new PeerSockets(registrations, receiver), errors);
        } catch (Failure e) {
            registrations.close();
            throw e;
        }
    }

    /**
     * Lets tunnel data be taken by a socket beside this side's.
     *
     * @param binding as {@link UdpSocket#beside} has it
     */
    <T, E extends Exception> T beside(UdpSocket.Binding<T, E> binding) throws E {
        return registrations.beside(binding);
    }

    /** Home agents with an association have sockets of their own. */
    void follow(Policy policy) {
        fromHomeAgents.follow(policy.homeAgents().keySet());
    }

    /** Sends {@code request}; where our own kernel knows no way, that is as good as an ICMP error. */
    void send(Action.RelayToHomeAgent request) {
        var to = new InetSocketAddress(request.homeAgent().toInet(), UdpSocket.REGISTRATION_PORT);
        registrations.send(to, request.message(), refusal -> {
            log.warn("request not relayed home-agent={} reason={}", request.homeAgent(), refusal.reason());
            loop.post(new Event.HomeAgentUnreachable(
                    loop.now(),
                    request.homeAgent(),
                    IcmpError.DESTINATION_UNREACHABLE,
                    refusal.errno() == SendRefusal.EHOSTUNREACH ? HOST_UNREACHABLE : NET_UNREACHABLE,
                    identification(request.message())));
        });
    }

    void send(Action.SendKeepalive keepalive) {
        registrations.send(
                new InetSocketAddress(keepalive.homeAgent().toInet(), UdpSocket.REGISTRATION_PORT),
                keepalive.message());
    }

    void send(Action.SendRevocationMessage message) {
        registrations.send(new InetSocketAddress(message.homeAgent().toInet(), message.port()), message.message());
    }

    @Override
    public void close() {
        errors.close();
        fromHomeAgents.close();
        registrations.close();
    }

    private static Event received(Datagram datagram) {
        var from = address(datagram.from());
        var tunnelData = TunnelData.decode(datagram.payload());
        if (tunnelData.isPresent()) {
            return new Event.TunnelDataReceived(datagram.at(), from, tunnelData.get());
        }
        return HandoverMessage.isOne(datagram.payload())
                ? new Event.HandoverMessageReceived(datagram.at(), from, datagram.payload())
                : registration(datagram, from);
    }

    private static Event registration(Datagram datagram, Ipv4Address from) {
        var decoded = RegistrationCodec.decode(datagram.payload());
        return decoded instanceof Decoded.Message message && message.message() instanceof RevocationMessage
                ? new Event.RevocationMessageReceived(
                        datagram.at(), from, datagram.from().getPort(), message)
                : new Event.ReplyReceived(datagram.at(), from, decoded);
    }

    /** Empty for an error about anything but a request that we may have relayed. */
    private static Optional<Event> unreachable(IcmpError error, InetSocketAddress local) {
        boolean ours = error.source().equals(local) && error.destination().getPort() == UdpSocket.REGISTRATION_PORT;
        // The kernel sends smaller packets after this one, and the next request goes through.
        boolean tooBig = error.type() == IcmpError.DESTINATION_UNREACHABLE && error.code() == FRAGMENTATION_NEEDED;
        return ours && !tooBig
                ? Optional.of(new Event.HomeAgentUnreachable(
                        error.at(),
                        address(error.destination()),
                        error.type(),
                        error.code(),
                        identification(error.quoted())))
                : Optional.empty();
    }

    /** That of the request whose beginning this is, in AGAIN or not, if there is enough of it. */
    private static Optional<Identification> identification(Octets relayed) {
        int request = HandoverMessage.isOne(relayed) ? RepeatedRequest.REQUEST : 0;
        int identification = request + IDENTIFICATION_OFFSET;
        return relayed.length() < request + RegistrationRequest.FIXED_LENGTH
                ? Optional.empty()
                : Optional.of(Identification.of(
                        relayed.int32(identification), relayed.int32(identification + Integer.BYTES)));
    }

    private static Ipv4Address address(InetSocketAddress socket) {
        return Ipv4Address.of((Inet4Address) socket.getAddress());
    }
}
