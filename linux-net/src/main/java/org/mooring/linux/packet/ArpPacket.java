package org.mooring.linux.packet;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;

/**
 * An ARP packet for IPv4 over Ethernet (RFC 826).
 *
 * @param operation {@link #REQUEST}, {@link #REPLY}, or any other
 */
public record ArpPacket(
        int operation,
        MacAddress senderMac,
        Inet4Address senderAddress,
        MacAddress targetMac,
        Inet4Address targetAddress) {
    public static final int REQUEST = 1;
    public static final int REPLY = 2;

    private static final int REVERSE_REQUEST = 3;
    private static final Inet4Address ANY = Ipv4.address("0.0.0.0");
    private static final int LENGTH = 28;
    private static final int ETHERNET = 1;

    /** Asks who has {@code target}. */
    public static ArpPacket request(MacAddress senderMac, Inet4Address sender, Inet4Address target) {
        return new ArpPacket(REQUEST, senderMac, sender, MacAddress.NONE, target);
    }

    /** Says to the sender of {@code request} that {@code mac} has what it asked for. */
    public static ArpPacket reply(ArpPacket request, MacAddress mac) {
        return new ArpPacket(REPLY, mac, request.targetAddress, request.senderMac, request.senderAddress);
    }

    /**
     * A gratuitous ARP: {@code address} is at {@code mac}.
     *
     * @param operation RFC 3344 §4.6 allows both, a request or a reply; some hosts heed only one of them
     */
    public static ArpPacket gratuitous(int operation, MacAddress mac, Inet4Address address) {
        return new ArpPacket(operation, mac, address, operation == REPLY ? mac : MacAddress.NONE, address);
    }

    /** A reverse ARP request (RFC 903) to all on the link, by which bridges learn where {@code mac} is; nobody has to answer. */
    public static EthernetFrame reverse(MacAddress mac) {
        ArpPacket packet = new ArpPacket(REVERSE_REQUEST, mac, ANY, mac, ANY);
        return new EthernetFrame(
                MacAddress.BROADCAST,
                mac,
                EtherType.RARP,
                packet.toFrame(MacAddress.BROADCAST).payload());
    }

    /** Takes the payload of an ARP frame apart; empty if it is cut off or speaks of other hardware or protocols. */
    public static Optional<ArpPacket> parse(EthernetFrame frame) {
        ByteBuffer in = frame.payload();
        if (frame.etherType() != EtherType.ARP
                || in.remaining() < LENGTH
                || in.getShort() != ETHERNET
                || in.getShort() != EtherType.IPV4
                || in.get() != MacAddress.LENGTH
                || in.get() != Ipv4.LENGTH) {
            return Optional.empty();
        }
        return Optional.of(new ArpPacket(
                in.getShort() & 0xffff, MacAddress.read(in), Ipv4.read(in), MacAddress.read(in), Ipv4.read(in)));
    }

    /** The frame that carries this packet from its sender to {@code destination}. */
    public EthernetFrame toFrame(MacAddress destination) {
        ByteBuffer out = ByteBuffer.allocate(LENGTH)
                .putShort((short) ETHERNET)
                .putShort((short) EtherType.IPV4)
                .put((byte) MacAddress.LENGTH)
                .put((byte) Ipv4.LENGTH)
                .putShort((short) operation);
        senderMac.write(out);
        out.put(senderAddress.getAddress());
        targetMac.write(out);
        out.put(targetAddress.getAddress());
        return new EthernetFrame(destination, senderMac, EtherType.ARP, out.flip());
    }

    /** Whether the sender speaks of its own address: a gratuitous ARP (RFC 3344 §4.6). */
    public boolean isGratuitous() {
        return senderAddress.equals(targetAddress);
    }

    /** Whether the sender asks if an address is free before it takes it (RFC 5227 §2.1.1). */
    public boolean isProbe() {
        return operation == REQUEST && senderAddress.isAnyLocalAddress();
    }
}
