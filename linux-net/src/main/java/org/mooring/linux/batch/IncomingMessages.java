package org.mooring.linux.batch;

import java.nio.ByteBuffer;
import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.Syscall;

/**
 * Messages that are received together: an array of {@code struct mmsghdr}, each with room for the sender's address, data and control
 * messages. Makes no garbage once it is there.
 */
public final class IncomingMessages {
    private static final int SIZE = 64; // struct mmsghdr
    private static final int ADDRESS_LENGTH = 8;
    private static final int VECTOR = 16;
    private static final int VECTOR_COUNT = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int FLAGS = 48;
    private static final int LENGTH = 56;

    private static final int ADDRESS_SIZE = 16; // struct sockaddr_in
    private static final int PORT = 2;
    private static final int IPV4 = 4;
    private static final int CONTROL_SIZE = 128;
    private static final int CONTROL_HEADER = 16; // struct cmsghdr
    private static final int TRUNCATED = 0x20; // MSG_TRUNC

    private final int most;
    private final int size;
    private final int headroom;
    private final OffHeap data;
    private final Pieces pieces;
    private final Memory headers;
    private final Memory addresses;
    private final Memory controls;
    private final ByteBuffer header;
    private final ByteBuffer address;
    private final ByteBuffer control;

    /**
     * @param most messages at once
     * @param size in octets, of the longest
     * @param headroom in octets, before each
     */
    public IncomingMessages(int most, int size, int headroom) {
        this.most = most;
        this.size = size;
        this.headroom = headroom;
        data = new OffHeap(most * (headroom + size));
        pieces = new Pieces(most);
        headers = new Memory(most * SIZE);
        addresses = new Memory(most * ADDRESS_SIZE);
        controls = new Memory(most * CONTROL_SIZE);
        header = headers.bytes();
        address = addresses.octets();
        control = controls.bytes();
        for (int i = 0; i < most; i++) {
            pieces.add(data, offset(i), size);
            header.putLong(i * SIZE, addresses.address() + (long) i * ADDRESS_SIZE);
            header.putLong(i * SIZE + VECTOR, pieces.address(i)).putLong(i * SIZE + VECTOR_COUNT, 1);
            header.putLong(i * SIZE + CONTROL, controls.address() + (long) i * CONTROL_SIZE);
        }
    }

    /** Where they all are. */
    public OffHeap data() {
        return data;
    }

    public int offset(int index) {
        return index * (headroom + size) + headroom;
    }

    /** In octets; zero for one that was longer than there was room for. */
    public int length(int index) {
        boolean truncated = (header.getInt(index * SIZE + FLAGS) & TRUNCATED) != 0;
        return truncated ? 0 : header.getInt(index * SIZE + LENGTH);
    }

    public int source(int index) {
        return address.getInt(index * ADDRESS_SIZE + IPV4);
    }

    public int sourcePort(int index) {
        return address.getShort(index * ADDRESS_SIZE + PORT) & 0xffff;
    }

    /** What each of the datagrams has that came as one, but for the last (udp(7), UDP_GRO); zero if it is one. */
    public int segment(int index) {
        int at = find(index, Syscall.SOL_UDP, Syscall.UDP_GRO);
        return at < 0 ? 0 : control.getInt(at);
    }

    /** If the socket was asked to tell it; zero otherwise. */
    public int typeOfService(int index) {
        int at = find(index, Syscall.SOL_IP, Syscall.IP_TOS);
        return at < 0 ? 0 : control.get(at) & 0xff;
    }

    private int find(int index, int level, int type) {
        int at = index * CONTROL_SIZE;
        int end = at + (int) header.getLong(index * SIZE + CONTROL_LENGTH);
        while (at + CONTROL_HEADER <= end) {
            long length = control.getLong(at);
            if (control.getInt(at + 8) == level && control.getInt(at + 12) == type) {
                return at + CONTROL_HEADER;
            }
            at += (int) ((length + 7) & ~7L);
        }
        return -1;
    }

    long receive(int socket) {
        for (int i = 0; i < most; i++) {
            header.putInt(i * SIZE + ADDRESS_LENGTH, ADDRESS_SIZE).putLong(i * SIZE + CONTROL_LENGTH, CONTROL_SIZE);
        }
        return Syscall.recvmmsg(socket, headers.address(), most);
    }
}
