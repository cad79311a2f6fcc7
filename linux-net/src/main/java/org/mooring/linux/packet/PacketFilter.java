package org.mooring.linux.packet;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.mooring.linux.MacAddress;
import org.mooring.linux.libc.Memory;

/**
 * Which frames a {@link PacketSocket} gets: a classic BPF program (bpf(4), {@code linux/filter.h}) that the kernel runs on each one. A
 * frame of a VLAN, whose tag the kernel keeps beside it, passes only {@link #EVERYTHING} and {@link #outgoing}.
 */
public final class PacketFilter {
    /** Lets all frames pass. */
    public static final PacketFilter EVERYTHING = new PacketFilter(List.of(List.of()));

    /** Lets no frame pass: for a socket that only sends. */
    public static final PacketFilter NOTHING = new PacketFilter(List.of());

    private static final int LOAD_WORD = 0x20;
    private static final int LOAD_HALF = 0x28;
    private static final int LOAD_BYTE = 0x30;
    private static final int LOAD_HALF_INDEXED = 0x48;
    private static final int LOAD_BYTE_INDEXED = 0x50;
    private static final int LOAD_INDEX_HEADER_LENGTH = 0xb1;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int JUMP_IF_EQUAL_INDEX = 0x1d;
    private static final int JUMP_IF_SET = 0x45;
    private static final int INDEX_FROM_ACCUMULATOR = 0x07;
    private static final int RETURN = 0x06;

    private static final int PACKET_TYPE = 0xffff_f000 + 4; // SKF_AD_OFF + SKF_AD_PKTTYPE
    private static final int PACKET_BROADCAST = 1;
    private static final int PACKET_OUTGOING = 4;
    private static final int VLAN_TAG_PRESENT = 0xffff_f000 + 48; // SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT
    private static final int MARK = 0xffff_f000 + 20; // SKF_AD_OFF + SKF_AD_MARK
    private static final int NETWORK_HEADER = 0xfff0_0000; // SKF_NET_OFF
    private static final int SOURCE_MAC = 6;
    private static final int ETHER_TYPE = 12;
    private static final int IPV4 = EthernetFrame.HEADER_LENGTH;
    private static final int ARP_OPERATION = EthernetFrame.HEADER_LENGTH + 6;
    private static final int ARP_SENDER_ADDRESS = EthernetFrame.HEADER_LENGTH + 14;
    private static final int FRAGMENT_OFFSET = 0x1fff;
    private static final int WHOLE_FRAME = 0x4_0000;

    private static final int INSTRUCTION_SIZE = 8;
    private static final int PROGRAM_SIZE = 16;

    /** A frame passes that satisfies every test of one of these. */
    private final List<List<Instruction>> alternatives;

    private PacketFilter(List<List<Instruction>> alternatives) {
        this.alternatives = alternatives;
    }

    /** Frames that carry {@code etherType}. */
    public static PacketFilter etherType(int etherType) {
        return tests(
                load(LOAD_BYTE, VLAN_TAG_PRESENT),
                failUnlessEqual(0),
                load(LOAD_HALF, ETHER_TYPE),
                failUnlessEqual(etherType));
    }

    public static PacketFilter arp() {
        return etherType(EtherType.ARP);
    }

    /** {@linkplain ArpPacket#isProbe() Probes}. */
    public static PacketFilter arpProbes() {
        return arp().and(tests(
                load(LOAD_HALF, ARP_OPERATION),
                failUnlessEqual(ArpPacket.REQUEST),
                load(LOAD_WORD, ARP_SENDER_ADDRESS),
                failUnlessEqual(0)));
    }

    /** UDP over IPv4 to {@code port}; of a fragmented datagram only the first fragment. */
    public static PacketFilter udpTo(int port) {
        return udp(2, port);
    }

    /** UDP over IPv4 from {@code port}; of a fragmented datagram only the first fragment. */
    public static PacketFilter udpFrom(int port) {
        return udp(0, port);
    }

    /** UDP to {@code port} that begins with this octet, among the packets that a {@link RawIpv4Socket} gets. */
    static PacketFilter rawUdpTo(int port, int firstOctet) {
        return tests(
                load(LOAD_INDEX_HEADER_LENGTH, 0),
                load(LOAD_HALF_INDEXED, 2),
                failUnlessEqual(port),
                load(LOAD_BYTE_INDEXED, UdpPacket.HEADER_LENGTH),
                failUnlessEqual(firstOctet));
    }

    /** Packets that a firewall or another filter has given this mark. */
    static PacketFilter marked(int mark) {
        return tests(load(LOAD_WORD, MARK), failUnlessEqual(mark));
    }

    /**
     * Among the datagrams to a {@link TunnelDataSocket}'s port, those that are not tunnel data, and tunnel data with a ping of {@code self} or
     * an answer to it.
     *
     * @param firstOctet of tunnel data
     */
    static PacketFilter noTunnelData(int firstOctet, Inet4Address self) {
        int inner = Integer.BYTES;
        List<Instruction> pinged = new ArrayList<>(List.of(
                load(LOAD_BYTE, inner + 9),
                failUnlessEqual(Ipv4Packet.ICMP),
                load(LOAD_WORD, inner + 16),
                failUnlessEqual(ByteBuffer.wrap(self.getAddress()).getInt()),
                load(LOAD_INDEX_HEADER_LENGTH, inner),
                load(LOAD_BYTE_INDEXED, inner)));
        List<List<Instruction>> all = new ArrayList<>();
        all.add(List.of(load(LOAD_BYTE, 0), new Instruction(JUMP_IF_EQUAL, Failing.IF_TRUE, firstOctet)));
        for (int type : new int[] {8, 0}) {
            all.add(Stream.concat(pinged.stream(), Stream.of(failUnlessEqual(type)))
                    .toList());
        }
        return new PacketFilter(all);
    }

