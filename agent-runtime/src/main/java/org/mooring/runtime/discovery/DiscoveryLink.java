package org.mooring.runtime.discovery;

import java.io.IOException;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mooring.linux.Interface;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.AgentDiscoveryCodec;
import org.mooring.protocol.wire.AgentSolicitation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * A link where an agent is to be found: solicitations out of its frames, advertisements into frames for it. It lets the groups of routers and
 * agents pass as long as this is open.
 */
public final class DiscoveryLink implements AutoCloseable {
    /** RFC 3344 §2.1: no router passes it on. */
    private static final int TTL = 1;

    private static final int SOLICITATION = 10;

    private final Interface link;
    private final Set<Ipv4Address> addresses;
    private final DatagramChannel membership;

    private DiscoveryLink(Interface link, Set<Ipv4Address> addresses, DatagramChannel membership) {
        this.link = link;
        this.addresses = addresses;
        this.membership = membership;
    }

    /** An Agent Solicitation (RFC 3344 §2.2). */
    public record Solicitation(MacAddress station, Ipv4Address from) {}

    /**
     * RFC 3344 §2.3, RFC 1256 §5.1: an agent takes what is sent to these groups.
     *
     * @param addresses the agent's own
     */
    public static DiscoveryLink join(Interface link, Set<Ipv4Address> addresses) throws IOException {
        var channel = DatagramChannel.open(StandardProtocolFamily.INET);
        try {
            for (var group : List.of(Ipv4Address.ALL_MOBILITY_AGENTS, Ipv4Address.ALL_ROUTERS)) {
                channel.join(group.toInet(), NetworkInterface.getByIndex(link.index()));
            }
            return new DiscoveryLink(link, addresses, channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** What may be one. */
    public static PacketFilter solicitations() {
        return PacketFilter.icmp(SOLICITATION);
    }

    /** The solicitation in {@code frame}; empty if it is none, or for somebody else. */
    public Optional<Solicitation> solicitation(EthernetFrame frame) {
        return Ipv4Packet.parse(frame)
                .filter(packet -> packet.protocol() == Ipv4Packet.ICMP && !packet.isFragment())
                .filter(packet -> isSolicited(Ipv4Address.of(packet.destination())))
                .filter(packet -> AgentDiscoveryCodec.decode(Octets.copyOf(packet.payload()))
                        .filter(AgentSolicitation.class::isInstance)
                        .isPresent())
                .map(packet -> new Solicitation(frame.source(), Ipv4Address.of(packet.source())));
    }

    private boolean isSolicited(Ipv4Address destination) {
        return addresses.contains(destination)
                || destination.equals(Ipv4Address.ALL_MOBILITY_AGENTS)
                || destination.equals(Ipv4Address.ALL_ROUTERS)
                || destination.equals(Ipv4Address.LIMITED_BROADCAST);
    }

    /**
     * A frame with {@code advertisement}.
     *
     * @param station empty for the MAC address of the group that {@code destination} is
     */
    public EthernetFrame frame(
            AgentAdvertisement advertisement,
            Ipv4Address source,
            Ipv4Address destination,
            Optional<MacAddress> station) {
        var icmp = ByteBuffer.wrap(AgentDiscoveryCodec.encode(advertisement).toByteArray());
        return Ipv4Packet.of(source.toInet(), destination.toInet(), Ipv4Packet.ICMP, TTL, icmp)
                .toFrame(link.mac(), station.orElseGet(() -> group(destination)));
    }

    /** The MAC address of a group (RFC 1112 §6.4). */
    private static MacAddress group(Ipv4Address address) {
        return new MacAddress(0x0100_5e00_0000L | (address.bits() & 0x7f_ffff));
    }

    @Override
    public void close() throws IOException {
        membership.close();
    }
}
