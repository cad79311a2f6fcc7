package org.mooring.linux.packet;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;

/**
 * A frame as a {@link PacketSocket} got it.
 *
 * @param interfaceIndex where it arrived or left
 * @param at when the kernel got it
 * @param checksummed false where a sender on this machine left the checksum of UDP or TCP for the device to fill in, so that what
 *     is there is not one yet
 * @param offload {@link Offload#NONE} too where the socket wasn't opened to be told
 * @param octets from the Ethernet header on; none at all of a frame whose offload the kernel can't tell
 */
public record ReceivedFrame(
        int interfaceIndex, Type type, Instant at, boolean checksummed, Offload offload, ByteBuffer octets) {
    public ReceivedFrame {
        octets = Octets.copyOf(octets);
    }

    /** A frame of which nothing is left to the device. */
    public ReceivedFrame(int interfaceIndex, Type type, Instant at, boolean checksummed, ByteBuffer octets) {
        this(interfaceIndex, type, at, checksummed, Offload.NONE, octets);
    }

    public Optional<EthernetFrame> ethernet() {
        return EthernetFrame.parse(octets());
    }

    public Optional<ArpPacket> arp() {
        return ethernet().flatMap(ArpPacket::parse);
    }

    /** The UDP datagram in it, its checksum verified if there is one; empty as {@link UdpPacket#parse} says. */
    public Optional<UdpPacket> udp() {
        return ethernet().flatMap(Ipv4Packet::parse).flatMap(packet -> UdpPacket.parse(packet, checksummed));
    }

    /** Read-only, with a position of its own. */
    @Override
    public ByteBuffer octets() {
        return octets.duplicate();
    }

    /** Whom a frame was for (packet(7)). */
    public enum Type {
        TO_US,
        BROADCAST,
        MULTICAST,
        /** Seen only because the interface is promiscuous or a bridge's port. */
        TO_OTHERS,
        /** Sent by this machine. */
        OUTGOING,
        OTHER;

        static Type of(int number) {
            return switch (number) {
                case 0 -> TO_US;
                case 1 -> BROADCAST;
                case 2 -> MULTICAST;
                case 3 -> TO_OTHERS;
                case 4 -> OUTGOING;
                default -> OTHER;
            };
        }
    }
}
