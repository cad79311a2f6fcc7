package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.linux.Flood;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
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
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.runtime.control.ControlClient;

/**
 * What a home agent and another site's hook could say comes without end to a host that is its guest's tunnel's end, all of it forged, in the home
 * agent's name, while the guest is registered and its short registration is renewed in time. {@code -Dflood.rate} and
 * {@code -Dflood.registrations} are as for the home agent.
 */
@Tag("netns")
@Tag("alone")
@DisplayName("A flood of forged messages to a co-located care-of address keeps no guest from being registered")
class FloodTest {
    private static final int RATE = Integer.getInteger("flood.rate", 10_000);
    private static final int REGISTRATIONS = Integer.getInteger("flood.registrations", 5);
    private static final int FORGED = 1000;

    /** In seconds. Three requests have time in it: after that the guest is unreachable, and the hook says so. */
    private static final int LIFETIME = 8;

    private static final long MOST_MEMORY_KIB = 512 << 10;
    private static final int MOST_LINES = 100;

    private static final Inet4Address HOME_AGENT = Ipv4Address.of("10.1.0.1").toInet();
    private static final Inet4Address CARE_OF = Ipv4Address.of("10.2.0.10").toInet();
    private static final Ipv4Address GUEST = Ipv4Address.of("10.1.0.50");
    private static final SecurityAssociation ASSOCIATION = new SecurityAssociation(
            256,
            new Key(Octets.ofHex("00112233445566778899aabbccddeeff")),
            Algorithm.HMAC_MD5,
            SecurityAssociation.DEFAULT_TOLERANCE);

    /** What the forgeries look like. The last 16 octets of each frame are others each time. */
    enum Forgery {
        /** Registration Replies, with authenticators that are made up. */
        REPLIES {
            @Override
            Ipv4Packet packet(int number) {
                var reply = reply(Identification.of(Instant.now().plusMillis(number)));
                return datagram(CARE_OF, Seal.encode(reply, new Seal(Kind.MOBILE_HOME, ASSOCIATION)));
            }
        },
        /** What a hook that the guest has left would send. */
        HANDOVER_MESSAGES {
            @Override
            Ipv4Packet packet(int number) {
                var id = new HandoverId(number);
                var message = number % 2 == 0
                        ? new HandoverMessage.Rescued(id, number, Octets.of(new byte[64]))
                        : new HandoverMessage.End(id, number);
                return datagram(CARE_OF, encoded(message));
            }
        },
        /** What the home agent would send to the end of its tunnel. */
        MARKERS {
            @Override
            Ipv4Packet packet(int number) {
                var inner = datagram(GUEST.toInet(), encoded(new HandoverMessage.Marker(new HandoverId(number))));
                return Ipv4Packet.of(HOME_AGENT, CARE_OF, Ipv4Packet.IPIP, 64, inner.toOctets());
            }
        };

        abstract Ipv4Packet packet(int number);

        /** With octets behind the packet, which are no part of it, for a message that has none to be changed. */
        EthernetFrame frame(int number, MacAddress host) {
            var frame = packet(number).toFrame(ScriptedAgents.MAC, host);
            int spare = this == REPLIES ? 0 : 16;
            var payload = ByteBuffer.allocate(frame.payload().remaining() + spare)
                    .put(frame.payload())
                    .rewind();
            return new EthernetFrame(frame.destination(), frame.source(), frame.etherType(), payload);
        }

        private static Octets encoded(HandoverMessage message) {
            return message.encode(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER);
        }
    }

    @TempDir
    private Path directory;

    private KvmHost kvmHost;
    private final BlockingQueue<Identification> asked = new LinkedBlockingQueue<>();
    private DatagramSocket homeAgent;

