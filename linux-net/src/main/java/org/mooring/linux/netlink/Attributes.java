package org.mooring.linux.netlink;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;

/** The attributes of an answer, by type. One that is missing reads as zero or as empty. */
final class Attributes {
    private static final int HEADER_LENGTH = 4;
    private static final int TYPE = 0x3fff; // without NLA_F_NESTED and NLA_F_NET_BYTEORDER

    private final Map<Integer, ByteBuffer> values;

    private Attributes(Map<Integer, ByteBuffer> values) {
        this.values = values;
    }

    /** Reads the attributes that {@code octets} has left; what follows one whose length does not fit is left out. */
    static Attributes of(ByteBuffer octets) {
        ByteBuffer in = octets.slice().order(ByteOrder.nativeOrder());
        Map<Integer, ByteBuffer> values = new HashMap<>();
        while (in.remaining() >= HEADER_LENGTH) {
            int start = in.position();
            int length = in.getShort() & 0xffff;
            int type = in.getShort() & TYPE;
            if (length < HEADER_LENGTH || start + length > in.limit()) {
                break;
            }
            values.put(
                    type,
                    in.slice(start + HEADER_LENGTH, length - HEADER_LENGTH).order(ByteOrder.nativeOrder()));
            in.position(Math.min(NetlinkMessage.align(start + length), in.limit()));
        }
        return new Attributes(values);
    }

    int word(int type) {
        return get(type, Integer.BYTES).map(ByteBuffer::getInt).orElse(0);
    }

    int octet(int type) {
        return get(type, Byte.BYTES).map(value -> value.get() & 0xff).orElse(0);
    }

    String text(int type) {
        return get(type, 0).map(Attributes::upToZero).orElse("");
    }

    Optional<Inet4Address> address(int type) {
        return get(type, Ipv4.LENGTH).map(Ipv4::read);
    }

    /** {@link MacAddress#NONE} also where the link layer is not Ethernet. */
    MacAddress mac(int type) {
        return get(type, MacAddress.LENGTH)
                .filter(value -> value.remaining() == MacAddress.LENGTH)
                .map(MacAddress::read)
                .orElse(MacAddress.NONE);
    }

    Attributes nested(int type) {
        return of(octets(type));
    }

    /** The attributes that this one holds, each as one that holds others. */
    List<Attributes> list(int type) {
        ByteBuffer in = octets(type);
        List<Attributes> members = new ArrayList<>();
        while (in.remaining() >= HEADER_LENGTH) {
            int start = in.position();
            int length = in.getShort(start) & 0xffff;
            if (length < HEADER_LENGTH || start + length > in.limit()) {
                break;
            }
            members.add(of(in.slice(start + HEADER_LENGTH, length - HEADER_LENGTH)));
            in.position(Math.min(NetlinkMessage.align(start + length), in.limit()));
        }
        return members;
    }

    /** What the attribute holds, to be read. */
    ByteBuffer octets(int type) {
        return get(type, 0).orElseGet(() -> ByteBuffer.allocate(0));
    }

    boolean has(int type) {
        return values.containsKey(type);
    }

    private Optional<ByteBuffer> get(int type, int least) {
        return Optional.ofNullable(values.get(type))
                .filter(value -> value.remaining() >= least)
                .map(value -> value.duplicate().order(ByteOrder.nativeOrder()));
    }

    private static String upToZero(ByteBuffer value) {
        String text = StandardCharsets.UTF_8.decode(value).toString();
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }
}
