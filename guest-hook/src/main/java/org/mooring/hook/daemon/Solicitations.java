package org.mooring.hook.daemon;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.protocol.wire.AgentDiscoveryCodec;
import org.mooring.protocol.wire.AgentSolicitation;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * Puts Agent Solicitations on the link, with this host's own addresses: nothing may use a guest's before it runs.
 *
 * @param neighbours know this host's link-layer address
 */
record Solicitations(Inet4Address hostAddress, Neighbours neighbours, Consumer<EthernetFrame> onLink) {
    /** RFC 3344 §2.2. */
    private static final int TTL = 1;

    /** Of 224.0.0.2 (RFC 1112 §6.4), to which RFC 1256 §5.1 sends it: every router takes it, also one that knows no agents' group. */
    private static final MacAddress ALL_ROUTERS = MacAddress.of("01:00:5e:00:00:02");

    void send() {
        ByteBuffer icmp = ByteBuffer.wrap(
                AgentDiscoveryCodec.encode(new AgentSolicitation()).toByteArray());
        onLink.accept(Ipv4Packet.of(hostAddress, Ipv4Address.ALL_ROUTERS.toInet(), Ipv4Packet.ICMP, TTL, icmp)
                .toFrame(neighbours.hostMac(), ALL_ROUTERS));
    }
}
