package org.mooring.conformance.client;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;

/** Some octets. Integers in them are in network order. */
final class Octets {
    static final Octets NONE = new Octets(new byte[0]);

    private final byte[] bytes;

    private Octets(byte[] bytes) {
        this.bytes = bytes;
    }

    static Octets of(byte[] bytes) {
        return new Octets(bytes.clone());
    }

    static Octets hex(String digits) {
        return new Octets(HexFormat.of().parseHex(digits));
    }

    byte[] bytes() {
        return bytes.clone();
    }

    int length() {
        return bytes.length;
    }

    int u8(int offset) {
        return bytes[offset] & 0xff;
    }

    int u16(int offset) {
        return (u8(offset) << 8) | u8(offset + 1);
    }

    long u32(int offset) {
        return ((long) u16(offset) << 16) | u16(offset + 2);
    }

    long u64(int offset) {
        return (u32(offset) << 32) | u32(offset + 4);
    }

    Address address(int offset) {
        return new Address((int) u32(offset));
    }

    Mac mac(int offset) {
        return new Mac(((long) u16(offset) << 32) | u32(offset + 2));
    }

    Octets from(int offset) {
        return range(offset, length());
    }

    Octets range(int from, int to) {
        return new Octets(Arrays.copyOfRange(bytes, from, to));
    }

    Octets and(Octets more) {
        return new Fields().octets(this).octets(more).done();
    }

    /** The same with {@code value} added to the octet at {@code offset} by exclusive or. */
    Octets flipped(int offset, int value) {
        var changed = bytes.clone();
        changed[offset] ^= (byte) value;
        return new Octets(changed);
    }

    /** The sum of RFC 1071 over all octets, folded and complemented: zero over something that holds its own. */
    int checksum() {
        long sum = 0;
        for (int i = 0; i < bytes.length; i++) {
            sum += (long) u8(i) << (i % 2 == 0 ? 8 : 0);
        }
        while (sum >> 16 != 0) {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        return (int) ~sum & 0xffff;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Octets octets && Arrays.equals(bytes, octets.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes);
    }

    /** Writes one field after the other. */
    static final class Fields {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Fields u8(int value) {
            out.write(value);
            return this;
        }

        Fields u16(int value) {
            return u8(value >> 8).u8(value);
        }

        Fields u32(long value) {
            return u16((int) (value >> 16)).u16((int) value);
        }

        Fields u64(long value) {
            return u32(value >> 32).u32(value);
        }

        Fields address(Address address) {
            return u32(address.bits());
        }

        Fields mac(Mac mac) {
            return u16((int) (mac.bits() >> 32)).u32(mac.bits());
        }

        Fields octets(Octets octets) {
            out.writeBytes(octets.bytes);
            return this;
        }

        Octets done() {
            return new Octets(out.toByteArray());
        }
    }
}
