package org.mooring.linux.batch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.Syscall;

/**
 * Messages that are sent together: an array of {@code struct mmsghdr}, each with an address, some pieces of data and control messages. Makes
 * no garbage once it is there.
 */
public final class OutgoingMessages {
    private static final boolean BIG = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN;

    private static final int SIZE = 64; // struct mmsghdr
    private static final int ADDRESS_LENGTH = 8;
    private static final int VECTOR = 16;
    private static final int VECTOR_COUNT = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_LENGTH = 40;

    private static final int ADDRESS_SIZE = 16; // struct sockaddr_in
    private static final int PORT = 2;
    private static final int IPV4 = 4;

    /** One with a word in it (cmsg(3)), and how far the next one is. */
    private static final int CONTROL_MESSAGE = 16 + Integer.BYTES;

    private static final int NEXT_CONTROL_MESSAGE = 24;
    private static final int CONTROL_SIZE = 2 * NEXT_CONTROL_MESSAGE;

    private final int most;
    private final Pieces pieces;
    private final Memory headers;
    private final Memory addresses;
    private final Memory controls;
    private final ByteBuffer header;
    private final ByteBuffer address;
    private final ByteBuffer control;
    private int count;
    private int firstPiece;

    /**
     * @param most messages
     * @param mostPieces of all of them together
     */
    public OutgoingMessages(int most, int mostPieces) {
        this.most = most;
        pieces = new Pieces(mostPieces);
        headers = new Memory(most * SIZE);
        addresses = new Memory(most * ADDRESS_SIZE);
        controls = new Memory(most * CONTROL_SIZE);
        header = headers.bytes();
        address = addresses.bytes();
        control = controls.bytes();
        for (int i = 0; i < most; i++) {
            address.putShort(i * ADDRESS_SIZE, (short) Syscall.AF_INET);
            header.putLong(i * SIZE, addresses.address() + (long) i * ADDRESS_SIZE);
            header.putInt(i * SIZE + ADDRESS_LENGTH, ADDRESS_SIZE);
            header.putLong(i * SIZE + CONTROL, controls.address() + (long) i * CONTROL_SIZE);
        }
    }

    public void clear() {
        count = 0;
        firstPiece = 0;
        pieces.clear();
    }

    public int count() {
        return count;
    }

    /** Whether there is no room for one more, with this many pieces. */
    public boolean isFullFor(int morePieces) {
        return count == most || pieces.count() + morePieces > pieces.most();
    }

    /** A message to this address and port, whose pieces are added next. */
    public void begin(int to, int port) {
        int at = count * ADDRESS_SIZE;
        address.putShort(at + PORT, network((short) port)).putInt(at + IPV4, network(to));
        header.putLong(count * SIZE + CONTROL_LENGTH, 0);
        firstPiece = pieces.count();
    }

    public void add(OffHeap data, int offset, int length) {
        pieces.add(data, offset, length);
    }

    /**
     * The message's headers have this type of service.
     *
     * @param length in so many datagrams as it is longer than this (udp(7), UDP_SEGMENT); zero for one
     */
    public void segment(int length, int typeOfService) {
        int at = count * CONTROL_SIZE;
        control.putLong(at, CONTROL_MESSAGE).putInt(at + 8, Syscall.SOL_IP).putInt(at + 12, Syscall.IP_TOS);
        control.putInt(at + 16, typeOfService);
        at += NEXT_CONTROL_MESSAGE;
        control.putLong(at, 16 + Short.BYTES).putInt(at + 8, Syscall.SOL_UDP).putInt(at + 12, Syscall.UDP_SEGMENT);
        control.putShort(at + 16, (short) length);
        header.putLong(count * SIZE + CONTROL_LENGTH, length == 0 ? NEXT_CONTROL_MESSAGE : CONTROL_SIZE);
    }

    public void end() {
        int at = count * SIZE;
        header.putLong(at + VECTOR, pieces.address(firstPiece)).putLong(at + VECTOR_COUNT, pieces.count() - firstPiece);
        count++;
    }

    long address(int index) {
        return headers.address() + (long) index * SIZE;
    }

    private static short network(short value) {
        return BIG ? value : Short.reverseBytes(value);
    }

    private static int network(int value) {
        return BIG ? value : Integer.reverseBytes(value);
    }
}
