package org.mooring.foreign.daemon;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.mooring.datapath.DatapathException;
import org.mooring.foreign.Action;
import org.mooring.foreign.Event;
import org.mooring.foreign.ForeignAgent;
import org.mooring.foreign.Policy;
import org.mooring.foreign.Visitor;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.HandoverMessage.End;
import org.mooring.protocol.handover.HandoverMessage.Marker;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.runtime.udp.UdpSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a visitor that there isn't, its handovers too, again and again, by a foreign agent of its own, and sends nothing. The first real request after a start
 * finds the classes loaded and the code compiled: on a cold JVM it would be relayed some hundred milliseconds late.
 */
final class WarmUp {
    private static final Logger log = LoggerFactory.getLogger(ForeignAgentProgram.class);

    private static final int VISITS = Integer.getInteger("mooring.warm-up-rounds", 150);

    /** For each visit, so that the first second of a flood isn't lost. */
    private static final int STRANGERS = 200;

    /** So many of them reach the kernel and the store. */
    private static final int IN_FULL = 5;

    /** The dummy address of RFC 7600 §6, which is nobody's. */
    private static final Ipv4Address NOBODY = Ipv4Address.of("192.0.0.8");

    private static final Ipv4Address HOME_AGENT = Ipv4Address.of("192.0.2.1");
    private static final Ipv4Address CARE_OF_ADDRESS = Ipv4Address.of("198.51.100.1");
    private static final Ipv4Address LINK_ADDRESS = Ipv4Address.of("198.51.100.2");
    private static final MacAddress MAC = MacAddress.of("02:00:00:00:00:01");
    private static final Octets DEVICE = Octets.ofHex("020000000001");
    private static final int TTL = 255;
    private static final int LIFETIME = 300;
    private static final HandoverId ID = new HandoverId(1);
    private static final Ipv4Address PREVIOUS = Ipv4Address.of("203.0.113.1");
    /** Of 20 octets, to nobody. With such a lifetime, checksum and source it is forwarded nowhere. */
    private static final Octets PACKET = Octets.ofHex("45000014 00000000 01000000 7f000001 c0000008");

    private static final Ipv4Address NEXT = Ipv4Address.of("203.0.113.2");

    private final SecurityAssociation association = new SecurityAssociation(
            256, new Key(Octets.of(new byte[16])), Algorithm.HMAC_MD5, SecurityAssociation.DEFAULT_TOLERANCE);
    private final Seal mobileHome = new Seal(Kind.MOBILE_HOME, association);
    private final Seal foreignHome = new Seal(Kind.FOREIGN_HOME, association);
    private final KernelForwarding kernel;
    private final VisitorStore store;
    private final VisitorLink link;
    private final ForeignAgent agent;
    private final TrafficCounters counters;

    /**
     * @param kernel which nobody else uses yet
     * @param store which nobody else uses yet
     */
    WarmUp(KernelForwarding kernel, VisitorStore store, VisitorLink link) {
        this.kernel = kernel;
        this.store = store;
        this.link = link;
        var policy = new Policy(
                CARE_OF_ADDRESS,
                Map.of(link.link().name(), LINK_ADDRESS),
                LIFETIME,
                2,
                1,
                HandoverExtension.DEFAULT_ENTERPRISE_NUMBER,
                true,
                Map.of(),
                Map.of(HOME_AGENT, List.of(association)));
        this.agent = new ForeignAgent(policy, () -> 0);
        this.counters = new TrafficCounters(agent);
    }

    /** Takes some hundred milliseconds. */
    void run(Instant now) {
        var at = now;
        var stations = new StationLimit(0);
        for (int i = 0; i < VISITS; i++) {
            boolean inFull = i < IN_FULL;
            long second = i;
            LongStream.range(0, STRANGERS).forEach(station -> stations.permits(station, second));
            at = visit(at.plusMillis(1), inFull);
        }
    }

    /** Each message that a visitor that comes from one site and goes to the next one has sent. */
    private Instant visit(Instant begin, boolean inFull) {
        var prepare = new HandoverExtension.Prepare(ID, LIFETIME);
        var previous = new HandoverExtension.Previous(PREVIOUS);
        var arm = new HandoverExtension.Arm();
        var staged = new HandoverExtension.Staged(ID, NEXT, 60);
        var commit = new HandoverExtension.Commit(ID);
        var at = begin;
        exchange(at, LIFETIME, inFull, Optional.of(prepare), Optional.of(previous));
        putInOrder(at, inFull);
        at = at.plusMillis(1);
        exchange(at, LIFETIME, inFull, Optional.empty(), Optional.empty());
        at = at.plusMillis(1);
        exchange(at, LIFETIME, inFull, Optional.of(arm), Optional.of(staged));
        at = at.plusMillis(1);
        exchange(at, LIFETIME, inFull, Optional.of(commit), Optional.empty());
        at = at.plusMillis(1);
        exchange(at, 0, inFull, Optional.empty(), Optional.empty());
        return at;
    }

