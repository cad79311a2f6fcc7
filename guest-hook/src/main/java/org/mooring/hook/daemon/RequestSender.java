package org.mooring.hook.daemon;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Instant;
import java.util.function.Consumer;
import org.mooring.hook.Action.Agent;
import org.mooring.hook.Action.SendRequest;
import org.mooring.hook.Action.Sender;
import org.mooring.hook.Guest;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/** Puts requests on the link. Confined to the agent loop. */
final class RequestSender {
    /** RFC 3024 §3.2, §4.2.1: proves to the foreign agent that no router is between. */
    private static final int TTL_OF_A_NEIGHBOUR = 255;

    /** RFC 3344 §3.6.1.1. */
    private static final int TTL_TO_ALL_AGENTS = 1;

    private static final int USUAL_TTL = 64;

    private final HookConfig config;
    private final HookLink link;
    private final DatagramChannel hostPort;
    private final Neighbours neighbours;
    private final Consumer<EthernetFrame> send;

    /**
     * A sender.
     *
     * @param hostPort from which requests leave that have this host's addresses
     * @param send puts a frame on the link
     */
    RequestSender(
            HookConfig config,
            HookLink link,
            DatagramChannel hostPort,
            Neighbours neighbours,
            Consumer<EthernetFrame> send) {
        this.config = config;
        this.link = link;
        this.hostPort = hostPort;
        this.neighbours = neighbours;
        this.send = send;
    }

    /**
     * Sends a request at once where the agent's link-layer address is known, as it is but for a start in haste.
     *
     * @param octets what is in the datagram
     * @param sent is run when it is on the link
     */
    void send(SendRequest request, Octets octets, Instant now, Runnable sent) {
        String purpose = request.guest().name() + " " + request.sender();
        if (request.agent().equals(config.network().broadcast())) {
            send.accept(frame(request, octets, MacAddress.BROADCAST));
            sent.run();
            return;
        }
        neighbours.use(nextHop(request.to(), request.agent()), purpose, now, mac -> {
            send.accept(frame(request, octets, mac));
            sent.run();
        });
    }

    /** Who on the link is to have what is meant for {@code agent}. */
    Ipv4Address nextHop(Agent to, Ipv4Address agent) {
        return to == Agent.FOREIGN_AGENT || config.network().contains(agent) ? agent : config.router();
    }

    private EthernetFrame frame(SendRequest request, Octets octets, MacAddress to) {
        Guest guest = request.guest();
        boolean asGuest = request.sender() == Sender.GUEST;
        Inet4Address source = asGuest ? guest.homeAddress().toInet() : link.hostAddress();
        return new UdpPacket(
                        source,
                        asGuest ? Uplink.MOBILE_IP_PORT : hostPort.socket().getLocalPort(),
                        request.agent().toInet(),
                        Uplink.MOBILE_IP_PORT,
                        timeToLive(request),
                        ByteBuffer.wrap(octets.toByteArray()))
                .toIpv4()
                .toFrame(asGuest ? guest.mac() : neighbours.hostMac(), to);
    }

    private static int timeToLive(SendRequest request) {
        if (request.to() == Agent.HOME_AGENT) {
            return USUAL_TTL;
        }
        return request.agent().equals(Ipv4Address.ALL_MOBILITY_AGENTS) ? TTL_TO_ALL_AGENTS : TTL_OF_A_NEIGHBOUR;
    }
}
