package org.mooring.hook.daemon;

import io.netty.buffer.Unpooled;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.mooring.linux.Ipv4;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.ArpPacket;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.AgentDiscoveryCodec;
import org.mooring.protocol.wire.AgentSolicitation;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;

/** The agents on a {@link KvmHost}'s link: they answer ARP by themselves, and requests as the test says. */
final class ScriptedAgents {
    static final MacAddress MAC = MacAddress.of("02:00:00:02:00:01");
    private static final long PATIENCE_SECONDS = 60;

    /** A request, and how it came. */
    record Heard(EthernetFrame frame, UdpPacket datagram, Decoded.Message received, RegistrationRequest request) {}

    private final KvmHost kvmHost;
    private final Map<Inet4Address, MacAddress> addresses = new ConcurrentHashMap<>();
    private final BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
    private final BlockingQueue<EthernetFrame> forwarded = new LinkedBlockingQueue<>();
    private final BlockingQueue<EthernetFrame> solicitations = new LinkedBlockingQueue<>();
    private volatile Answer answer = request -> {};

    /** What is done about each request. */
    interface Answer {
        void to(Heard request) throws Exception;
    }

    private ScriptedAgents(KvmHost kvmHost) {
        this.kvmHost = kvmHost;
    }

    static ScriptedAgents on(KvmHost kvmHost, String... addresses) {
        ScriptedAgents agents = new ScriptedAgents(kvmHost);
        for (String address : addresses) {
            agents.add(address, MAC);
        }
        Thread thread = new Thread(agents::listen, "agents");
        thread.setDaemon(true);
        thread.start();
        return agents;
    }

    /** One more of them, with a link-layer address of its own. */
    void add(String address, MacAddress mac) {
        addresses.put(Ipv4.address(address), mac);
    }

    /** An agent advertises itself on the link, to all. */
    void advertise(String address, AgentAdvertisement advertisement) throws KernelException {
        advertise(address, advertisement, Ipv4Address.ALL_SYSTEMS.toInet(), MacAddress.of("01:00:5e:00:00:01"));
    }

    /** An agent advertises itself to one station. */
    void advertise(String address, AgentAdvertisement advertisement, Inet4Address to, MacAddress mac)
            throws KernelException {
        ByteBuffer icmp =
                ByteBuffer.wrap(AgentDiscoveryCodec.encode(advertisement).toByteArray());
        kvmHost.linkSends(Ipv4Packet.of(Ipv4.address(address), to, Ipv4Packet.ICMP, 1, icmp)
                .toFrame(mac(Ipv4.address(address)), mac));
    }

    /** The next Agent Solicitation, as it came. */
    EthernetFrame solicitation() throws InterruptedException {
        EthernetFrame frame = solicitations.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (frame == null) {
            throw new AssertionError("nobody asked for an agent");
        }
        return frame;
    }

    /** Each request from now on gets this answer, retransmitted ones too: a slow machine may send some. */
    void answer(Answer how) {
        answer = how;
    }

    /** The home agent accepts each request from now on. */
    void accept(SecurityAssociation association) {
        answer(request -> reply(request, 0, request.request().lifetime(), association));
    }

    /** The next request; announcements before it are left out. */
    Heard request() throws InterruptedException {
        while (true) {
            if (next() instanceof Heard request) {
                return request;
            }
        }
    }

