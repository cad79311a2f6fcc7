package org.mooring.migrator.host;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.RawIpv4Socket;

/**
 * Asks an agent whether tunnelled packets reach it (RFC 2003): an ordinary echo request from here to the agent, encapsulated once more from
 * here to the agent. It takes the outer header off and its kernel answers what is inside. Changes nothing anywhere.
 */
record TunnelPing(Inet4Address agent) {
    private static final int ECHO_REQUEST = 8;
    private static final int ECHO_REPLY = 0;
    private static final int ECHO_HEADER = 8;
    private static final int TTL = 64;
    private static final int ATTEMPTS = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /**
     * Asks up to three times, and waits a second for each answer.
     *
     * @param length of the tunnelled packet, both headers included; the kernel doesn't let it be fragmented on its way
     * @return how long the answer took, or empty if there was none
     */
    Optional<Duration> send(int length) throws IOException {
        Inet4Address here = source();
        int identifier = ThreadLocalRandom.current().nextInt(1 << 16);
        CompletableFuture<Long> answered = new CompletableFuture<>();
        try (RawIpv4Socket answers = RawIpv4Socket.open(Ipv4Packet.ICMP, here);
                RawIpv4Socket tunnel = RawIpv4Socket.open(Ipv4Packet.IPIP, here)) {
            Thread reader = new Thread(() -> await(answers, identifier, answered), "tunnel ping");
            reader.setDaemon(true);
            reader.start();
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                long sent = System.nanoTime();
                tunnel.send(agent, request(here, identifier, attempt, length).toOctets());
                try {
                    long arrived = answered.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                    return Optional.of(Duration.ofNanos(arrived - sent));
                } catch (TimeoutException again) {
                    // The next one, then.
                }
            }
            return Optional.empty();
        } catch (ExecutionException e) {
            throw new IOException("cannot hear ICMP answers: " + Failures.reason(e), e);
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts this thread", e);
        }
    }

    private Inet4Address source() throws IOException {
        try (DatagramSocket socket =
                new DatagramSocket(new InetSocketAddress(Inet4Address.getByAddress(new byte[4]), 0))) {
            // Connecting a datagram socket sends nothing, but has the kernel look for the way.
            socket.connect(new InetSocketAddress(agent, 434));
            if (socket.getLocalAddress() instanceof Inet4Address here) {
                return here;
            }
            throw new IOException("no IPv4 way to " + agent.getHostAddress());
        }
    }

    private Ipv4Packet request(Inet4Address here, int identifier, int sequence, int length) {
        ByteBuffer echo = ByteBuffer.allocate(length - 2 * Ipv4Packet.HEADER_LENGTH);
        echo.put((byte) ECHO_REQUEST)
                .put((byte) 0)
                .putShort((short) 0)
                .putShort((short) identifier)
                .putShort((short) sequence);
        echo.clear();
        echo.putShort(2, (short) Checksum.of(echo));
        return Ipv4Packet.of(here, agent, Ipv4Packet.ICMP, TTL, echo);
    }

    private void await(RawIpv4Socket answers, int identifier, CompletableFuture<Long> answered) {
        try {
            Optional<Ipv4Packet> packet = answers.receive();
            while (packet.isPresent() && !answered.isDone()) {
                if (isAnswer(packet.get(), identifier)) {
                    answered.complete(System.nanoTime());
                }
                packet = answers.receive();
            }
        } catch (IOException e) {
            answered.completeExceptionally(e);
        }
    }

    private boolean isAnswer(Ipv4Packet packet, int identifier) {
        ByteBuffer echo = packet.payload();
        return packet.source().equals(agent)
                && echo.remaining() >= ECHO_HEADER
                && echo.get(0) == ECHO_REPLY
                && (echo.getShort(4) & 0xffff) == identifier;
    }

    static int shortest() {
        return 2 * Ipv4Packet.HEADER_LENGTH + ECHO_HEADER;
    }
}
