package org.mooring.home.daemon;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.mooring.datapath.Encapsulation;
import org.mooring.home.Action;
import org.mooring.home.Endpoint;
import org.mooring.home.Event;
import org.mooring.home.HomeAgent;
import org.mooring.home.MobileNode;
import org.mooring.home.Peer;
import org.mooring.home.Policy;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.HandoverMessage.End;
import org.mooring.protocol.handover.HandoverMessage.Marker;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.runtime.udp.UdpSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers a mobile node that there isn't, again and again, hands it over and brings it home, with a home agent of its own, and sends nothing. The first real request after a
 * start finds the classes loaded and the code compiled: on a cold JVM it would be answered some hundred milliseconds late.
 */
final class WarmUp {
    private static final Logger log = LoggerFactory.getLogger(HomeAgentProgram.class);

    private static final int ROUNDS = 200;

    /** So many of them reach the kernel and the store. */
    private static final int IN_FULL = 10;

    /** The dummy address of RFC 7600 §6, which is nobody's. */
    private static final Ipv4Address NOBODY = Ipv4Address.of("192.0.0.8");

    private static final Ipv4Address HOME_AGENT = Ipv4Address.of("192.0.2.1");
    private static final Ipv4Address FOREIGN_AGENT = Ipv4Address.of("198.51.100.1");
    private static final Ipv4Address NEXT_FOREIGN_AGENT = Ipv4Address.of("198.51.100.2");
    private static final MacAddress MAC = MacAddress.of("02:00:00:00:00:01");

    /** Of 20 octets, from nobody to nobody. */
    private static final Octets PACKET = Octets.ofHex("45000014 00000000 40000000 c0000008 c0000008");

    private static final int LIFETIME = 300;
    private static final Peer NEXT_PEER = new Peer(NEXT_FOREIGN_AGENT, 0, Encapsulation.IPIP);
    private static final HandoverId HANDOVER = new HandoverId(0);

    private final SecurityAssociation association = new SecurityAssociation(
            256, new Key(Octets.of(new byte[16])), Algorithm.HMAC_MD5, SecurityAssociation.DEFAULT_TOLERANCE);
    private final HomeAgent homeAgent = new HomeAgent(
            new Policy(
                    HOME_AGENT,
                    Ipv4Address.of("192.0.2.255"),
                    LIFETIME,
                    1,
                    true,
                    ReverseTunnel.OPTIONAL,
                    HandoverExtension.DEFAULT_ENTERPRISE_NUMBER,
                    List.of(new MobileNode(NOBODY, Optional.of(MAC), List.of(association))),
                    Map.of(FOREIGN_AGENT, List.of(association), NEXT_FOREIGN_AGENT, List.of(association))),
            () -> 0);
    private final HomeAgentMetrics metrics = new HomeAgentMetrics(homeAgent);
    private final KernelForwarding kernel;
    private final BindingStore store;

    /**
     * @param kernel which nobody else uses yet
     * @param store which nobody else uses yet
     */
    WarmUp(KernelForwarding kernel, BindingStore store) {
        this.kernel = kernel;
        this.store = store;
    }

    /** Takes some hundred milliseconds. */
    void run(Instant now) {
        var at = now;
        for (int i = 0; i < ROUNDS; i++) {
            boolean inFull = i < IN_FULL;
            at = request(at, LIFETIME, FOREIGN_AGENT, inFull);
            at = request(at, LIFETIME, NEXT_FOREIGN_AGENT, inFull, new Prepare(HANDOVER, LIFETIME));
            at = request(at, LIFETIME, FOREIGN_AGENT, inFull, new Arm());
            at = request(at, LIFETIME, FOREIGN_AGENT, inFull, new Commit(HANDOVER));
            at = request(at, 0, NOBODY, inFull, new Prepare(HANDOVER, LIFETIME));
            hear(at, inFull, new Rescued(HANDOVER, 0, PACKET));
            at = request(at, LIFETIME, NEXT_FOREIGN_AGENT, inFull, new Commit(HANDOVER));
            hear(at, inFull, new End(HANDOVER, 1));
            handle(new Event.MarkerReceived(at, NOBODY, encoded(new Marker(HANDOVER))), inFull);
            at = request(at, 0, NOBODY, inFull);
        }
    }

    private Instant request(
            Instant before, int lifetime, Ipv4Address careOfAddress, boolean inFull, HandoverExtension... handover) {
        var at = before.plusMillis(1);
        var request = new RegistrationRequest(
                Flags.REVERSE_TUNNELING,
                lifetime,
                NOBODY,
                HOME_AGENT,
                careOfAddress,
                Identification.of(at),
                Stream.of(handover)
                        .map(extension -> extension.toExtension(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER))
                        .toList());
        var wire =
                Seal.encode(request, new Seal(Kind.MOBILE_HOME, association), new Seal(Kind.FOREIGN_HOME, association));
        var from = new Endpoint(lifetime == 0 ? FOREIGN_AGENT : careOfAddress, UdpSocket.REGISTRATION_PORT);
        handle(new Event.DatagramReceived(at, from, HOME_AGENT, RegistrationCodec.decode(wire)), inFull);
        return at;
    }

    private void hear(Instant at, boolean inFull, HandoverMessage message) {
        var from = new Endpoint(NEXT_FOREIGN_AGENT, UdpSocket.REGISTRATION_PORT);
        handle(new Event.HandoverMessageReceived(at, from, encoded(message)), inFull);
    }

    private static Octets encoded(HandoverMessage message) {
        return message.encode(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER);
    }

    private void handle(Event event, boolean inFull) {
        for (var action : homeAgent.handle(event)) {
            if (action instanceof Action.InstallForwarding install) {
                if (inFull) {
                    rehearse(install);
                }
                handle(new Event.ForwardingChanged(event.at(), NOBODY), inFull);
            } else if (action instanceof Action.Forwarding) {
                handle(new Event.ForwardingChanged(event.at(), NOBODY), inFull);
            } else if (action instanceof Action.OpenRoom open) {
                handle(new Event.RoomOpened(event.at(), open, 0), inFull);
            } else if (action instanceof Action.SendReply reply) {
                metrics.countReply(reply.wire());
            } else if (action instanceof Action.Report report) {
                log.trace("{}", report.fact().line());
            } else if (action instanceof Action.Persist persist) {
                if (inFull) {
                    store.rehearse(persist.record());
                }
                handle(new Event.Persisted(event.at(), NOBODY), inFull);
            }
        }
    }

    private void rehearse(Action.InstallForwarding install) {
        try {
            kernel.rehearse(install.homeAddress(), install.peers(), NEXT_PEER);
        } catch (IOException e) {
            log.warn("registrations will fail like this first attempt: {}", e.getMessage());
        }
    }
}