    @BeforeEach
    void raise() throws Exception {
        kvmHost = KvmHost.create();
        kvmHost.host.exec("sysctl", "-qw", "net.ipv4.ip_forward=1");
        kvmHost.host.exec("ip", "route", "add", "default", "via", "10.2.0.1", "dev", "br0");
        kvmHost.router.exec("ip", "address", "add", "10.2.0.1/24", "dev", "lan");
        kvmHost.router.exec("ip", "address", "add", HOME_AGENT.getHostAddress() + "/32", "dev", "lo");
        homeAgent =
                kvmHost.router.run(() -> new DatagramSocket(new InetSocketAddress(HOME_AGENT, Uplink.MOBILE_IP_PORT)));
        var answering = new Thread(this::answer, "home-agent");
        answering.setDaemon(true);
        answering.start();
        Files.createDirectory(directory.resolve("guests"));
    }

    @AfterEach
    void tearDown() {
        homeAgent.close();
        kvmHost.close();
    }

    @ParameterizedTest
    @EnumSource
    void registers(Forgery forgery) throws Exception {
        var host = MacAddress.of(
                kvmHost.host.exec("cat", "/sys/class/net/br0/address").strip());
        var config = SecretFile.write(directory.resolve("guest-hook.toml"), HookConfigTest.CO_LOCATED);
        var frames = IntStream.range(0, FORGED)
                .mapToObj(number -> forgery.frame(number, host))
                .toList();
        try (var hook = HookProcess.start(kvmHost.host, "run", "--config", config.toString())) {
            hook.awaitLine("ready");
            try (var flood = Flood.start(kvmHost.router, "lan", RATE, frames, directory)) {
                control().post("/guests/web/events", Map.of("phase", "running", "tap", "tap0"));
                hook.awaitLine("registration accepted guest=web home=10.1.0.50 care-of=10.2.0.10");
                for (int i = 0; i < REGISTRATIONS; i++) {
                    assertNotNull(
                            asked.poll(60, TimeUnit.SECONDS), () -> hook.lines().toString());
                }
                assertTrue(flood.stop() > 0, "nothing was forged");
                System.out.printf(
                        "%s: %,d forged messages a second, registered for the time of %d requests, with %d MiB%n",
                        forgery, flood.rate(), REGISTRATIONS, hook.memoryKib() / 1024);
            }
            assertTrue(
                    hook.lines().stream().noneMatch(line -> line.contains("lapsed")),
                    () -> hook.lines().toString());
            assertTrue(hook.lines().size() < MOST_LINES, () -> hook.lines().toString());
            assertTrue(hook.memoryKib() < MOST_MEMORY_KIB, hook.memoryKib() + " KiB");
        }
    }

    /** The home agent's part. */
    private void answer() {
        var packet = new DatagramPacket(new byte[1500], 1500);
        try {
            while (true) {
                packet.setLength(1500);
                homeAgent.receive(packet);
                if (RegistrationCodec.decode(Octets.of(Arrays.copyOf(packet.getData(), packet.getLength())))
                                instanceof Decoded.Message message
                        && message.message() instanceof RegistrationRequest request) {
                    asked.add(request.identification());
                    var reply = Seal.encode(reply(request.identification()), new Seal(Kind.MOBILE_HOME, ASSOCIATION))
                            .toByteArray();
                    homeAgent.send(new DatagramPacket(reply, reply.length, packet.getSocketAddress()));
                }
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private ControlClient control() {
        return new ControlClient("guest-hook", directory.resolve("hook.sock"), Duration.ofSeconds(30));
    }

    private static RegistrationReply reply(Identification identification) {
        return new RegistrationReply(
                ReplyCode.ACCEPTED, LIFETIME, GUEST, Ipv4Address.of(HOME_AGENT), identification, List.of());
    }

    private static Ipv4Packet datagram(Inet4Address to, Octets message) {
        return new UdpPacket(
                        HOME_AGENT,
                        Uplink.MOBILE_IP_PORT,
                        to,
                        Uplink.MOBILE_IP_PORT,
                        64,
                        ByteBuffer.wrap(message.toByteArray()))
                .toIpv4();
    }
}
