package org.mooring.hook.daemon;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Consumer;
import org.mooring.datapath.DatapathException;
import org.mooring.datapath.Demands;
import org.mooring.hook.Action;
import org.mooring.hook.Action.SendKeepalive;
import org.mooring.hook.Action.SendRequest;
import org.mooring.hook.Event;
import org.mooring.hook.Guest;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.Failure;
import org.mooring.runtime.loop.AgentLoop;
import org.mooring.runtime.udp.UdpSocket;

/**
 * What makes this host the end of its visitors' tunnels: their forwarding in the kernel, and UDP port 434 of the care-of address, from
 * which requests leave, and where replies, RESCUED and END arrive.
 */
record CoLocatedSite(KernelForwarding forwarding, UdpSocket socket) implements AutoCloseable {
    /** As much as one hook rescues at once: 16,384 packets, in fragments each. */
    private static final int RECEIVE_BUFFER = 24 << 20;

    /**
     * Begins.
     *
     * @param demands of the guests that may come
     * @param present the visitors that run here
     * @param received is given what arrives at the care-of address, on the loop's thread
     */
    static CoLocatedSite open(
            CoLocatedConfig config,
            Demands demands,
            String bridge,
            List<Guest> present,
            AgentLoop<Event, Action> loop,
            Consumer<Octets> received)
            throws IOException, Failure {
        UdpSocket socket = UdpSocket.bind(
                loop,
                config.careOfAddress(),
                UdpSocket.REGISTRATION_PORT,
                RECEIVE_BUFFER,
                datagram -> received.accept(datagram.payload()));
        try {
            KernelForwarding forwarding = KernelForwarding.open(
                    config,
                    demands,
                    bridge,
                    socket,
                    present,
                    new WaitingPackets(loop),
                    loop.worker("kernel"),
                    loop::now);
            return new CoLocatedSite(forwarding, socket);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    void send(SendRequest request, Octets octets) {
        socket.send(new InetSocketAddress(request.agent().toInet(), UdpSocket.REGISTRATION_PORT), octets);
    }

    void send(SendKeepalive keepalive) {
        socket.send(
                new InetSocketAddress(keepalive.homeAgent().toInet(), UdpSocket.REGISTRATION_PORT),
                keepalive.message());
    }

    @Override
    public void close() throws DatapathException {
        forwarding.close();
        socket.close();
    }
}
