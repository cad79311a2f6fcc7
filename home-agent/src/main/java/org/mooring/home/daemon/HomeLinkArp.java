package org.mooring.home.daemon;

import java.time.Duration;
import java.util.function.Consumer;
import org.mooring.home.Event;
import org.mooring.home.RateLimit;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.ArpPacket;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.Supervisor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ARP that the kernel does not do for its proxied addresses: tells the home link where a home address is by gratuitous ARP, which are requests,
 * broadcast, that give what they ask for (RFC 3344 §4.6), and hears probes (RFC 5227 §2.1.1).
 */
final class HomeLinkArp implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HomeLinkArp.class);

    /** Probes, at once and each second. Who probes does so three times. */
    private static final int MOST_PROBES = 100;

    private final Interface homeLink;
    private final PacketSocket socket;

    private HomeLinkArp(Interface homeLink, PacketSocket socket) {
        this.homeLink = homeLink;
        this.socket = socket;
    }

    static HomeLinkArp open(Interface homeLink) throws KernelException {
        return new HomeLinkArp(homeLink, PacketSocket.open(homeLink, PacketFilter.arpProbes()));
    }

    /** Hands over the probes from now on, on a thread of their own, until this is closed. */
    void listen(Consumer<Event> events, Supervisor supervisor) {
        var reader = new Thread(() -> receive(events, supervisor), "arp-" + homeLink.name());
        reader.setDaemon(true);
        reader.start();
    }

    private void receive(Consumer<Event> events, Supervisor supervisor) {
        var limit = new RateLimit(MOST_PROBES, Duration.ofSeconds(1).dividedBy(MOST_PROBES));
        try {
            for (var frame = socket.receive(); frame.isPresent(); frame = socket.receive()) {
                var at = frame.get().at();
                frame.flatMap(ReceivedFrame::arp)
                        .filter(probe -> limit.permits(at))
                        .ifPresent(probe -> events.accept(
                                new Event.ArpProbed(at, Ipv4Address.of(probe.targetAddress()), probe.senderMac())));
            }
        } catch (KernelException e) {
            supervisor.crash("reading ARP on the home link", e);
        }
    }

    /** The agent answers for it. */
    void announceAway(Ipv4Address homeAddress) {
        announce(homeAddress, homeLink.mac());
    }

    /** The mobile node answers for itself. */
    void announceHome(Ipv4Address homeAddress, MacAddress mac) {
        announce(homeAddress, mac);
    }

    private void announce(Ipv4Address homeAddress, MacAddress mac) {
        send(announcement(homeLink.mac(), homeAddress, mac));
    }

    /** {@code homeAddress} is at {@code mac}: so says {@code sender}. */
    static EthernetFrame announcement(MacAddress sender, Ipv4Address homeAddress, MacAddress mac) {
        return frame(ArpPacket.gratuitous(ArpPacket.REQUEST, mac, homeAddress.toInet()), sender, MacAddress.BROADCAST);
    }

    /** Tells {@code prober} that {@code homeAddress} is taken. */
    void answerProbe(Ipv4Address homeAddress, MacAddress prober) {
        var probe = ArpPacket.request(prober, Ipv4Address.UNSPECIFIED.toInet(), homeAddress.toInet());
        send(frame(ArpPacket.reply(probe, homeLink.mac()), homeLink.mac(), prober));
    }

    /** Its source is {@code sender}: with the mobile node's, switches would look for it at the agent's port. */
    private static EthernetFrame frame(ArpPacket arp, MacAddress sender, MacAddress destination) {
        return new EthernetFrame(
                destination, sender, EtherType.ARP, arp.toFrame(destination).payload());
    }

    private void send(EthernetFrame frame) {
        try {
            socket.send(frame);
        } catch (KernelException e) {
            log.warn("ARP not sent to={} reason={}", frame.destination(), e.getMessage());
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
