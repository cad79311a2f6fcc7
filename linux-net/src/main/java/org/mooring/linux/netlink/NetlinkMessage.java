package org.mooring.linux.netlink;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.mooring.linux.MacAddress;

/** A request under construction: {@code struct nlmsghdr}, a body of fixed fields, then attributes (netlink(7), rtnetlink(7)). */
final class NetlinkMessage {
    static final int HEADER_LENGTH = 16;

    static final int NLM_F_REQUEST = 0x001;
    static final int NLM_F_ACK = 0x004;
    static final int NLM_F_DUMP = 0x300;
    static final int NLM_F_REPLACE = 0x100;
    static final int NLM_F_EXCL = 0x200;
    static final int NLM_F_CREATE = 0x400;

    private static final int ALIGNMENT = 4;
    private static final int CAPACITY = 512;
    private static final int NLA_F_NESTED = 0x8000;

    private final ByteBuffer bytes;

    NetlinkMessage(int type, int flags) {
        this(type, flags, CAPACITY);
    }

    /** @param capacity octets that it will have at most */
    NetlinkMessage(int type, int flags, int capacity) {
        bytes = ByteBuffer.allocate(capacity).order(ByteOrder.nativeOrder());
        bytes.putShort(4, (short) type)
                .putShort(6, (short) (flags | NLM_F_REQUEST))
                .position(HEADER_LENGTH);
    }

    NetlinkMessage octets(int... values) {
        for (int value : values) {
            bytes.put((byte) value);
        }
        return this;
    }

    NetlinkMessage half(int value) {
        bytes.putShort((short) value);
        return this;
    }

    NetlinkMessage word(int value) {
        bytes.putInt(value);
        return this;
    }

    NetlinkMessage address(Inet4Address address) {
        bytes.put(address.getAddress());
        return this;
    }

    /** Text that ends with its attribute. */
    NetlinkMessage text(String text) {
        bytes.put(text.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    /** A word in network byte order. */
    NetlinkMessage network(int type, int word) {
        return nested(
                type,
                message -> message.word(
                        ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? word : Integer.reverseBytes(word)));
    }

    NetlinkMessage attribute(int type, int word) {
        return nested(type, message -> message.word(word));
    }

    NetlinkMessage octet(int type, int octet) {
        return nested(type, message -> message.octets(octet));
    }

    NetlinkMessage attribute(int type, String text) {
        return nested(
                type,
                message ->
                        message.bytes.put(text.getBytes(StandardCharsets.UTF_8)).put((byte) 0));
    }

    NetlinkMessage attribute(int type, Inet4Address address) {
        return nested(type, message -> message.address(address));
    }

    NetlinkMessage attribute(int type, MacAddress mac) {
        return nested(type, message -> mac.write(message.bytes));
    }

    /** An attribute that holds what {@code content} adds: fields or other attributes. */
    NetlinkMessage nested(int type, Consumer<NetlinkMessage> content) {
        int start = bytes.position();
        bytes.putShort((short) 0).putShort((short) type);
        content.accept(this);
        bytes.putShort(start, (short) (bytes.position() - start));
        bytes.position(align(bytes.position()));
        return this;
    }

    /** As {@link #nested}, marked as holding attributes, where the kernel insists on that. */
    NetlinkMessage nest(int type, Consumer<NetlinkMessage> attributes) {
        return nested(type | NLA_F_NESTED, attributes);
    }

    /** Where the next message or attribute begins after one that ends at {@code offset}. */
    static int align(int offset) {
        return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** The message as it is sent, with {@code further} flags beside its own. */
    ByteBuffer toOctets(int further, int sequence) {
        ByteBuffer out = ByteBuffer.allocate(bytes.position()).order(ByteOrder.nativeOrder());
        write(out, further, sequence);
        return out.flip();
    }

    /** Writes what {@link #toOctets} makes to where {@code out} stands. */
    void write(ByteBuffer out, int further, int sequence) {
        int start = out.position();
        out.put(bytes.array(), 0, bytes.position());
        out.putInt(start, bytes.position())
                .putShort(start + 6, (short) (bytes.getShort(6) | further))
                .putInt(start + 8, sequence);
    }
}
