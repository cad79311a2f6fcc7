package org.mooring.runtime.udp;

import java.util.Optional;
import java.util.function.Consumer;
import org.mooring.linux.KernelException;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.RawIpv4Socket;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.Failure;
import org.mooring.runtime.loop.AgentLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens for ICMP errors about what was sent from an address. A UDP socket only hears of them when it is connected to
 * one peer, and an agent's talks to many; so a raw socket takes them, on a thread of its own. Needs CAP_NET_RAW.
 */
public final class IcmpErrors implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(IcmpErrors.class);

    private final RawIpv4Socket socket;

    private IcmpErrors(RawIpv4Socket socket) {
        this.socket = socket;
    }

    /**
     * Listens.
     *
     * @param receiver called on the loop's thread
     * @throws Failure if the kernel refuses
     */
    public static IcmpErrors listen(AgentLoop<?, ?> loop, Ipv4Address local, Consumer<IcmpError> receiver)
            throws Failure {
        RawIpv4Socket socket;
        try {
            socket = RawIpv4Socket.open(Ipv4Packet.ICMP, local.toInet());
        } catch (KernelException e) {
            throw new Failure(String.valueOf(e.getMessage()), e);
        }
        Thread thread = new Thread(() -> forward(socket, loop, receiver), "icmp-" + local);
        thread.setDaemon(true);
        thread.start();
        return new IcmpErrors(socket);
    }

    private static void forward(RawIpv4Socket socket, AgentLoop<?, ?> loop, Consumer<IcmpError> receiver) {
        try {
            for (var packet = socket.receive(); packet.isPresent(); packet = socket.receive()) {
                Optional<IcmpError> error = IcmpError.parse(loop.now(), packet.get());
                error.ifPresent(found -> loop.execute(() -> receiver.accept(found)));
            }
        } catch (KernelException e) {
            log.error("ICMP errors are not heard any more reason={}", e.getMessage());
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
