package org.mooring.home.daemon;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Stream;
import org.mooring.home.Action;
import org.mooring.home.Endpoint;
import org.mooring.home.Event;
import org.mooring.home.HomeAgent;
import org.mooring.home.MobileNode;
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
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.RevocationSupport;
import org.mooring.runtime.Failure;
import org.mooring.runtime.loop.AgentLoop;
import org.mooring.runtime.udp.UdpSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers a mobile node that there isn't, hands it over and brings it home, again and again, with a home agent of its own: with the core alone, and then by datagrams over the
 * loopback interface, with the kernel, the store and ARP. No packet leaves the machine, and nothing stays. The first real request of each kind finds the classes loaded and
 * the code compiled: on a cold JVM it would be answered some hundred milliseconds late.
 */
final class WarmUp {
    private static final Logger log = LoggerFactory.getLogger(HomeAgentProgram.class);

    private static final int ROUNDS = Integer.getInteger("mooring.warm-up-rounds", 200);
    private static final int ROUNDS_IN_FULL = Math.min(ROUNDS, 10);
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** The dummy address of RFC 7600 §6, which is nobody's. */
    static final Ipv4Address NOBODY = Ipv4Address.of("192.0.0.8");

    private static final Ipv4Address HOME_AGENT = Ipv4Address.of("127.0.0.1");
    private static final Ipv4Address FOREIGN_AGENT = Ipv4Address.of("127.0.0.2");
    private static final Ipv4Address NEXT_FOREIGN_AGENT = Ipv4Address.of("127.0.0.3");

    /** Of the documentation (RFC 5737): the kernel's tunnels take no end on the loopback interface. Nothing is sent there. */
    private static final Ipv4Address CARE_OF_ADDRESS = Ipv4Address.of("198.51.100.1");

    private static final Ipv4Address NEXT_CARE_OF_ADDRESS = Ipv4Address.of("198.51.100.2");
    private static final MacAddress MAC = MacAddress.of("02:00:00:00:00:01");

    /** Of 20 octets, to nobody. With such a lifetime, checksum and source it is forwarded nowhere. */
    private static final Octets PACKET = Octets.ofHex("45000014 00000000 01000000 7f000001 c0000008");

    private static final int LIFETIME = 300;
    private static final HandoverId HANDOVER = new HandoverId(0);

    private final SecurityAssociation association = new SecurityAssociation(
            256, new Key(Octets.of(new byte[16])), Algorithm.HMAC_MD5, SecurityAssociation.DEFAULT_TOLERANCE);
    private final Seal mobileHome = new Seal(Kind.MOBILE_HOME, association);
    private final Seal foreignHome = new Seal(Kind.FOREIGN_HOME, association);
    /** How messages come to the home agent. */
    private interface Way {
        Instant now();

        /** Returns when it has been answered. */
        void request(Ipv4Address from, Octets request) throws IOException;

        void hear(Octets message) throws IOException;

        void mark(Octets marker);
    }

    /**
     * Takes some hundred milliseconds.
     *
     * @param loop which nobody else uses
     * @param kernel which posts to {@code loop}
     * @param homeLinkArp of the loopback interface
     * @param store which nobody reads
     */
    void run(AgentLoop<Event, Action> loop, KernelForwarding kernel, HomeLinkArp homeLinkArp, BindingStore store)
            throws Failure {
        rehearse(loop.now());
        rehearseInFull(loop, kernel, homeLinkArp, store);
    }

