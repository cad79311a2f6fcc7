package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.UdpPacket;

/** What UDP datagrams to one port of an address, as many as may come at once, have carried to a device. */
final class Arrived<T> implements AutoCloseable {
    private final Inet4Address to;
    private final int port;
    private final Function<ByteBuffer, T> decode;
    private final PacketSocket socket;
    private final List<T> arrived = new ArrayList<>();

    Arrived(NetworkNamespace namespace, String name, Inet4Address to, int port, Function<ByteBuffer, T> decode)
            throws Exception {
        this.to = to;
        this.port = port;
        this.decode = decode;
        Interface device = Wire.device(namespace, name);
        socket = namespace.run(() -> PacketSocket.open(
                device,
                PacketFilter.etherType(EtherType.IPV4),
                PacketSocket.Option.PROMISCUOUS,
                PacketSocket.Option.DEEP_BUFFER));
        new Thread(this::receive, "arrived-" + namespace.name()).start();
    }

    /** In the order in which it came. */
    synchronized List<T> all() {
        return List.copyOf(arrived);
    }

    synchronized int count() {
        return arrived.size();
    }

    private void receive() {
        try {
            for (var frame = socket.receive(); frame.isPresent(); frame = socket.receive()) {
                Optional<UdpPacket> datagram = frame.get()
                        .ethernet()
                        .flatMap(Ipv4Packet::parse)
                        .filter(packet -> packet.destination().equals(to))
                        .flatMap(UdpPacket::parse)
                        .filter(udp -> udp.destinationPort() == port);
                datagram.ifPresent(udp -> add(decode.apply(udp.payload())));
            }
        } catch (KernelException e) {
            throw new AssertionError(e);
        }
    }

    private synchronized void add(T content) {
        arrived.add(content);
    }

    @Override
    public void close() {
        socket.close();
    }
}