    /** What the old site's hook and the home agent send beside registration. */
    private void putInOrder(Instant at, boolean inFull) {
        for (var message : List.of(new Rescued(ID, 0, PACKET), new End(ID, 1))) {
            handle(new Event.HandoverMessageReceived(at, PREVIOUS, encoded(message)), inFull);
        }
        handle(new Event.MarkerReceived(at, NOBODY, encoded(new Marker(ID))), inFull);
    }

    private static Octets encoded(HandoverMessage message) {
        return message.encode(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER);
    }

    private void exchange(
            Instant at,
            int lifetime,
            boolean inFull,
            Optional<HandoverExtension> asked,
            Optional<HandoverExtension> answered) {
        var extensions = new ArrayList<Extension>();
        extensions.add(DeviceId.ethernet(DEVICE));
        asked.ifPresent(
                extension -> extensions.add(extension.toExtension(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER)));
        var request = new RegistrationRequest(
                Flags.REVERSE_TUNNELING,
                lifetime,
                NOBODY,
                HOME_AGENT,
                CARE_OF_ADDRESS,
                Identification.of(at),
                extensions);
        link.request(frame(at, Seal.encode(request, mobileHome))).ifPresent(event -> handle(event, inFull));
        var reply = new RegistrationReply(
                ReplyCode.ACCEPTED, lifetime, NOBODY, HOME_AGENT, request.identification(), List.of());
        var message = Seal.encode(reply, mobileHome);
        var word = answered.map(extension -> extension.toExtension(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER))
                .map(extension -> RegistrationCodec.encode(List.of(extension)))
                .orElse(Octets.EMPTY);
        handle(
                new Event.ReplyReceived(
                        at, HOME_AGENT, RegistrationCodec.decode(foreignHome.appendTo(message.concat(word)))),
                inFull);
    }

    private ReceivedFrame frame(Instant at, Octets request) {
        var frame = new UdpPacket(
                        NOBODY.toInet(),
                        UdpSocket.REGISTRATION_PORT,
                        Ipv4Address.ALL_MOBILITY_AGENTS.toInet(),
                        UdpSocket.REGISTRATION_PORT,
                        TTL,
                        ByteBuffer.wrap(request.toByteArray()))
                .toIpv4()
                .toFrame(MAC, MAC);
        return new ReceivedFrame(link.link().index(), ReceivedFrame.Type.MULTICAST, at, true, frame.toOctets());
    }

    private void handle(Event event, boolean inFull) {
        for (var action : agent.handle(event)) {
            if (action instanceof Action.SendToVisitor reply) {
                link.frame(reply);
            } else if (action instanceof Action.Report report) {
                log.trace("{}", report.fact().text());
                counters.count(report.fact(), event.at());
            } else if (action instanceof Action.InstallVisitor install) {
                if (inFull) {
                    rehearse(install.visitor());
                }
                handle(new Event.VisitorInstalled(event.at(), install.visitor()), inFull);
            } else if (action instanceof Action.StageVisitor stage) {
                handle(new Event.VisitorStaged(event.at(), stage.staged()), inFull);
            } else if (action instanceof Action.OpenRoom open) {
                handle(new Event.RoomOpened(event.at(), open, 0), inFull);
            } else if (action instanceof Action.UnstageVisitor unstage) {
                handle(new Event.VisitorUnstaged(event.at(), unstage.homeAddress()), inFull);
            } else if (action instanceof Action.RedirectVisitor redirect) {
                handle(new Event.VisitorRedirected(event.at(), redirect.homeAddress(), redirect.id()), inFull);
            } else if (action instanceof Action.RemoveVisitor) {
                handle(new Event.VisitorRemoved(event.at(), NOBODY), inFull);
            } else if (action instanceof Action.StoreVisitor stored) {
                if (inFull) {
                    store.rehearse(stored.visitor());
                }
                handle(new Event.VisitorStored(event.at(), stored.visitor()), inFull);
            }
        }
    }

    private void rehearse(Visitor visitor) {
        try {
            kernel.rehearse(visitor, NEXT, PACKET);
        } catch (DatapathException e) {
            log.warn("registrations will fail like this first attempt: {}", e.getMessage());
        }
    }
}
