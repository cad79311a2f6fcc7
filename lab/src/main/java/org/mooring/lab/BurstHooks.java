package org.mooring.lab;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.netlink.Link;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.PacketSocket.Option;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.RepeatedRequest;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.runtime.udp.UdpSocket;

/** Sends what the hooks of many guests at one site send, to the site's foreign agent, and takes what is answered. */
final class BurstHooks implements AutoCloseable {
    private static final int TTL = 255;

    /** Requests that are out at once where there is time. */
    private static final int AT_ONCE = 16;

    /** When a hook sends a COMMIT again that isn't answered yet, after it was first sent (docs/handover.md, "Timers"). */
    private static final List<Duration> AGAIN = List.of(Duration.ofMillis(30), Duration.ofMillis(100));

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final int TRIES = 3;

    /**
     * What is sent for a guest, and how its reply is known.
     *
     * @param again what is sent where that isn't answered at once
     */
    record Request(Ipv4Address homeAddress, Identification identification, EthernetFrame frame, EthernetFrame again) {}

    private final Map<Ipv4Address, Request> unanswered = new ConcurrentHashMap<>();

    /** Whose replies accept nothing. */
    private final Map<Ipv4Address, ReplyCode> denied = new ConcurrentHashMap<>();

    private final Site site;
    private final PacketSocket socket;

    /**
     * @param namespace of a host at the site
     * @param device of that host, to the site's link
     */
    BurstHooks(Site site, Namespace namespace, String device) {
        this.site = site;
        socket = namespace.call(() -> {
            try (Netlink netlink = Netlink.open()) {
                Interface link = netlink.links().find(device).map(Link::device).orElseThrow();
                return PacketSocket.open(link, PacketFilter.udpTo(UdpSocket.REGISTRATION_PORT), Option.DEEP_BUFFER);
            }
        });
        Session.daemon("hooks at " + site, this::listen);
    }

    /** As the guest itself would send it: it runs here, or has until just now. */
    Request ofGuest(BurstGuest guest, Instant dated, HandoverExtension... handover) {
        return request(guest, guest.address().toInet(), guest.mac(), dated, handover);
    }

    /** As the host sends it while the guest is elsewhere. */
    Request ofHost(BurstGuest guest, Instant dated, HandoverExtension... handover) {
        return request(guest, Site.address(site.hostAddress()), MacAddress.of(site.hostMac()), dated, handover);
    }

    private Request request(
            BurstGuest guest, Inet4Address source, MacAddress mac, Instant dated, HandoverExtension... handover) {
        var identification = Identification.of(dated);
        Octets request = guest.request(identification, site, handover);
        return new Request(
                guest.address(),
                identification,
                frame(source, mac, request),
                frame(source, mac, RepeatedRequest.encode(request, HandoverExtension.DEFAULT_ENTERPRISE_NUMBER)));
    }

    private EthernetFrame frame(Inet4Address source, MacAddress mac, Octets message) {
        return new UdpPacket(
                        source,
                        UdpSocket.REGISTRATION_PORT,
                        Site.address(site.foreignAgentAddress()),
                        UdpSocket.REGISTRATION_PORT,
                        TTL,
                        ByteBuffer.wrap(message.toByteArray()))
                .toIpv4()
                .toFrame(mac, MacAddress.of(site.routerMac()));
    }

    /**
     * Asks for each guest, a few at a time, and as hooks do once more where agents are too slow.
     *
     * @throws LabException unless all is accepted
     */
    void ask(List<BurstGuest> guests, Function<BurstGuest, Request> request) {
        var left = guests;
        for (int tries = 0; tries < TRIES && !left.isEmpty(); tries++) {
            denied.clear();
            for (BurstGuest guest : left) {
                Await.until("the agents answer hooks at " + site, PATIENCE, () -> unanswered.size() < AT_ONCE);
                send(request.apply(guest));
            }
            Await.until("the agents have answered all hooks at " + site, PATIENCE, unanswered::isEmpty);
            left = left.stream()
                    .filter(guest -> denied.containsKey(guest.address()))
                    .toList();
        }
        if (!left.isEmpty()) {
            throw new LabException("requests of hooks at " + site + " were denied: " + denied);
        }
    }

    /** Sends all of these at once, and again as hooks do. Returns how many were accepted in the end. */
    int burst(List<Request> requests) {
        denied.clear();
        long began = Clock.now();
        requests.forEach(this::send);
        for (Duration again : AGAIN) {
            Clock.sleepUntil(began + again.toNanos());
            List.copyOf(unanswered.values()).forEach(request -> send(request.again()));
        }
        for (long end = began + PATIENCE.toNanos(); !unanswered.isEmpty() && Clock.now() < end; ) {
            Clock.sleep(Duration.ofMillis(10));
        }
        int accepted = requests.size() - unanswered.size() - denied.size();
        unanswered.clear();
        return accepted;
    }

    private void send(Request request) {
        unanswered.put(request.homeAddress(), request);
        send(request.frame());
    }

    private void send(EthernetFrame frame) {
        try {
            socket.send(frame);
        } catch (KernelException e) {
            throw new LabException("hooks at " + site, e);
        }
    }

    private void listen() {
        try {
            for (var frame = socket.receive(); frame.isPresent(); frame = socket.receive()) {
                hear(frame.get());
            }
        } catch (KernelException e) {
            throw new LabException("hooks at " + site, e);
        }
    }

    private void hear(ReceivedFrame frame) {
        frame.udp()
                .map(datagram -> RegistrationCodec.decode(Octets.copyOf(datagram.payload())))
                .filter(Decoded.Message.class::isInstance)
                .map(decoded -> ((Decoded.Message) decoded).message())
                .filter(RegistrationReply.class::isInstance)
                .map(RegistrationReply.class::cast)
                .ifPresent(this::answered);
    }

    /** A denial may have another high half (RFC 3344 §5.7.1). */
    private void answered(RegistrationReply reply) {
        Request request = unanswered.get(reply.homeAddress());
        if (request != null
                && request.identification().low() == reply.identification().low()) {
            if (!reply.code().isAccepted()) {
                denied.put(reply.homeAddress(), reply.code());
            }
            unanswered.remove(reply.homeAddress());
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
