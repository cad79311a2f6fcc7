package org.mooring.foreign.daemon;

import java.io.IOException;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
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
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.wire.AgentDiscoveryCodec;
import org.mooring.protocol.wire.AgentSolicitation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.runtime.Failure;
import org.mooring.runtime.Supervisor;
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

    /** RFC 3344 §2.1: no router passes it on. */
    private static final int TTL_OF_DISCOVERY = 1;

    private static final int SOLICITATION = 10;

    private static final Duration RETURN_POLL = Duration.ofSeconds(1);

    private final Interface link;
    private final Ipv4Address address;
    private final Ipv4Address careOfAddress;
    private final PacketSocket frames;
    private final DatagramChannel membership;
    private final StationLimit stations = new StationLimit(new SecureRandom().nextLong());

    private VisitorLink(
            Interface link,
            Ipv4Address address,
            Ipv4Address careOfAddress,
            PacketSocket frames,
            DatagramChannel membership) {
        this.link = link;
        this.address = address;
        this.careOfAddress = careOfAddress;
        this.frames = frames;
        this.membership = membership;
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
                    PacketFilter.udpTo(UdpSocket.REGISTRATION_PORT).or(PacketFilter.icmp(SOLICITATION)),
                    PacketSocket.Option.DEEP_BUFFER);
        } catch (KernelException e) {
            throw new Failure("link " + link.name() + ": " + e.getMessage(), e);
        }
        try {
            var opened = new VisitorLink(link, address, careOfAddress, frames, joinGroups(link));
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
            frames.send(frame(advertise));
        } catch (KernelException e) {
            log.warn("advertisement not sent link={} reason={}", link.name(), e.getMessage());
        }
    }

    private EthernetFrame frame(Action.Advertise advertise) {
        var icmp = AgentDiscoveryCodec.encode(advertise.advertisement()).toByteArray();
        return Ipv4Packet.of(
                        advertise.source().toInet(),
                        advertise.destination().toInet(),
                        Ipv4Packet.ICMP,
                        TTL_OF_DISCOVERY,
                        ByteBuffer.wrap(icmp))
                .toFrame(
                        link.mac(),
                        advertise.linkAddress().map(VisitorLink::mac).orElseGet(() -> group(advertise.destination())));
    }

    /** The MAC address of a group (RFC 1112 §6.4). */
    private static MacAddress group(Ipv4Address address) {
        return new MacAddress(0x0100_5e00_0000L | (address.bits() & 0x7f_ffff));
    }

    Interface link() {
        return link;
    }

    @Override
    public void close() {
        frames.close();
        try {
            membership.close();
        } catch (IOException e) {
            log.warn("group not left link={} reason={}", link.name(), e.getMessage());
        }
    }

    /**
     * RFC 3344 §2.3, RFC 1256 §5.1: an agent takes what is sent to these groups. The interface lets it pass for as long
     * as this is open.
     */
    private static DatagramChannel joinGroups(Interface link) throws IOException {
        var channel = DatagramChannel.open(StandardProtocolFamily.INET);
        try {
            for (var group : List.of(Ipv4Address.ALL_MOBILITY_AGENTS, Ipv4Address.ALL_ROUTERS)) {
                channel.join(group.toInet(), NetworkInterface.getByIndex(link.index()));
            }
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
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

    /** The solicitation in it; empty if it is none, or for somebody else. */
    private Optional<Event> solicitation(ReceivedFrame frame) {
        return frame.ethernet()
                .flatMap(ethernet -> Ipv4Packet.parse(ethernet)
                        .filter(packet -> packet.protocol() == Ipv4Packet.ICMP && !packet.isFragment())
                        .filter(packet -> isSolicited(Ipv4Address.of(packet.destination())))
                        .filter(packet -> AgentDiscoveryCodec.decode(Octets.copyOf(packet.payload()))
                                .filter(AgentSolicitation.class::isInstance)
                                .isPresent())
                        .map(packet -> new Event.SolicitationReceived(
                                frame.at(), link.name(), linkAddress(ethernet), Ipv4Address.of(packet.source()))));
    }

    private boolean isSolicited(Ipv4Address destination) {
        return isForUs(destination)
                || destination.equals(Ipv4Address.ALL_ROUTERS)
                || destination.equals(Ipv4Address.LIMITED_BROADCAST);
    }

    private boolean isForUs(Ipv4Address destination) {
        return destination.equals(address)
                || destination.equals(careOfAddress)
                || destination.equals(Ipv4Address.ALL_MOBILITY_AGENTS);
    }

    private Origin origin(EthernetFrame frame, UdpPacket datagram) {
        return new Origin(
                link.name(),
                linkAddress(frame),
                Ipv4Address.of(datagram.source()),
                datagram.sourcePort(),
                Ipv4Address.of(datagram.destination()),
                datagram.ttl());
    }

    private static Octets linkAddress(EthernetFrame frame) {
        var mac = ByteBuffer.allocate(MacAddress.LENGTH);
        frame.source().write(mac);
        return Octets.copyOf(mac.flip());
    }

    private static MacAddress mac(Octets linkAddress) {
        return MacAddress.read(ByteBuffer.wrap(linkAddress.toByteArray()));
    }
}
