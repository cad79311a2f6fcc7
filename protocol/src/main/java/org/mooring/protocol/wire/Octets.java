package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;

/** Immutable octets with value equality, so that records can hold them. Numbers are in network order. */
public final class Octets {
    public static final Octets EMPTY = new Octets(new byte[0]);

    private final byte[] bytes;

    private Octets(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A copy of {@code bytes}. */
    public static Octets of(byte... bytes) {
        return new Octets(bytes.clone());
    }

    /**
     * Reads pairs of hexadecimal digits; white space between pairs is ignored.
     *
     * @throws IllegalArgumentException if anything else is found
     */
    public static Octets ofHex(String hex) {
        return new Octets(HexFormat.of().parseHex(hex.replaceAll("\\s", "")));
    }

    /** A copy of what is readable in {@code buffer}, whose indices stay as they are. */
    public static Octets copyOf(ByteBuf buffer) {
        var bytes = new byte[buffer.readableBytes()];
        buffer.getBytes(buffer.readerIndex(), bytes);
        return new Octets(bytes);
    }

    /** A copy of what remains in {@code buffer}, whose position stays as it is. */
    public static Octets copyOf(ByteBuffer buffer) {
        var bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return new Octets(bytes);
    }

    public int length() {
        return bytes.length;
    }

    /** The octet at {@code index}, 0..255. */
    public int unsignedByte(int index) {
        return bytes[index] & 0xff;
    }

    /** The 16 bits at {@code index}, 0..65535. */
    public int unsignedShort(int index) {
        return (unsignedByte(index) << 8) | unsignedByte(index + 1);
    }

    /** The 32 bits at {@code index}. */
    public int int32(int index) {
        return (unsignedShort(index) << 16) | unsignedShort(index + 2);
    }

    /** The octets from {@code from} up to and not including {@code to}. */
    public Octets slice(int from, int to) {
        Objects.checkFromToIndex(from, to, bytes.length);
        return from == to ? EMPTY : new Octets(Arrays.copyOfRange(bytes, from, to));
    }

    /** The octets from {@code from} to the end. */
    public Octets slice(int from) {
        return slice(from, bytes.length);
    }

    /** These octets, then {@code next}. */
    public Octets concat(Octets next) {
        var joined = Arrays.copyOf(bytes, bytes.length + next.bytes.length);
        System.arraycopy(next.bytes, 0, joined, bytes.length, next.bytes.length);
        return new Octets(joined);
    }

    public byte[] toByteArray() {
        return bytes.clone();
    }

    public void writeTo(ByteBuf buffer) {
        buffer.writeBytes(bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Octets octets && Arrays.equals(bytes, octets.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Lower-case hexadecimal. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes);
    }
}
