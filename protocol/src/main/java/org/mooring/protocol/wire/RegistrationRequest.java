package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * Registration Request (RFC 3344 §3.3).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+-+-+-+-+-+-+-+-+-------------------------------+
 * |   Type = 1    |S|B|D|M|G|r|T|x|           Lifetime            |
 * +---------------+-+-+-+-+-+-+-+-+-------------------------------+
 * |                         Home Address                          |
 * |                          Home Agent                           |
 * |                        Care-of Address                        |
 * |                     Identification (64)                       |
 * | Extensions ...
 * </pre>
 *
 * @param lifetime seconds; zero asks for deregistration, 0xffff is infinity
 */
public record RegistrationRequest(
        Flags flags,
        int lifetime,
        Ipv4Address homeAddress,
        Ipv4Address homeAgent,
        Ipv4Address careOfAddress,
        Identification identification,
        List<Extension> extensions)
        implements RegistrationMessage {
    public static final int TYPE = 1;
    public static final int FIXED_LENGTH = 24;

    public RegistrationRequest {
        if (lifetime >>> 16 != 0) {
            throw new IllegalArgumentException("a lifetime of " + lifetime + " does not fit in 16 bits");
        }
        extensions = List.copyOf(extensions);
    }

    public boolean isDeregistration() {
        return lifetime == 0;
    }

    /** Whether all care-of addresses are to go: the mobile node is at home again (RFC 3344 §3.8.2.2). */
    public boolean isDeregistrationOfAll() {
        return isDeregistration() && careOfAddress.equals(homeAddress);
    }

    /** The same, of a mobile node whose home address was found out otherwise (RFC 2794 §2). */
    public RegistrationRequest withHomeAddress(Ipv4Address found) {
        return new RegistrationRequest(flags, lifetime, found, homeAgent, careOfAddress, identification, extensions);
    }

    @Override
    public int fixedLength() {
        return FIXED_LENGTH;
    }

    @Override
    public void writeFixedPartTo(ByteBuf out) {
        out.writeByte(TYPE);
        out.writeByte(flags.octet());
        out.writeShort(lifetime);
        out.writeInt(homeAddress.bits());
        out.writeInt(homeAgent.bits());
        out.writeInt(careOfAddress.bits());
        out.writeLong(identification.bits());
    }

    /**
     * The octet {@code S B D M G r T x}, kept whole so that reserved bits survive relaying.
     *
     * @param octet 0..255
     */
    public record Flags(int octet) {
        public static final Flags NONE = new Flags(0);

        /** S: keep the other bindings. */
        public static final Flags SIMULTANEOUS_BINDINGS = new Flags(0x80);

        /** B: tunnel broadcasts of the home network too. */
        public static final Flags BROADCAST_DATAGRAMS = new Flags(0x40);

        /** D: the care-of address is co-located. */
        public static final Flags DECAPSULATION_BY_MOBILE_NODE = new Flags(0x20);

        /** M. */
        public static final Flags MINIMAL_ENCAPSULATION = new Flags(0x10);

        /** G. */
        public static final Flags GRE_ENCAPSULATION = new Flags(0x08);

        /** T (RFC 3024 §3.2). */
        public static final Flags REVERSE_TUNNELING = new Flags(0x02);

        /** r and x: sent as zero. */
        public static final Flags RESERVED = new Flags(0x05);

        public Flags {
            if (octet >>> 8 != 0) {
                throw new IllegalArgumentException(octet + " is not an octet");
            }
        }

        /** The flags that are set in either. */
        public Flags plus(Flags others) {
            return new Flags(octet | others.octet);
        }

        public boolean simultaneousBindings() {
            return intersects(SIMULTANEOUS_BINDINGS);
        }

        public boolean broadcastDatagrams() {
            return intersects(BROADCAST_DATAGRAMS);
        }

        public boolean decapsulationByMobileNode() {
            return intersects(DECAPSULATION_BY_MOBILE_NODE);
        }

        public boolean minimalEncapsulation() {
            return intersects(MINIMAL_ENCAPSULATION);
        }

        public boolean greEncapsulation() {
            return intersects(GRE_ENCAPSULATION);
        }

        public boolean reverseTunneling() {
            return intersects(REVERSE_TUNNELING);
        }

        public boolean reserved() {
            return intersects(RESERVED);
        }

        private boolean intersects(Flags others) {
            return (octet & others.octet) != 0;
        }

        /** The flags' letters, as in {@code DT}. */
        @Override
        public String toString() {
            var letters = new StringBuilder();
            for (int bit = 0; bit < 8; bit++) {
                if ((octet & (0x80 >> bit)) != 0) {
                    letters.append("SBDMGrTx".charAt(bit));
                }
            }
            return letters.isEmpty() ? "-" : letters.toString();
        }
    }
}
