package org.mooring.datapath;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.ReceivedFrame;

/** A device, seen from a namespace: which IPv4 packets come in and go out, and a way to send any packet that one likes. */
final class Wire implements AutoCloseable {
    private static final int DEADLINE_SECONDS = 30;

    /** Where a packet has it. */
    private static final int CHECKSUM = 10;

    private final Interface device;
    private final PacketSocket socket;
    private final LinkedBlockingQueue<ReceivedFrame> frames = new LinkedBlockingQueue<>();

    Wire(NetworkNamespace namespace, String name) throws Exception {
        device = namespace.device(name);
        socket = namespace.run(() -> PacketSocket.open(
                device,
                PacketFilter.etherType(EtherType.IPV4),
                PacketSocket.Option.OUTGOING_TOO,
                PacketSocket.Option.DEEP_BUFFER,
                PacketSocket.Option.PROMISCUOUS));
        new Thread(this::capture, "wire-" + namespace.name() + "-" + name).start();
    }

    MacAddress mac() {
        return device.mac();
    }

    void send(Ipv4Packet packet, MacAddress to) throws KernelException {
        send(packet, device.mac(), to);
    }

    void send(Ipv4Packet packet, MacAddress from, MacAddress to) throws KernelException {
        socket.send(packet.toFrame(from, to));
    }

    /** @param packet with its header */
    void send(ByteBuffer packet, MacAddress to) throws KernelException {
        socket.send(new EthernetFrame(to, device.mac(), EtherType.IPV4, packet));
    }

    /** Sends it with a wrong header checksum. */
    void sendMarred(Ipv4Packet packet, MacAddress to) throws KernelException {
        ByteBuffer whole = packet.toOctets();
        ByteBuffer marred = ByteBuffer.allocate(whole.remaining()).put(whole).flip();
        marred.put(CHECKSUM, (byte) ~marred.get(CHECKSUM));
        socket.send(new EthernetFrame(to, device.mac(), EtherType.IPV4, marred));
    }

    /** The next packet that satisfies {@code wanted}, and is as others read it, too; those before it are forgotten. */
    Ipv4Packet await(Predicate<Ipv4Packet> wanted) throws InterruptedException {
        return Ipv4Packet.parse(awaitFrame(wanted)).orElseThrow();
    }

    /** The same, with its frame. */
    EthernetFrame awaitFrame(Predicate<Ipv4Packet> wanted) throws InterruptedException {
        while (true) {
            ReceivedFrame frame = frames.poll(DEADLINE_SECONDS, TimeUnit.SECONDS);
            if (frame == null) {
                throw new AssertionError("no such packet on " + device.name());
            }
            Optional<EthernetFrame> ethernet = frame.ethernet();
            if (ethernet.flatMap(Ipv4Packet::parse).filter(wanted).isPresent()) {
                PacketCheck.check(ethernet.get().payload().slice(), frame.checksummed());
                return ethernet.get();
            }
        }
    }

    /** What was captured up to now and not taken yet, and is as others read it, too. */
    List<Ipv4Packet> soFar() {
        List<Ipv4Packet> packets = new ArrayList<>();
        for (ReceivedFrame frame : captured()) {
            EthernetFrame ethernet = frame.ethernet().orElseThrow();
            PacketCheck.check(ethernet.payload().slice(), frame.checksummed());
            packets.add(Ipv4Packet.parse(ethernet).orElseThrow());
        }
        return packets;
    }

    /** The same, with their frames. */
    List<ReceivedFrame> captured() {
        List<ReceivedFrame> all = new ArrayList<>();
        frames.drainTo(all);
        return all;
    }

    private void capture() {
        try {
            Optional<ReceivedFrame> frame = socket.receive();
            while (frame.isPresent()) {
                frames.add(frame.get());
                frame = socket.receive();
            }
        } catch (KernelException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
