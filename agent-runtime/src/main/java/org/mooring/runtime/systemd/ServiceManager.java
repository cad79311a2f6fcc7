package org.mooring.runtime.systemd;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the service manager how the daemon is doing: sd_notify(3), a datagram of {@code KEY=VALUE} lines to the socket
 * in {@code $NOTIFY_SOCKET}. Without that variable nobody listens, and nothing is sent.
 */
public final class ServiceManager {
    private static final Logger log = LoggerFactory.getLogger(ServiceManager.class);

    private final Optional<byte[]> socket;
    private final Optional<Duration> watchdogInterval;

    private ServiceManager(Optional<byte[]> socket, Optional<Duration> watchdogInterval) {
        this.socket = socket;
        this.watchdogInterval = watchdogInterval;
    }

    public static ServiceManager fromEnvironment(Map<String, String> environment) {
        Optional<byte[]> socket = Optional.ofNullable(environment.get("NOTIFY_SOCKET"))
                // '@' stands for the zero octet of Linux's abstract namespace.
                .map(path -> path.startsWith("@") ? '\0' + path.substring(1) : path)
                .map(path -> path.getBytes(StandardCharsets.UTF_8));
        String self = Long.toString(ProcessHandle.current().pid());
        Optional<Duration> watchdog = Optional.ofNullable(environment.get("WATCHDOG_USEC"))
                .filter(usec -> self.equals(environment.getOrDefault("WATCHDOG_PID", self)))
                .map(usec -> Duration.of(Long.parseLong(usec), ChronoUnit.MICROS));
        return new ServiceManager(socket, watchdog);
    }

    /** How long the watchdog waits for {@link #alive()} before it kills the program; empty if there is none. */
    public Optional<Duration> watchdogInterval() {
        return watchdogInterval;
    }

    public void ready() {
        send("READY=1");
    }

    public void reloading() {
        // Type=notify-reload asks for CLOCK_MONOTONIC, which is what nanoTime reads on Linux.
        send("RELOADING=1\nMONOTONIC_USEC=" + System.nanoTime() / 1_000);
    }

    public void stopping() {
        send("STOPPING=1");
    }

    public void alive() {
        send("WATCHDOG=1");
    }

    private void send(String state) {
        if (socket.isEmpty()) {
            return;
        }
        Epoll.ensureAvailability();
        byte[] octets = state.getBytes(StandardCharsets.UTF_8);
        ByteBuffer message = ByteBuffer.allocateDirect(octets.length).put(octets);
        Socket channel = Socket.newSocketDomainDgram();
        try {
            channel.sendToDomainSocket(message, 0, octets.length, socket.get());
        } catch (IOException e) {
            log.warn(
                    "service manager not told state={} reason={}",
                    state.lines().findFirst().orElse(""),
                    e.getMessage());
        } finally {
            close(channel);
        }
    }

    private static void close(Socket channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new AssertionError("a datagram socket has nothing to flush", e);
        }
    }
}
