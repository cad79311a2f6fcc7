package org.mooring.runtime.udp;

import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.Failure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sockets of their own for the peers that are known, beside the one that takes what comes from anybody: a flood from elsewhere keeps no word of
 * theirs from being heard. Confined to the thread that follows the configuration.
 */
public final class PeerSockets implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PeerSockets.class);

    /** Each is one comparison for each datagram that comes. */
    private static final int MOST = 64;

    private final UdpSocket shared;
    private final Consumer<Datagram> receiver;
    private final Map<Ipv4Address, UdpSocket> sockets = new HashMap<>();

    public PeerSockets(UdpSocket shared, Consumer<Datagram> receiver) {
        this.shared = shared;
        this.receiver = receiver;
    }

    /** These are the peers from now on. One to which there is no way yet is heard with all others. */
    public void follow(Set<Ipv4Address> peers) {
        var gone = sockets.keySet().stream()
                .filter(known -> !peers.contains(known))
                .toList();
        gone.forEach(peer -> Objects.requireNonNull(sockets.remove(peer)).close());
        for (var peer : peers) {
            if (!sockets.containsKey(peer) && sockets.size() < MOST) {
                open(peer);
            }
        }
    }

    private void open(Ipv4Address peer) {
        var address = new InetSocketAddress(peer.toInet(), UdpSocket.REGISTRATION_PORT);
        try {
            sockets.put(peer, shared.alsoFrom(address, receiver));
        } catch (Failure e) {
            log.debug("no socket of its own for {}: {}", peer, e.getMessage());
        }
    }

    @Override
    public void close() {
        sockets.values().forEach(UdpSocket::close);
    }
}
