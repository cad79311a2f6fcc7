package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * One extension of an Agent Advertisement (RFC 3344 §2.1). Their types are another space than those of {@link
 * Extension}.
 */
public sealed interface AdvertisementExtension {
    int type();

    /** Octets on the wire, header included. */
    int length();

    /** Writes {@link #length()} octets, header included. */
    void writeTo(ByteBuf out);

    /**
     * Mobility Agent Advertisement Extension (RFC 3344 §2.1.1).
     *
     * @param sequence 0 after the agent's start, 256 after 0xffff (§2.3.2)
     * @param registrationLifetime the longest lifetime that the agent accepts, in seconds; 0xffff is infinity
     * @param flags {@code R B H F M G r T U X}, then bits that are ignored, and kept
     */
    record MobilityAgent(int sequence, int registrationLifetime, int flags, List<Ipv4Address> careOfAddresses)
            implements AdvertisementExtension {
        public static final int TYPE = 16;

        /** R: register through this agent even with a co-located care-of address. */
        public static final int REGISTRATION_REQUIRED = 0x8000;

        /** B: no new mobile nodes. */
        public static final int BUSY = 0x4000;

        /** H. */
        public static final int HOME_AGENT = 0x2000;

        /** F. */
        public static final int FOREIGN_AGENT = 0x1000;

        /** M: takes what is minimally encapsulated. */
        public static final int MINIMAL_ENCAPSULATION = 0x0800;

        /** G: takes what is encapsulated in GRE. */
        public static final int GRE_ENCAPSULATION = 0x0400;

        /** T (RFC 3024 §3.1). */
        public static final int REVERSE_TUNNELING = 0x0100;

        /** U: is behind a NAT and tunnels in UDP (RFC 3519 §3.4). */
        public static final int UDP_TUNNELING = 0x0080;

        /** X: revokes registrations (RFC 3543 §3.1). */
        public static final int REVOCATION = 0x0040;

        /** From R on; r is reserved. */
        private static final String FLAG_LETTERS = "RBHFMGrTUX";

        static final int LEAST_DATA = 6;
        private static final int MOST_ADDRESSES = (255 - LEAST_DATA) / Integer.BYTES;

        public MobilityAgent {
            Field.requireUnsigned(16, sequence);
            Field.requireUnsigned(16, registrationLifetime);
            Field.requireUnsigned(16, flags);
            careOfAddresses = List.copyOf(careOfAddresses);
            if (careOfAddresses.size() > MOST_ADDRESSES) {
                throw new IllegalArgumentException(careOfAddresses.size() + " care-of addresses do not fit");
            }
        }

        public boolean has(int flag) {
            return (flags & flag) != 0;
        }

        /** The letters of the flags that are set, as in {@code FT}. */
        public String flagLetters() {
            var letters = new StringBuilder();
            for (int i = 0; i < FLAG_LETTERS.length(); i++) {
                if (has(REGISTRATION_REQUIRED >>> i)) {
                    letters.append(FLAG_LETTERS.charAt(i));
                }
            }
            return letters.toString();
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int length() {
            return 2 + LEAST_DATA + Integer.BYTES * careOfAddresses.size();
        }

        @Override
        public void writeTo(ByteBuf out) {
            out.writeByte(TYPE);
            out.writeByte(length() - 2);
            out.writeShort(sequence);
            out.writeShort(registrationLifetime);
            out.writeShort(flags);
            careOfAddresses.forEach(address -> out.writeInt(address.bits()));
        }
    }

    /**
     * Prefix-Lengths Extension (RFC 3344 §2.1.2).
     *
     * @param octets one for each router of the advertisement
     */
    record PrefixLengths(Octets octets) implements AdvertisementExtension {
        public static final int TYPE = 19;

        public PrefixLengths {
            Field.requireAtMost(255, octets);
        }

        /** The length of each router's network, in their order. */
        public static PrefixLengths of(int... lengths) {
            var octets = new byte[lengths.length];
            for (int i = 0; i < octets.length; i++) {
                octets[i] = (byte) lengths[i];
            }
            return new PrefixLengths(Octets.of(octets));
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int length() {
            return 2 + octets.length();
        }

        @Override
        public void writeTo(ByteBuf out) {
            out.writeByte(TYPE);
            out.writeByte(octets.length());
            octets.writeTo(out);
        }
    }

    /** Challenge Extension (RFC 4721 §2): what the next request shall say again, so that it is one of now. */
    record Challenge(Octets value) implements AdvertisementExtension {
        public static final int TYPE = 24;

        public Challenge {
            Field.requireAtMost(255, value);
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int length() {
            return 2 + value.length();
        }

        @Override
        public void writeTo(ByteBuf out) {
            out.writeByte(TYPE);
            out.writeByte(value.length());
            value.writeTo(out);
        }
    }

    /** One octet that makes the message's length even (RFC 3344 §2.1.3). */
    record Padding() implements AdvertisementExtension {
        public static final int TYPE = 0;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int length() {
            return 1;
        }

        @Override
        public void writeTo(ByteBuf out) {
            out.writeByte(TYPE);
        }
    }

    /** A type in 128..255: ignored, kept (RFC 3344 §1.8). */
    record Skippable(int type, Octets data) implements AdvertisementExtension {
        static final int FIRST_TYPE = 128;

        public Skippable {
            if (type < FIRST_TYPE || type > 255) {
                throw new IllegalArgumentException("type " + type + " is not skippable");
            }
            Field.requireAtMost(255, data);
        }

        @Override
        public int length() {
            return 2 + data.length();
        }

        @Override
        public void writeTo(ByteBuf out) {
            out.writeByte(type);
            out.writeByte(data.length());
            data.writeTo(out);
        }
    }
}
