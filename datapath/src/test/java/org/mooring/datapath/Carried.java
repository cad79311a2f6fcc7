package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.Ipv4Packet;

/** Collects what an {@link Encapsulator} lets go, put together as it would be on the wire. */
final class Carried implements Encapsulator.Outlet {
    static final Inet4Address AGENT = Ipv4.address("192.0.2.2");
    static final Inet4Address PEER = Ipv4.address("198.51.100.2");
    static final Inet4Address OTHER_PEER = Ipv4.address("198.51.100.3");
    static final Inet4Address HOME = Ipv4.address("10.1.0.50");
    static final Inet4Address CORRESPONDENT = Ipv4.address("203.0.113.2");

    private final ByteBuffer headers;
    private final ByteBuffer packets;
    private final List<ByteBuffer> messages = new ArrayList<>();
    private final ByteBuffer message = ByteBuffer.allocate(70_000);
    private final List<String> udp = new ArrayList<>();
    private int backs;

    Carried(ByteBuffer headers, ByteBuffer packets) {
        this.headers = headers;
        this.packets = packets;
    }

    /** Each a packet with its outer header, or tunnel data without one. */
    List<ByteBuffer> messages() {
        return messages;
    }

    /** Of those that are tunnel data: to where, and how it is cut. */
    List<String> udp() {
        return udp;
    }

    int backs() {
        return backs;
    }

    static Tunnel tunnel(Encapsulation encapsulation, Inet4Address peer) {
        return encapsulation == Encapsulation.UDP ? Tunnel.udp(peer, 434) : Tunnel.of(peer, encapsulation);
    }

    /** At {@link #AGENT}, with uplinks of 1500 octets. */
    static AgentEntry agent(Role role, MtuPolicy policy) {
        return new AgentEntry(AGENT, 1, 0, 0, role, policy, 1500, false);
    }

    /** What is for the home address goes into these tunnels, and is taken from them. */
    static ForwardingEntry entry(Tunnel... tunnels) {
        return new ForwardingEntry(
                Set.of(tunnels), Optional.empty(), Set.of(tunnels), false, Optional.empty(), 0, MacAddress.NONE, 0);
    }

    /** A packet behind what the agent's device puts in front of it. */
    static ByteBuffer offloaded(Ipv4Packet packet) {
        ByteBuffer octets = packet.toOctets();
        return ByteBuffer.allocate(Offloaded.LENGTH + octets.remaining())
                .position(Offloaded.LENGTH)
                .put(octets)
                .flip();
    }

    @Override
    public void begin(Binding binding, int remote, int port, int typeOfService, int segment) {
        message.clear();
        if (port != 0) {
            udp.add(Ipv4.address(remote).getHostAddress() + ":" + port + " " + typeOfService + " " + segment);
        }
    }

    @Override
    public void piece(int header, int headerLength, int body, int bodyLength) {
        message.put(headers.slice(header, headerLength)).put(packets.slice(body, bodyLength));
    }

    @Override
    public void end() {
        ByteBuffer whole = message.duplicate().flip();
        messages.add(ByteBuffer.allocate(whole.remaining()).put(whole).flip());
    }

    @Override
    public boolean isFull(int pieces) {
        return false;
    }

    @Override
    public void flush() {}

    @Override
    public void back(int at, int length) {
        backs++;
    }
}
