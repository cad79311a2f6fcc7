package org.mooring.foreign.daemon;

import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.mooring.foreign.Action;
import org.mooring.foreign.Event;
import org.mooring.foreign.Origin;
import org.mooring.linux.Errno;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.runtime.Failure;
import org.mooring.runtime.Supervisor;
import org.mooring.runtime.discovery.DiscoveryLink;
import org.mooring.runtime.udp.UdpSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One visitor link. Requests are read as frames, because their MAC address, interface and TTL count (RFC 3344 §3.7.1,
 * RFC 3024 §4.2.1); replies are sent as frames, because nobody asks for a visitor's MAC address by ARP (RFC 3344
 * §4.2.2).
 */
final class VisitorLink implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(VisitorLink.class);
    private static final int TTL = 64;

    private static final Duration RETURN_POLL = Duration.ofSeconds(1);

    private final Interface link;
    private final Ipv4Address address;
    private final Ipv4Address careOfAddress;
    private final PacketSocket frames;
    private final DiscoveryLink discovery;
    private final StationLimit stations = new StationLimit(new SecureRandom().nextLong());

    private VisitorLink(
            Interface link,
            Ipv4Address address,
            Ipv4Address careOfAddress,
            PacketSocket frames,
            DiscoveryLink discovery) {
        this.link = link;
        this.address = address;
        this.careOfAddress = careOfAddress;
        this.frames = frames;
        this.discovery = discovery;
    }

    /**
     * Opens the link and begins to read it.
     *
     * @param address the agent's own there
     * @param events take the requests, on the link's own thread
     */
    static VisitorLink open(
            Interface link,
            Ipv4Address address,
            Ipv4Address careOfAddress,
            Consumer<Event> events,
            Supervisor supervisor)
            throws Failure {
        PacketSocket frames;
        try {
            // A thousand guests may leave at once.
            frames = PacketSocket.open(
                    link,
                    PacketFilter.udpTo(UdpSocket.REGISTRATION_PORT).or(DiscoveryLink.solicitations()),
                    PacketSocket.Option.DEEP_BUFFER);
        } catch (KernelException e) {
            throw new Failure("link " + link.name() + ": " + e.getMessage(), e);
        }
        try {
            var opened = new VisitorLink(
                    link, address, careOfAddress, frames, DiscoveryLink.join(link, Set.of(address, careOfAddress)));
            opened.start(events, supervisor);
            return opened;
        } catch (IOException e) {
            frames.close();
            throw new Failure(
                    "link " + link.name() + ": cannot join the groups of routers and agents: " + e.getMessage(), e);
        }
    }

    /** Sends {@code reply} in a frame. One that the kernel refuses is logged: the mobile node asks again. */
    void send(Action.SendToVisitor reply) {
        if (isAcceptance(reply.message())) {
            expect(reply.linkAddress());
        }
        try {
            frames.send(frame(reply));
        } catch (KernelException e) {
            log.warn("reply not sent home={} link={} reason={}", reply.destination(), link.name(), e.getMessage());
        }
    }

    private static boolean isAcceptance(Octets message) {
        return message.length() >= RegistrationReply.FIXED_LENGTH
                && message.unsignedByte(0) == RegistrationReply.TYPE
                && new ReplyCode(message.unsignedByte(1)).isAccepted();
    }

    /** Its requests are read even while too many strangers ask. */
    void expect(Octets linkAddress) {
        stations.served(mac(linkAddress));
    }

    EthernetFrame frame(Action.SendToVisitor reply) {
        var datagram = new UdpPacket(
                reply.source().toInet(),
                UdpSocket.REGISTRATION_PORT,
                reply.destination().toInet(),
                reply.destinationPort(),
                TTL,
                ByteBuffer.wrap(reply.message().toByteArray()));
        return datagram.toIpv4().toFrame(link.mac(), mac(reply.linkAddress()));
    }

    /** Sends an advertisement. One that the kernel refuses is logged: there will be others. */
    void send(Action.Advertise advertise) {
        try {
            frames.send(discovery.frame(
                    advertise.advertisement(),
                    advertise.source(),
                    advertise.destination(),
                    advertise.linkAddress().map(VisitorLink::mac)));
        } catch (KernelException e) {
            log.warn("advertisement not sent link={} reason={}", link.name(), e.getMessage());
        }
    }

    Interface link() {
        return link;
    }

    @Override
    public void close() {
        frames.close();
        try {
            discovery.close();
        } catch (IOException e) {
            log.warn("group not left link={} reason={}", link.name(), e.getMessage());
        }
    }

    private void start(Consumer<Event> events, Supervisor supervisor) {
        var reader = new Thread(
                () -> {
                    try {
                        boolean open = true;
                        while (open) {
                            open = frames.receive(
                                    this::permits,
                                    frame -> request(frame)
                                            .or(() -> solicitation(frame))
                                            .ifPresent(events));
                        }
                    } catch (KernelException e) {
                        if (e.errno().equals(Errno.ENODEV)) {
                            events.accept(new Event.LinkGone(Instant.now(), link.name()));
                            awaitReturn(supervisor);
                            return;
                        }
                        supervisor.crash("reading link " + link.name(), e);
                    }
                },
                "link-" + link.name());
        reader.setDaemon(true);
        reader.start();
    }

    private boolean permits(long station) {
        return stations.permits(station, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime()));
    }

    /** What is opened on a link that was made anew is opened by a new start, which has the visitors and the revocations from the store. */
    private void awaitReturn(Supervisor supervisor) {
        try {
            while (NetworkInterface.getByName(link.name()) == null) {
                Thread.sleep(RETURN_POLL.toMillis());
            }
            supervisor.crash("serving link " + link.name(), new IOException("it was gone, and is back"));
        } catch (IOException e) {
            supervisor.crash("looking for link " + link.name(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The request in it; empty if it is for somebody else. */
    Optional<Event> request(ReceivedFrame frame) {
        return frame.ethernet()
                .flatMap(ethernet -> frame.udp()
                        .filter(datagram -> isForUs(Ipv4Address.of(datagram.destination())))
                        .map(datagram ->
                                request(frame.at(), origin(ethernet, datagram), Octets.copyOf(datagram.payload()))));
    }

    private static Event request(Instant at, Origin origin, Octets datagram) {
        return HandoverMessage.isOne(datagram)
                ? new Event.RepeatedRequestReceived(at, origin, datagram)
                : new Event.RequestReceived(at, origin, RegistrationCodec.decode(datagram));
    }

    private Optional<Event> solicitation(ReceivedFrame frame) {
        return frame.ethernet()
                .flatMap(discovery::solicitation)
                .map(solicitation -> new Event.SolicitationReceived(
                        frame.at(), link.name(), octets(solicitation.station()), solicitation.from()));
    }

    private boolean isForUs(Ipv4Address destination) {
        return destination.equals(address)
                || destination.equals(careOfAddress)
                || destination.equals(Ipv4Address.ALL_MOBILITY_AGENTS);
    }

    private Origin origin(EthernetFrame frame, UdpPacket datagram) {
        return new Origin(
                link.name(),
                octets(frame.source()),
                Ipv4Address.of(datagram.source()),
                datagram.sourcePort(),
                Ipv4Address.of(datagram.destination()),
                datagram.ttl());
    }

    private static Octets octets(MacAddress address) {
        var octets = ByteBuffer.allocate(MacAddress.LENGTH);
        address.write(octets);
        return Octets.copyOf(octets.flip());
    }

    private static MacAddress mac(Octets linkAddress) {
        return MacAddress.read(ByteBuffer.wrap(linkAddress.toByteArray()));
    }
}
