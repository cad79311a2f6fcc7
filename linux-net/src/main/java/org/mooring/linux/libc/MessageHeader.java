package org.mooring.linux.libc;

/** A {@code struct msghdr} that sends one piece of data to an address. */
public final class MessageHeader {
    private static final int SIZE = 56;
    private static final int ADDRESS = 0;
    private static final int ADDRESS_LENGTH = 8;
    private static final int VECTOR = 16;
    private static final int VECTOR_COUNT = 24;
    private static final int VECTOR_SIZE = 16; // struct iovec

    private final Memory memory = new Memory(SIZE);
    private final Memory vector = new Memory(VECTOR_SIZE);

    /** Sends {@code data} to {@code address}. */
    public MessageHeader(Memory address, Memory data) {
        vector.point(0, data);
        length(data.size());
        memory.point(ADDRESS, address).point(VECTOR, vector);
        memory.bytes().putInt(ADDRESS_LENGTH, address.size()).putLong(VECTOR_COUNT, 1);
    }

    /** Sends the first {@code octets} of the data only. */
    public void length(int octets) {
        vector.bytes().putLong(8, octets);
    }

    Memory memory() {
        return memory;
    }
}
