package org.mooring.linux.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;

@DisplayName("What was left to the device, where it is not as it should be")
class SegmentationTest {
    private static final MacAddress MAC = MacAddress.of("52:54:00:01:00:50");
    private static final Ipv4Packet PACKET = new UdpPacket(
                    Ipv4.address("203.0.113.2"),
                    4000,
                    Ipv4.address("10.1.0.50"),
                    5000,
                    60,
                    ByteBuffer.wrap(new byte[100]))
            .toIpv4();

    @Test
    void nothingIsLeftToDoAndThePaddingOfAShortFrameGoes() {
        ByteBuffer padded = ByteBuffer.allocate(200).put(PACKET.toOctets()).rewind();
        assertEquals(List.of(PACKET.toOctets()), packets(padded, Offload.NONE));
    }

    @Test
    void optionsAreKept() {
        ByteBuffer options =
                ByteBuffer.wrap(HexFormat.of().parseHex("46000018000000004011000000000000000000007f000000"));
        assertEquals(List.of(options), packets(options, Offload.NONE));
    }

    @Test
    void aLengthThatDoesNotFitMakesNoPacket() {
        ByteBuffer packet = PACKET.toOctets();
        assertEquals(List.of(), packets(packet.slice(0, 19), Offload.NONE));
        assertEquals(List.of(), packets(packet.slice(0, packet.limit() - 1), Offload.NONE));
        assertEquals(List.of(), packets(with(0, 0x4f, PACKET.toOctets().slice(0, 40)), Offload.NONE));
        assertEquals(List.of(), packets(with(0, 0x44, packet), Offload.NONE));
        assertEquals(List.of(), packets(with(0, 0x65, packet), Offload.NONE));
    }

    @Test
    void aChecksumOutsideThePacketMakesNone() {
        int end = EthernetFrame.HEADER_LENGTH + PACKET.toOctets().limit();
        assertEquals(List.of(), packets(PACKET.toOctets(), offload(1, 0, 0, end - 1, 0)));
        assertEquals(List.of(), packets(PACKET.toOctets(), offload(1, 0, 0, 34, 0xffff)));
        assertEquals(List.of(), packets(PACKET.toOctets(), offload(1, 0, 0, 0, 6)));
    }

    @Test
    void segmentsOfAnotherProtocolOrKindMakeNone() {
        for (int kind : List.of(1, 3, 4, 0x81)) {
            assertEquals(List.of(), packets(PACKET.toOctets(), offload(1, kind, 10, 34, 6)), "kind " + kind);
        }
        assertEquals(List.of(), packets(PACKET.toOctets(), offload(1, 5, 0, 34, 6)), "segments of no size");
        ByteBuffer tcp = with(9, 6, PACKET.toOctets());
        assertEquals(List.of(), packets(tcp, offload(1, 1, 10, 34, 16)), "its header has no length");
        assertEquals(List.of(), packets(with(32, 0xf0, tcp.slice(0, 60)), offload(1, 1, 10, 34, 16)));
    }

    @Test
    void otherFramesMakeNone() {
        var frame = new EthernetFrame(MAC, MAC, EtherType.IPV6, PACKET.toOctets());
        assertEquals(List.of(), Segmentation.ipv4Packets(frame, Offload.NONE));
    }

    private static List<ByteBuffer> packets(ByteBuffer packet, Offload offload) {
        return Segmentation.ipv4Packets(new EthernetFrame(MAC, MAC, EtherType.IPV4, packet), offload);
    }

    private static ByteBuffer with(int index, int value, ByteBuffer packet) {
        ByteBuffer copy =
                ByteBuffer.allocate(packet.remaining()).put(packet.duplicate()).flip();
        return copy.put(index, (byte) value);
    }

    private static Offload offload(int flags, int kind, int size, int checksumStart, int checksumOffset) {
        return new Offload(ByteBuffer.allocate(Offload.LENGTH)
                .order(ByteOrder.nativeOrder())
                .put((byte) flags)
                .put((byte) kind)
                .putShort((short) 0)
                .putShort((short) size)
                .putShort((short) checksumStart)
                .putShort((short) checksumOffset)
                .flip());
    }
}
