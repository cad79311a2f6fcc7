package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.packet.UdpPacket;

/** What UDP datagrams to one port of an address, as many as may come at once, have carried to a device. The first of them are as others read them, too. */
final class Arrived<T> implements AutoCloseable {
    /** More would hold up those that come behind them. */
    private static final int CHECKED = 1000;

    private final Inet4Address to;
    private final int port;
    private final Function<ByteBuffer, T> decode;
    private final PacketSocket socket;
    private final List<T> arrived = new ArrayList<>();
    private @Nullable AssertionError misread;

    Arrived(NetworkNamespace namespace, String name, Inet4Address to, int port, Function<ByteBuffer, T> decode)
            throws Exception {
        this.to = to;
        this.port = port;
        this.decode = decode;
        Interface device = namespace.device(name);
        socket = namespace.run(() -> PacketSocket.open(
                device,
                PacketFilter.etherType(EtherType.IPV4),
                PacketSocket.Option.PROMISCUOUS,
                PacketSocket.Option.DEEP_BUFFER));
        new Thread(this::receive, "arrived-" + namespace.name()).start();
    }

    /** In the order in which it came. */
    synchronized List<T> all() {
        if (misread != null) {
            throw misread;
        }
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
                if (datagram.isPresent()) {
                    check(frame.get());
                    add(decode.apply(datagram.get().payload()));
                }
            }
        } catch (KernelException e) {
            throw new AssertionError(e);
        }
    }

    /** Here, where it has come; whoever asks what has come is told. */
    private synchronized void check(ReceivedFrame frame) {
        if (misread == null && arrived.size() < CHECKED) {
            try {
                PacketCheck.check(frame.ethernet().orElseThrow().payload().slice(), frame.checksummed());
            } catch (AssertionError e) {
                misread = e;
            }
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
