package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import org.mooring.linux.KernelException;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.RawIpv4Socket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of tunnelled packets that arrived in fragments, or with options. The programs leave these to the kernel, which puts them
 * together; here they arrive whole, and are put on the agent's device, where a program takes them out of the tunnel as it does at an
 * uplink. The socket is open for as long as the agent lives: without one, the kernel would answer "protocol unreachable".
 */
final class SlowPath implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SlowPath.class);

    private final RawIpv4Socket socket;
    private final TunnelDevice device;

    private SlowPath(RawIpv4Socket socket, TunnelDevice device) {
        this.socket = socket;
        this.device = device;
    }

    static SlowPath open(Inet4Address address, TunnelDevice device) throws IOException {
        SlowPath path = new SlowPath(RawIpv4Socket.open(Ipv4Packet.IPIP, address), device);
        Thread thread = new Thread(path::forward, device.link().name() + "-slow-path");
        thread.setDaemon(true);
        thread.start();
        return path;
    }

    /** Sends a packet of the agent's own into a tunnel. */
    void send(Tunnel tunnel, ByteBuffer packet) throws KernelException {
        socket.send(tunnel.remote(), packet);
    }

    private void forward() {
        try {
            for (var packet = socket.receive(); packet.isPresent(); packet = socket.receive()) {
                device.tun().write(whole(packet.get()).toOctets());
            }
        } catch (IOException e) {
            // Closing ends in silence; after anything else, fragments are lost until the agent is started again.
            LOG.debug("slow path ended device={}", device.link().name(), e);
        }
    }

    /** Without options, which would bring it back to here. */
    private static Ipv4Packet whole(Ipv4Packet packet) {
        return new Ipv4Packet(
                packet.typeOfService(),
                packet.identification(),
                0,
                packet.ttl(),
                packet.protocol(),
                packet.source(),
                packet.destination(),
                packet.payload());
    }

    @Override
    public void close() {
        socket.close();
    }
}
