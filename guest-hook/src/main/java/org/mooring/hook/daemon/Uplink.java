package org.mooring.hook.daemon;

import java.util.Optional;
import java.util.function.Consumer;
import org.mooring.linux.Errno;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.runtime.Failure;
import org.mooring.runtime.Supervisor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bridge's port towards the routers: frames leave through it as the guest's or this host's own, and what agents say
 * is taken from it on its way to the guests.
 */
final class Uplink implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Uplink.class);

    static final int MOBILE_IP_PORT = 434;

    /** ICMP's type. */
    private static final int ADVERTISEMENT = 9;

    private final PacketSocket socket;

    private Uplink(PacketSocket socket) {
        this.socket = socket;
    }

    /**
     * Opens the port for ARP and reverse ARP packets, and for UDP datagrams from port 434.
     *
     * @param discovers opens it for Agent Advertisements as well
     */
    static Uplink open(Interface uplink, boolean discovers) throws Failure {
        try {
            PacketFilter replies = PacketFilter.arp()
                    .or(PacketFilter.etherType(EtherType.RARP))
                    .or(PacketFilter.udpFrom(MOBILE_IP_PORT));
            PacketFilter filter = discovers ? replies.or(PacketFilter.icmp(ADVERTISEMENT)) : replies;
            return new Uplink(PacketSocket.open(uplink, filter, PacketSocket.Option.PROMISCUOUS));
        } catch (KernelException e) {
            throw new Failure("link.uplink: " + e.getMessage() + ": is the interface there, and up?", e);
        }
    }

    /** Gives {@code received} what arrives, on a thread of its own. */
    void start(Consumer<ReceivedFrame> received, Supervisor supervisor) {
        Thread receiver = new Thread(() -> receive(received, supervisor), "uplink");
        receiver.setDaemon(true);
        receiver.start();
    }

    /** Sends a frame, or says why not: whatever is worth it is sent again. May be called on any thread. */
    void send(EthernetFrame frame) {
        try {
            socket.send(frame);
        } catch (KernelException e) {
            log.warn("frame not sent reason=\"{}\"", e.getMessage());
        }
    }

    @Override
    public void close() {
        socket.close();
    }

    private void receive(Consumer<ReceivedFrame> received, Supervisor supervisor) {
        try {
            Optional<ReceivedFrame> frame = socket.receive();
            while (frame.isPresent()) {
                received.accept(frame.get());
                frame = socket.receive();
            }
        } catch (KernelException e) {
            if (e.errno().equals(Errno.ENODEV)) {
                log.error("uplink is gone: create it again and restart");
            }
            supervisor.crash("receiving from the uplink", e);
        }
    }
}