    /** The next that a guest says in its own name: a {@link Heard}, or an {@link ArpPacket}. */
    Object next() throws InterruptedException {
        Object next = heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("no request came");
        }
        return next;
    }

    /** Whether nobody has asked anything since. */
    boolean heardNothing() {
        return heard.isEmpty();
    }

    /** Nobody has asked anything yet. */
    void forget() {
        heard.clear();
    }

    /** The next request that satisfies {@code condition}. */
    Heard request(Predicate<RegistrationRequest> condition) throws InterruptedException {
        while (true) {
            Heard request = request();
            if (condition.test(request.request())) {
                return request;
            }
        }
    }

    /** The next frame that the agents are to forward. */
    EthernetFrame forwarded() throws InterruptedException {
        EthernetFrame frame = forwarded.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (frame == null) {
            throw new AssertionError("nothing came to be forwarded");
        }
        return frame;
    }

    void reply(Heard to, int code, int lifetime, SecurityAssociation association) throws Exception {
        reply(to, code, lifetime, to.request().identification(), association);
    }

    /** The reply says more than RFC 3344 has, to the hook. */
    void reply(Heard to, int code, int lifetime, SecurityAssociation association, List<Extension> saying)
            throws Exception {
        reply(to, code, lifetime, to.request().identification(), association, saying);
    }

    void reply(Heard to, int code, int lifetime, Identification identification, SecurityAssociation association)
            throws Exception {
        reply(to, code, lifetime, identification, association, List.of());
    }

    /** The reply comes from another home agent than the request named. */
    void replyAs(Ipv4Address homeAgent, Heard to, int code, int lifetime, SecurityAssociation association)
            throws Exception {
        reply(to, code, lifetime, homeAgent, to.request().identification(), association, List.of());
    }

    private void reply(
            Heard to,
            int code,
            int lifetime,
            Identification identification,
            SecurityAssociation association,
            List<Extension> saying)
            throws Exception {
        reply(to, code, lifetime, to.request().homeAgent(), identification, association, saying);
    }

    private void reply(
            Heard to,
            int code,
            int lifetime,
            Ipv4Address homeAgent,
            Identification identification,
            SecurityAssociation association,
            List<Extension> saying)
            throws Exception {
        RegistrationRequest request = to.request();
        Octets octets = Seal.encode(
                new RegistrationReply(
                        new ReplyCode(code), lifetime, request.homeAddress(), homeAgent, identification, saying),
                new Seal(Kind.MOBILE_HOME, association));
        // §3.7.2.3: to the home address, whatever the request's source.
        kvmHost.linkSends(new UdpPacket(
                        source(to),
                        Uplink.MOBILE_IP_PORT,
                        request.homeAddress().toInet(),
                        to.datagram().sourcePort(),
                        64,
                        ByteBuffer.wrap(octets.toByteArray()))
                .toIpv4()
                .toFrame(to.frame().destination(), to.frame().source()));
    }

    /** The address that was asked, or any of its own where all agents were. */
    private Inet4Address source(Heard to) {
        Inet4Address asked = to.datagram().destination();
        return asked.isMulticastAddress()
                ? addresses.entrySet().stream()
                        .filter(entry -> entry.getValue().equals(to.frame().destination()))
                        .map(Map.Entry::getKey)
                        .findAny()
                        .orElseThrow()
                : asked;
    }

    private void listen() {
        try {
            while (true) {
                hear(kvmHost.onLinkUntil(any -> true).get(0));
            }
        } catch (InterruptedException | AssertionError over) {
            // The test is over.
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private void hear(EthernetFrame frame) throws Exception {
        Optional<ArpPacket> arp = ArpPacket.parse(frame);
        if (arp.isPresent() && arp.get().isGratuitous()) {
            heard.add(arp.get());
        } else if (arp.isPresent() && asksForUs(arp.get())) {
            kvmHost.linkSends(ArpPacket.reply(arp.get(), mac(arp.get().targetAddress()))
                    .toFrame(arp.get().senderMac()));
        }
        Ipv4Packet.parse(frame)
                .filter(packet -> !addresses.containsKey(packet.destination()))
                .filter(packet -> addresses.containsValue(frame.destination()))
                .ifPresent(packet -> forwarded.add(frame));
        Ipv4Packet.parse(frame)
                .filter(packet -> packet.protocol() == Ipv4Packet.ICMP)
                .flatMap(packet -> AgentDiscoveryCodec.decode(Octets.copyOf(Unpooled.wrappedBuffer(packet.payload()))))
                .filter(AgentSolicitation.class::isInstance)
                .ifPresent(solicitation -> solicitations.add(frame));
        Ipv4Packet.parse(frame)
                .flatMap(UdpPacket::parse)
                .filter(datagram -> datagram.destinationPort() == Uplink.MOBILE_IP_PORT)
                .ifPresent(datagram -> hear(frame, datagram));
    }

    private void hear(EthernetFrame frame, UdpPacket datagram) {
        byte[] octets = new byte[datagram.payload().remaining()];
        datagram.payload().get(octets);
        if (RegistrationCodec.decode(Octets.of(octets)) instanceof Decoded.Message received
                && received.message() instanceof RegistrationRequest request) {
            Heard one = new Heard(frame, datagram, received, request);
            heard.add(one);
            try {
                answer.to(one);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    private boolean asksForUs(ArpPacket arp) {
        return arp.operation() == ArpPacket.REQUEST && addresses.containsKey(arp.targetAddress());
    }

    private MacAddress mac(Inet4Address address) {
        return Objects.requireNonNull(addresses.get(address), "no agent of ours");
    }
}
