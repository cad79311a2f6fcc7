package org.mooring.home.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.home.daemon.HomeSite.CARE_OF_ADDRESS;
import static org.mooring.home.daemon.HomeSite.HOME_AGENT;
import static org.mooring.home.daemon.HomeSite.relayed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.linux.Flood;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;

/**
 * Forged requests come without end while a mobile node registers again and again.
 *
 * <p>{@code -Dflood.rate=100000 -Dflood.registrations=1000} is what docs/rfc3344.md tells of; it takes all that two processors have, so that
 * beside other tests there would be nothing left for the agent.
 */
@Tag("netns")
@Tag("alone")
@DisplayName("A flood of forged requests keeps nobody from registering")
@Timeout(value = 30, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
class FloodTest {
    /** Such a flood any machine can make. */
    private static final int DEFAULT_RATE = 10_000;

    /** Forged requests a second, if this machine can make so many. */
    private static final int RATE = Integer.getInteger("flood.rate", DEFAULT_RATE);

    private static final int REGISTRATIONS = Integer.getInteger("flood.registrations", 10);
    private static final int TRIES = 3;

    /** How often a mobile node may have to begin anew while the agent is being compiled, on a slow machine. */
    private static final int MOST_ROUNDS = 60;

    /** RFC 3344 §3.6.3: until a request is sent again. */
    private static final int RETRANSMISSION_MS = 1000;

    /** The heap that it may have, and what a JVM needs beside it. */
    private static final long MOST_MEMORY_KIB = 512 << 10;

    private static final Ipv4Address ANY = Ipv4Address.UNSPECIFIED;

    private HomeSite site;

    @TempDir
    private Path directory;

    @BeforeEach
    void raise() throws Exception {
        site = new HomeSite(directory);
        // Strict filters let anything pass that the default route leads back to.
        site.router().exec("ip", "route", "add", "default", "via", CARE_OF_ADDRESS.toString());
    }

    @AfterEach
    void tearDown() {
        site.close();
    }

    /** What the forgeries look like. */
    enum Forgery {
        /** Of mobile nodes that nobody knows. */
        OF_STRANGERS,
        /** Of the mobile node that registers, and up to date. */
        OF_A_MOBILE_NODE,
        /** The same, as if relayed by the very foreign agent. */
        BY_ITS_FOREIGN_AGENT;

        UdpPacket datagram(HomeSite site, int number) {
            var request = site.request(300, CARE_OF_ADDRESS);
            var forged =
                    this == OF_STRANGERS ? request.withHomeAddress(Ipv4Address.of("10.1.0." + (60 + number))) : request;
            boolean inItsName = this == BY_ITS_FOREIGN_AGENT;
            return new UdpPacket(
                    (inItsName ? CARE_OF_ADDRESS : ANY).toInet(),
                    inItsName ? 434 : 0,
                    HOME_AGENT.toInet(),
                    434,
                    64,
                    ByteBuffer.wrap(relayed(forged).toByteArray()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void registers(Forgery forgery) throws Exception {
        site.optionsAsInstalled();
        var program = site.start();
        var device =
                site.foreignAgent().exec("cat", "/sys/class/net/eth/address").strip();
        var router = site.router().exec("cat", "/sys/class/net/wan/address").strip();
        assertEquals(1, register());

        int[] tries;
        long rate;
        try (var flood = Flood.start(
                site.foreignAgent(),
                "eth",
                RATE,
                frames(forgery, MacAddress.of(device), MacAddress.of(router)),
                directory)) {
            // The agent's first seconds go into being compiled, where others use the processors too.
            int rounds = 0;
            do {
                assertTrue(program.isAlive() && rounds++ < MOST_ROUNDS, site::log);
            } while (register() > TRIES);
            tries = IntStream.range(0, REGISTRATIONS).map(i -> register()).toArray();
            long forged = flood.stop();
            assertTrue(forged > 0, "nothing was forged");
            rate = flood.rate();
        }
        long succeeded = Arrays.stream(tries).filter(count -> count <= TRIES).count();
        System.out.printf(
                "%s: %,d forged requests a second, %d of %d registered, %d at once, with %s%n",
                forgery,
                rate,
                succeeded,
                REGISTRATIONS,
                Arrays.stream(tries).filter(count -> count == 1).count(),
                memory(program));

        assertTrue(RATE != DEFAULT_RATE || 5 * rate >= RATE, "only " + rate + " forged requests a second");
        assertTrue(100 * succeeded >= 99L * REGISTRATIONS, () -> "tries: " + Arrays.toString(tries));
        assertTrue(program.isAlive(), site::log);
        assertTrue(memoryKib(program) < MOST_MEMORY_KIB, () -> memory(program));
        assertEquals(1, site.bindings().size());
    }

    private static String memory(Process program) {
        return memoryKib(program) / 1024 + " MiB";
    }

    /** The most that it has had. */
    private static long memoryKib(Process program) {
        try {
            return Files.readAllLines(Path.of("/proc/" + program.pid() + "/status")).stream()
                    .filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many requests it took; one more than is permitted if it was in vain. */
    private int register() {
        try {
            return site.foreignAgent().run(() -> {
                try (var socket = new DatagramSocket(new InetSocketAddress(CARE_OF_ADDRESS.toInet(), 434))) {
                    socket.setSoTimeout(RETRANSMISSION_MS);
                    for (int tries = 1; tries <= TRIES; tries++) {
                        var request = site.request(300, CARE_OF_ADDRESS);
                        var octets = relayed(request).toByteArray();
                        socket.send(new DatagramPacket(
                                octets, octets.length, new InetSocketAddress(HOME_AGENT.toInet(), 434)));
                        if (isAccepted(socket, request.identification())) {
                            return tries;
                        }
                    }
                    return TRIES + 1;
                }
            });
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Whether the reply comes; there are denials of forgeries among what comes. */
    private static boolean isAccepted(DatagramSocket socket, Identification identification) throws Exception {
        var until = Instant.now().plusMillis(RETRANSMISSION_MS);
        var packet = new DatagramPacket(new byte[1500], 1500);
        while (Instant.now().isBefore(until)) {
            try {
                socket.receive(packet);
            } catch (SocketTimeoutException nothingCame) {
                return false;
            }
            if (RegistrationCodec.decode(Octets.of(Arrays.copyOf(packet.getData(), packet.getLength())))
                            instanceof Decoded.Message message
                    && message.message() instanceof RegistrationReply reply
                    && reply.code().isAccepted()
                    && reply.identification().equals(identification)) {
                return true;
            }
        }
        return false;
    }

    private List<EthernetFrame> frames(Forgery forgery, MacAddress from, MacAddress to) {
        return IntStream.range(0, 32)
                .mapToObj(number -> forgery.datagram(site, number).toIpv4().toFrame(from, to))
                .toList();
    }
}
