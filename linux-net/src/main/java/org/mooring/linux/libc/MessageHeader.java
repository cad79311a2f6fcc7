package org.mooring.linux.libc;

import java.nio.ByteBuffer;

/** A {@code struct msghdr} with an address, one piece of data and, for receiving, control messages. */
public final class MessageHeader {
    private static final int SIZE = 56;
    private static final int ADDRESS = 0;
    private static final int ADDRESS_LENGTH = 8;
    private static final int VECTOR = 16;
    private static final int VECTOR_COUNT = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int VECTOR_SIZE = 16; // struct iovec

    private final Memory memory = new Memory(SIZE);
    private final Memory address;
    private final Memory vector = new Memory(VECTOR_SIZE);
    private final Memory control;

    /** Sends {@code data} to {@code address}. */
    public MessageHeader(Memory address, Memory data) {
        this(address, data, new Memory(0));
    }

    /** Receives into {@code data}, the sender's address and the facts about it into the others. */
    public MessageHeader(Memory address, Memory data, Memory control) {
        this.address = address;
        this.control = control;
        vector.point(0, data);
        length(data.size());
        memory.point(ADDRESS, address).point(VECTOR, vector).point(CONTROL, control);
        memory.bytes().putLong(VECTOR_COUNT, 1);
        reset();
    }

    /** Sends the first {@code octets} of the data only. */
    public void length(int octets) {
        vector.bytes().putLong(8, octets);
    }

    /** Sets the lengths again that receiving changed. */
    public void reset() {
        memory.bytes().putInt(ADDRESS_LENGTH, address.size()).putLong(CONTROL_LENGTH, control.size());
    }

    /** The control messages that came. */
    public ByteBuffer control() {
        return control.bytes().limit((int) memory.bytes().getLong(CONTROL_LENGTH));
    }

    Memory memory() {
        return memory;
    }
}