    /** Tunnel data with the answer to a ping with this identifier, and no contents, from the tunnel's end itself. */
    static PacketFilter answerInTunnelData(int identifier) {
        int inner = Integer.BYTES;
        int icmp = inner + Ipv4Packet.HEADER_LENGTH;
        return tests(
                load(LOAD_BYTE, inner + 9),
                failUnlessEqual(Ipv4Packet.ICMP),
                load(LOAD_HALF, inner + 2),
                failUnlessEqual(Ipv4Packet.HEADER_LENGTH + 8),
                load(LOAD_BYTE, icmp),
                failUnlessEqual(0),
                load(LOAD_HALF, icmp + 4),
                failUnlessEqual(identifier),
                load(LOAD_WORD, NETWORK_HEADER + 12),
                new Instruction(INDEX_FROM_ACCUMULATOR, Failing.NEVER, 0),
                load(LOAD_WORD, inner + 12),
                new Instruction(JUMP_IF_EQUAL_INDEX, Failing.IF_FALSE, 0));
    }

    /** ICMP over IPv4 of {@code type}; of a fragmented message only the first fragment. */
    public static PacketFilter icmp(int type) {
        return payload(Ipv4Packet.ICMP, LOAD_BYTE_INDEXED, 0, type);
    }

    /** Frames that leave by the device; they come to a socket that was opened with {@link PacketSocket.Option#OUTGOING_TOO}. */
    public static PacketFilter outgoing() {
        return tests(load(LOAD_BYTE, PACKET_TYPE), failUnlessEqual(PACKET_OUTGOING));
    }

    /** Frames to all stations. */
    public static PacketFilter broadcasts() {
        return tests(load(LOAD_BYTE, PACKET_TYPE), failUnlessEqual(PACKET_BROADCAST));
    }

    /** Frames from {@code source}. */
    public static PacketFilter from(MacAddress source) {
        return tests(
                load(LOAD_HALF, SOURCE_MAC),
                failUnlessEqual((int) (source.bits() >>> 32)),
                load(LOAD_WORD, SOURCE_MAC + 2),
                failUnlessEqual((int) source.bits()));
    }

    /** What this filter or {@code other} lets pass. */
    public PacketFilter or(PacketFilter other) {
        return new PacketFilter(Stream.concat(alternatives.stream(), other.alternatives.stream())
                .toList());
    }

    /** What both this filter and {@code other} let pass. */
    public PacketFilter and(PacketFilter other) {
        return new PacketFilter(alternatives.stream()
                .flatMap(mine -> other.alternatives.stream()
                        .map(its -> Stream.concat(mine.stream(), its.stream()).toList()))
                .toList());
    }

    /** A {@code struct sock_fprog}. */
    Memory toProgram() {
        return toProgram(WHOLE_FRAME, 0);
    }

    /** A {@code struct sock_fprog} that answers with the first number for what passes, and with the second for the rest. */
    Memory toProgram(int passing, int rest) {
        int count = alternatives.stream().mapToInt(List::size).sum() + alternatives.size() + 1;
        Memory instructions = new Memory(count * INSTRUCTION_SIZE);
        ByteBuffer out = instructions.bytes();
        for (List<Instruction> tests : alternatives) {
            for (int i = 0; i < tests.size(); i++) {
                int toNextAlternative = tests.size() - i;
                tests.get(i).write(out, toNextAlternative);
            }
            new Instruction(RETURN, Failing.NEVER, passing).write(out, 0);
        }
        new Instruction(RETURN, Failing.NEVER, rest).write(out, 0);
        Memory program = new Memory(PROGRAM_SIZE).point(8, instructions);
        program.bytes().putShort((short) count);
        return program;
    }

    private static PacketFilter udp(int portOffset, int port) {
        return payload(Ipv4Packet.UDP, LOAD_HALF_INDEXED, portOffset, port);
    }

    /** Packets of {@code protocol} that have {@code value} at {@code offset} of what they carry. */
    private static PacketFilter payload(int protocol, int load, int offset, int value) {
        return etherType(EtherType.IPV4)
                .and(tests(
                        load(LOAD_BYTE, IPV4 + 9),
                        failUnlessEqual(protocol),
                        load(LOAD_HALF, IPV4 + 6),
                        new Instruction(JUMP_IF_SET, Failing.IF_TRUE, FRAGMENT_OFFSET),
                        load(LOAD_INDEX_HEADER_LENGTH, IPV4),
                        load(load, IPV4 + offset),
                        failUnlessEqual(value)));
    }

    private static PacketFilter tests(Instruction... tests) {
        return new PacketFilter(List.of(List.of(tests)));
    }

    private static Instruction load(int code, int offset) {
        return new Instruction(code, Failing.NEVER, offset);
    }

    private static Instruction failUnlessEqual(int value) {
        return new Instruction(JUMP_IF_EQUAL, Failing.IF_FALSE, value);
    }

    private enum Failing {
        NEVER,
        IF_TRUE,
        IF_FALSE
    }

    /** A {@code struct sock_filter}, whose jumps are not known before the whole alternative is. */
    private record Instruction(int code, Failing failing, int operand) {
        void write(ByteBuffer out, int toNextAlternative) {
            out.putShort((short) code)
                    .put((byte) (failing == Failing.IF_TRUE ? toNextAlternative : 0))
                    .put((byte) (failing == Failing.IF_FALSE ? toNextAlternative : 0))
                    .putInt(operand);
        }
    }
}
