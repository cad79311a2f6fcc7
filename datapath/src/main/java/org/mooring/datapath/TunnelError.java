package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.mooring.linux.Ipv4;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;

/**
 * An ICMP error about an outer packet, from a router inside the tunnel or from its exit (RFC 2003 §4).
 *
 * @param mtu of the next hop, if a packet was too big
 * @param tunnelExit where the outer packet was to go
 * @param port there; zero unless it was in UDP
 * @param inner the beginning of the inner packet, its header and what came back behind it; empty if that is less than an error to its sender
 *     has to tell (RFC 792)
 */
record TunnelError(
        int type,
        int code,
        int mtu,
        Inet4Address tunnelExit,
        int port,
        Encapsulation encapsulation,
        Optional<ByteBuffer> inner) {
    /** What every host accepts (RFC 1122 §3.3.2). It is a forgery, or a router that doesn't tell, if it should be less. */
    private static final int LEAST = 576;

    private static final int UNREACHABLE = 3;
    private static final int SOURCE_QUENCH = 4;
    private static final int REDIRECT = 5;
    private static final int TIME_EXCEEDED = 11;
    private static final int PARAMETER_PROBLEM = 12;
    private static final Set<Integer> ERRORS =
            Set.of(UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM);

    private static final int NETWORK = 0;
    private static final int HOST = 1;
    private static final int PROTOCOL = 2;
    private static final int TOO_BIG = 4;

    private static final int ICMP_HEADER = 8;
    private static final int NEXT_HOP_MTU = 6;
    private static final int TOLD_BEHIND_HEADER = 8; // RFC 792
    private static final int MOST_TOLD = 576 - Ipv4Packet.HEADER_LENGTH - ICMP_HEADER; // RFC 1812 §4.3.2.3

    private static final int TOTAL_LENGTH = 2; // in an IPv4 header, as those below
    private static final int FRAGMENT = 6;
    private static final int PROTOCOL_FIELD = 9;
    private static final int CHECKSUM = 10;
    private static final int SOURCE = 12;
    private static final int DESTINATION = 16;
    private static final int OFFSET = 0x1fff;
    private static final int PORTS = 4;

    /**
     * Reads an ICMP message.
     *
     * @param address where the tunnels begin
     * @return empty if it is about something else
     */
    static Optional<TunnelError> read(ByteBuffer icmp, Inet4Address address) {
        ByteBuffer in = icmp.slice();
        if (in.remaining() < ICMP_HEADER + Ipv4Packet.HEADER_LENGTH || !ERRORS.contains(in.get(0) & 0xff)) {
            return Optional.empty();
        }
        ByteBuffer outer = in.slice(ICMP_HEADER, in.remaining() - ICMP_HEADER);
        int behind = headerLength(outer);
        Optional<Encapsulation> encapsulation = Arrays.stream(Encapsulation.values())
                .filter(known -> known.protocol() == (outer.get(PROTOCOL_FIELD) & 0xff))
                .findFirst();
        boolean isOurs = encapsulation.isPresent()
                && Ipv4.read(outer.slice(SOURCE, Ipv4.LENGTH)).equals(address)
                && outer.remaining() >= behind + PORTS;
        if (!isOurs) {
            return Optional.empty();
        }
        boolean inUdp = encapsulation.get() == Encapsulation.UDP;
        return Optional.of(new TunnelError(
                in.get(0) & 0xff,
                in.get(1) & 0xff,
                in.getShort(NEXT_HOP_MTU) & 0xffff,
                Ipv4.read(outer.slice(DESTINATION, Ipv4.LENGTH)),
                inUdp ? outer.getShort(behind + Short.BYTES) & 0xffff : 0,
                encapsulation.get(),
                inner(outer, behind, encapsulation.get()).filter(TunnelError::isEnough)));
    }

    /** Whether the outer packet was in this tunnel. */
    boolean isAbout(Tunnel tunnel) {
        boolean inIpInstead = tunnel.encapsulation() == Encapsulation.MINIMAL && encapsulation == Encapsulation.IPIP;
        return tunnel.remote().equals(tunnelExit)
                && (inIpInstead || (tunnel.encapsulation() == encapsulation && tunnel.port() == port));
    }

    boolean isTooBig() {
        return type == UNREACHABLE && code == TOO_BIG;
    }

    /** What fits through the tunnel from now on, in octets of the outer packet. */
    int pathMtu() {
        return Math.max(mtu, LEAST);
    }

    /** Who sent the inner packet. */
    Optional<Inet4Address> sender() {
        return inner.map(packet -> Ipv4.read(packet.slice(SOURCE, Ipv4.LENGTH)));
    }

    Optional<Inet4Address> destination() {
        return inner.map(packet -> Ipv4.read(packet.slice(DESTINATION, Ipv4.LENGTH)));
    }

    /**
     * The ICMP message that tells the sender of the inner packet (RFC 2003 §4).
     *
     * @param destinationIsHome whether the encapsulator stands for the network where the sender believes its destination to be
     * @return empty if it isn't to be told, or not enough of its packet came back
     */
    Optional<ByteBuffer> forSender(boolean destinationIsHome) {
        Optional<Integer> told = told(destinationIsHome);
        return told.isEmpty() ? Optional.empty() : inner.map(packet -> unreachable(told.get(), packet));
    }

    /** The code of Destination Unreachable. */
    private Optional<Integer> told(boolean destinationIsHome) {
        if (type == TIME_EXCEEDED) {
            return Optional.of(HOST);
        }
        if (type != UNREACHABLE) {
            return Optional.empty();
        }
        return switch (code) {
            case NETWORK, PROTOCOL -> Optional.of(destinationIsHome ? HOST : NETWORK);
            case HOST -> Optional.of(HOST);
            case TOO_BIG -> Optional.of(TOO_BIG);
            default -> Optional.empty();
        };
    }

    private ByteBuffer unreachable(int toldCode, ByteBuffer packet) {
        int length = Math.min(packet.remaining(), MOST_TOLD);
        ByteBuffer message = ByteBuffer.allocate(ICMP_HEADER + length)
                .put((byte) UNREACHABLE)
                .put((byte) toldCode)
                .putInt(0)
                .putShort((short) (toldCode == TOO_BIG ? pathMtu() - encapsulation.overhead() : 0))
                .put(packet.slice(0, length))
                .flip();
        return message.putShort(2, (short) Checksum.of(message));
    }

    private static Optional<ByteBuffer> inner(ByteBuffer outer, int behind, Encapsulation encapsulation) {
        if (encapsulation == Encapsulation.MINIMAL) {
            return minimallyEncapsulated(outer, behind);
        }
        int shim = encapsulation.overhead() - Ipv4Packet.HEADER_LENGTH;
        int at = behind + shim;
        return outer.remaining() < at + Ipv4Packet.HEADER_LENGTH
                ? Optional.empty()
                : Optional.of(outer.slice(at, outer.remaining() - at));
    }

    /** As we have encapsulated it: with the original source, and no options. */
    private static Optional<ByteBuffer> minimallyEncapsulated(ByteBuffer outer, int behind) {
        int header = Encapsulation.MINIMAL.overhead();
        if (behind != Ipv4Packet.HEADER_LENGTH || outer.remaining() < behind + header) {
            return Optional.empty();
        }
        ByteBuffer packet = ByteBuffer.allocate(outer.remaining() - header)
                .put(outer.slice(0, behind))
                .put(outer.slice(behind + header, outer.remaining() - behind - header))
                .flip();
        packet.putShort(TOTAL_LENGTH, (short) (outer.getShort(TOTAL_LENGTH) - header))
                .put(PROTOCOL_FIELD, outer.get(behind))
                .putShort(CHECKSUM, (short) 0)
                .put(SOURCE, bytes(outer, behind + 8))
                .put(DESTINATION, bytes(outer, behind + 4));
        packet.putShort(CHECKSUM, (short) Checksum.of(packet.slice(0, behind)));
        return Optional.of(packet);
    }

    private static byte[] bytes(ByteBuffer in, int at) {
        byte[] address = new byte[Ipv4.LENGTH];
        in.get(at, address);
        return address;
    }

    /** Enough to tell its sender, who may be told of it (RFC 1122 §3.2.2). */
    private static boolean isEnough(ByteBuffer packet) {
        int header = headerLength(packet);
        if (packet.get(0) >> 4 != 4 || packet.remaining() < header + TOLD_BEHIND_HEADER) {
            return false;
        }
        boolean isError = packet.get(PROTOCOL_FIELD) == Ipv4Packet.ICMP && ERRORS.contains(packet.get(header) & 0xff);
        int first = packet.get(SOURCE) & 0xff;
        boolean isUnicast = first != 0 && first != 127 && first < 224;
        return !isError && isUnicast && (packet.getShort(FRAGMENT) & OFFSET) == 0;
    }

    private static int headerLength(ByteBuffer packet) {
        return Math.max((packet.get(0) & 0xf) * 4, Ipv4Packet.HEADER_LENGTH);
    }
}
