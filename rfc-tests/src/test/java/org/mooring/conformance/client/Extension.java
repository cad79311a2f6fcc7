package org.mooring.conformance.client;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.mooring.conformance.client.Octets.Fields;

/**
 * An extension (RFC 5944 §1.9) where it stands in a message.
 *
 * @param offset of its type
 */
record Extension(int offset, int type, Octets data) {
    static final int MOBILE_HOME = 32;
    static final int MOBILE_FOREIGN = 33;
    static final int FOREIGN_HOME = 34;
    static final int CRITICAL_VENDOR = 38;
    static final int UDP_TUNNEL_REPLY = 44;
    static final int FOREIGN_AGENT_ERROR = 45;
    static final int ENCAPSULATING_DELIVERY = 130;
    static final int NAI = 131;
    static final int CHALLENGE = 132;
    static final int VENDOR = 134;
    static final int REVOCATION_SUPPORT = 137;
    static final int DYNAMIC_HOME_AGENT = 139;
    static final int UDP_TUNNEL_REQUEST = 144;

    private static final int PADDING = 0;

    /** Those with a length of two octets, behind a subtype or something reserved. */
    private static final Set<Integer> LONG = Set.of(36, CRITICAL_VENDOR, 47);

    static Octets octets(int type, Octets data) {
        return new Fields().u8(type).u8(data.length()).octets(data).done();
    }

    /** RFC 2794 §2. */
    static Octets nai(String name) {
        return octets(NAI, Octets.of(name.getBytes(StandardCharsets.US_ASCII)));
    }

    /** Requested Home Agent (RFC 4433 §3.4, erratum 898). */
    static Octets requested(Address homeAgent) {
        return octets(DYNAMIC_HOME_AGENT, new Fields().u8(1).address(homeAgent).done());
    }

    /** The same as the RFC draws it: the subtype first, then a length of two octets. */
    static Octets requestedInLongForm(Address homeAgent) {
        return new Fields()
                .u8(DYNAMIC_HOME_AGENT)
                .u8(1)
                .u16(4)
                .address(homeAgent)
                .done();
    }

    /** Authenticated by the association of the node that sends it, with foreign-home authentication (RFC 5563 §5.1). */
    static Octets perNodeAuthentication() {
        return new Fields().u8(47).u8(1).u16(1).u8(1).done();
    }

    /** A critical extension of a vendor that nobody knows (RFC 3115 §2.1), whose length has two octets. */
    static Octets critical() {
        return new Fields()
                .u8(CRITICAL_VENDOR)
                .u8(0)
                .u16(4 + 2 + 3)
                .u32(9_999_999)
                .u16(7)
                .octets(Octets.hex("010203"))
                .done();
    }

    /** The one of {@code type} among {@code all}. */
    static Extension only(int type, List<Extension> all) {
        var found = all.stream().filter(extension -> extension.type() == type).toList();
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " extensions of type " + type + " among " + all);
        }
        return found.get(0);
    }

    /** All from {@code offset} to the end of {@code message}, but for padding (§1.8), whichever header they have (§1.9, 1.10, RFC 3115 §2.1). */
    static List<Extension> all(Octets message, int offset) {
        var found = new ArrayList<Extension>();
        int next = offset;
        while (next < message.length()) {
            int type = message.u8(next);
            if (type == PADDING) {
                next++;
            } else {
                int length = header(type) == 2 ? message.u8(next + 1) : message.u16(next + 2);
                int data = next + header(type);
                var extension = new Extension(next, type, message.range(data, data + length));
                found.add(extension);
                next = extension.end();
            }
        }
        return found;
    }

    private static int header(int type) {
        return LONG.contains(type) ? 4 : 2;
    }

    int end() {
        return offset + header(type) + data.length();
    }
}