    /** By the core alone, with everything done that it asks for. */
    private void rehearse(Instant now) {
        var core = new Core(homeAgent(), now);
        try {
            for (int i = 0; i < ROUNDS; i++) {
                round(core);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** By datagrams, with all that a daemon has. */
    private void rehearseInFull(
            AgentLoop<Event, Action> loop, KernelForwarding kernel, HomeLinkArp homeLinkArp, BindingStore store)
            throws Failure {
        try (var sockets = RegistrationSockets.loopback(loop, HOME_AGENT);
                var first = client(FOREIGN_AGENT);
                var next = client(NEXT_FOREIGN_AGENT)) {
            var homeAgent = homeAgent();
            var metrics = new HomeAgentMetrics(homeAgent);
            var executor = new ActionExecutor(loop, sockets, kernel, homeLinkArp, advertisement -> {}, store, metrics);
            loop.start(homeAgent::handle, action -> {
                if (action instanceof Action.Report report) {
                    log.trace("{}", report.fact().line());
                } else if (!leavesTheMachine(action)) {
                    try {
                        action.on(executor);
                    } catch (RejectedExecutionException e) {
                        log.trace("too late: nobody waits for it any more", e);
                    }
                }
            });
            var loopback = new Loopback(loop, sockets.local(), first, next);
            for (int i = 0; i < ROUNDS_IN_FULL; i++) {
                round(loopback);
            }
        } catch (SocketTimeoutException e) {
            log.debug("nothing came back over the loopback interface");
        } catch (IOException e) {
            log.warn("registrations will fail like this first attempt: {}", e.getMessage());
        } finally {
            kernel.clear(NOBODY);
            store.forget(NOBODY);
        }
    }

    private static boolean leavesTheMachine(Action action) {
        return action instanceof Action.SendMarker
                || action instanceof Action.TellAtHome
                || action instanceof Action.SendRevocationMessage;
    }

    private static DatagramSocket client(Ipv4Address address) throws IOException {
        var socket = new DatagramSocket(new InetSocketAddress(address.toInet(), 0));
        socket.setSoTimeout((int) PATIENCE.toMillis());
        return socket;
    }

    private HomeAgent homeAgent() {
        return new HomeAgent(
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
    }

    /** Away, to the next site, and home. */
    private void round(Way way) throws IOException {
        request(way, FOREIGN_AGENT, LIFETIME, CARE_OF_ADDRESS);
        request(way, NEXT_FOREIGN_AGENT, LIFETIME, NEXT_CARE_OF_ADDRESS, new Prepare(HANDOVER, LIFETIME));
        request(way, FOREIGN_AGENT, LIFETIME, CARE_OF_ADDRESS, new Arm());
        request(way, FOREIGN_AGENT, LIFETIME, CARE_OF_ADDRESS, new Commit(HANDOVER));
        request(way, NEXT_FOREIGN_AGENT, LIFETIME, NEXT_CARE_OF_ADDRESS);
        request(way, FOREIGN_AGENT, 0, NOBODY, new Prepare(HANDOVER, LIFETIME));
        request(way, NEXT_FOREIGN_AGENT, LIFETIME, NEXT_CARE_OF_ADDRESS, new Arm());
        way.hear(encoded(new Rescued(HANDOVER, 0, PACKET)));
        request(way, NEXT_FOREIGN_AGENT, LIFETIME, NEXT_CARE_OF_ADDRESS, new Commit(HANDOVER));
        way.hear(encoded(new End(HANDOVER, 1)));
        way.mark(encoded(new Marker(HANDOVER)));
        request(way, FOREIGN_AGENT, 0, NOBODY);
    }

    private void request(
            Way way, Ipv4Address from, int lifetime, Ipv4Address careOfAddress, HandoverExtension... handover)
            throws IOException {
        var now = way.now();
        var request = new RegistrationRequest(
                Flags.REVERSE_TUNNELING,
                lifetime,
                NOBODY,
                HOME_AGENT,
                careOfAddress,
                Identification.of(now),
                Stream.of(handover)
                        .map(extension -> extension.toExtension(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER))
                        .toList());
        var offer = RegistrationCodec.encode(List.of(new RevocationSupport(false, (int) now.getEpochSecond())));
        way.request(from, foreignHome.appendTo(Seal.encode(request, mobileHome).concat(offer)));
    }

    private static Octets encoded(HandoverMessage message) {
        return message.encode(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER);
    }

    /** Calls it, and says at once that everything is done that it asks for. */
    private static final class Core implements Way {
        private final HomeAgent homeAgent;
        private final HomeAgentMetrics metrics;
        private Instant now;

        Core(HomeAgent homeAgent, Instant now) {
            this.homeAgent = homeAgent;
            this.metrics = new HomeAgentMetrics(homeAgent);
            this.now = now;
        }

        @Override
        public Instant now() {
            now = now.plusMillis(1);
            return now;
        }

        @Override
        public void request(Ipv4Address from, Octets request) {
            handle(new Event.DatagramReceived(now, endpoint(from), HOME_AGENT, RegistrationCodec.decode(request)));
        }

        @Override
        public void hear(Octets message) {
            handle(new Event.HandoverMessageReceived(now, endpoint(NEXT_FOREIGN_AGENT), HOME_AGENT, message));
        }

        @Override
        public void mark(Octets marker) {
            handle(new Event.MarkerReceived(now, NOBODY, marker));
        }

        private static Endpoint endpoint(Ipv4Address address) {
            return new Endpoint(address, UdpSocket.REGISTRATION_PORT);
        }

        private void handle(Event event) {
            for (var action : homeAgent.handle(event)) {
                if (action instanceof Action.Forwarding) {
                    handle(new Event.ForwardingChanged(now, NOBODY));
                } else if (action instanceof Action.OpenRoom open) {
                    handle(new Event.RoomOpened(now, open, 0));
                } else if (action instanceof Action.SendReply reply) {
                    metrics.countReply(reply.wire());
                } else if (action instanceof Action.Report report) {
                    log.trace("{}", report.fact().line());
                } else if (action instanceof Action.Persist) {
                    handle(new Event.Persisted(now, NOBODY));
                }
            }
        }
    }

    /** By datagrams. */
    private record Loopback(
            AgentLoop<Event, Action> loop, InetSocketAddress homeAgent, DatagramSocket first, DatagramSocket next)
            implements Way {
        private static final int LONGEST_REPLY = 1500;

        @Override
        public Instant now() {
            return loop.now();
        }

        @Override
        public void request(Ipv4Address from, Octets request) throws IOException {
            var client = from.equals(FOREIGN_AGENT) ? first : next;
            send(client, request);
            var answer = new DatagramPacket(new byte[LONGEST_REPLY], LONGEST_REPLY);
            client.receive(answer);
            var reply = RegistrationCodec.decode(Octets.of(Arrays.copyOf(answer.getData(), answer.getLength())));
            boolean accepted = reply instanceof Decoded.Message message
                    && message.message() instanceof RegistrationReply answered
                    && answered.code().isAccepted();
            if (!accepted) {
                throw new IOException("reply=" + reply);
            }
        }

        @Override
        public void hear(Octets message) throws IOException {
            send(next, message);
        }

        @Override
        public void mark(Octets marker) {
            loop.post(new Event.MarkerReceived(now(), NOBODY, marker));
        }

        private void send(DatagramSocket from, Octets datagram) throws IOException {
            from.send(new DatagramPacket(datagram.toByteArray(), datagram.length(), homeAgent));
        }
    }
}
