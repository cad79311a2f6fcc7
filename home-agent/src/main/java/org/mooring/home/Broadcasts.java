package org.mooring.home;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/** Takes the home network's broadcasts to the mobile nodes that are away and asked for them (RFC 3344 §4.3). Confined to the agent loop. */
record Broadcasts(Consumer<Action> out) {
    private static final int TTL = 64;

    /**
     * With a co-located care-of address, who takes the packet out of the tunnel is who asked for it: one copy does, however many mobile nodes
     * are there. A foreign agent needs to be told whose the packet is, by one more header (§4.3).
     *
     * @param homeAgent the agent's own address
     * @param packet an IPv4 packet from the home link
     */
    void forward(Ipv4Address homeAgent, List<MobilityBinding> bindings, Octets packet) {
        Set<Peer> coLocated = new HashSet<>();
        for (var binding : bindings) {
            var flags = binding.flags();
            if (!flags.broadcastDatagrams()) {
                continue;
            }
            if (!flags.decapsulationByMobileNode()) {
                out.accept(new Action.TunnelPacket(
                        binding.peer(),
                        nested(homeAgent.toInet(), binding.homeAddress().toInet(), packet)));
            } else if (coLocated.add(binding.peer())) {
                out.accept(new Action.TunnelPacket(binding.peer(), packet));
            }
        }
    }

    private static Octets nested(Inet4Address homeAgent, Inet4Address homeAddress, Octets packet) {
        return Octets.copyOf(
                Ipv4Packet.of(homeAgent, homeAddress, Ipv4Packet.IPIP, TTL, ByteBuffer.wrap(packet.toByteArray()))
                        .toOctets());
    }
}
