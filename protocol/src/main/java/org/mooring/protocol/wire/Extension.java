package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * One extension of a message, in wire order (RFC 3344 §1.8-§1.11). Decoding keeps every octet, so that
 * encode(decode(x)) is x.
 *
 * <p>A type in 0..127 is recognised only where it has a record here that every agent knows how to honour or refuse: an
 * agent that does not implement a type does not recognise it, and RFC 3344 §1.8 makes it discard the whole message
 * then.
 */
public sealed interface Extension
        permits Extension.Authentication,
                Extension.CriticalVendorSpecific,
                Extension.DeviceId,
                Extension.GeneralizedAuthentication,
                Extension.Nai,
                Extension.NormalVendorSpecific,
                Extension.Padding,
                Extension.Skippable,
                Extension.UdpTunnelReply,
                Challenge,
                DynamicHomeAgent,
                EncapsulatingDelivery,
                ForeignAgentError,
                ProxyAuthenticationMethod,
                RevocationSupport,
                UdpTunnelRequest {
    int type();

    /** Octets on the wire, header included. */
    int length();

    /** Writes {@link #length()} octets, header included. */
    void writeTo(ByteBuf out);

    /**
     * Whether this extension makes a registration acceptable to the home agent (RFC 3344 §1.6): Mobile-Home
     * Authentication, and the MN-AAA form of generalized authentication (RFC 4721 §6).
     */
    default boolean isAuthorizationEnabling() {
        return false;
    }

    /**
     * Mobile-Home, Mobile-Foreign or Foreign-Home Authentication (RFC 3344 §3.5.2-§3.5.4). It covers every octet from
     * the message type up to and including its own SPI.
     *
     * @param spi unsigned
     */
    record Authentication(Kind kind, int spi, Octets authenticator) implements Extension {
        /** Octets from the extension's first one to the authenticator. */
        public static final int AUTHENTICATOR_OFFSET = 6;

        /** Between whom the mobility security association is. */
        public enum Kind {
            MOBILE_HOME(32),
            MOBILE_FOREIGN(33),
            FOREIGN_HOME(34);

            private final int type;

            Kind(int type) {
                this.type = type;
            }

            public int type() {
                return type;
            }
        }

        public Authentication {
            Field.requireAtMost(251, authenticator);
        }

        @Override
        public int type() {
            return kind.type;
        }

        @Override
        public int length() {
            return AUTHENTICATOR_OFFSET + authenticator.length();
        }

        @Override
        public void writeTo(ByteBuf out) {
            out.writeByte(kind.type);
            out.writeByte(4 + authenticator.length());
            out.writeInt(spi);
            authenticator.writeTo(out);
        }

        @Override
        public boolean isAuthorizationEnabling() {
            return kind == Kind.MOBILE_HOME;
        }
    }

    /**
     * Generalized Mobile IP Authentication (RFC 4721 §5), which has the long header of RFC 3344 §1.10. Recognised so
     * that it counts as authorization-enabling: no agent here can verify it, hence none accepts a registration that
     * rests on it.
     *
     * @param subtype 1 for MN-AAA
     * @param spi unsigned
     */
    record GeneralizedAuthentication(int subtype, int spi, Octets authenticator) implements Extension {
        public static final int TYPE = 36;
        public static final int MN_AAA = 1;

        /** RFC 4721 §5: its Length is 20 at least, which is an authenticator of 16 octets. */
        static final int LEAST_LENGTH = 4 + 20;

        public GeneralizedAuthentication {
            Field.requireUnsigned(8, subtype);
            Field.requireAtMost(65531, authenticator);
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int length() {
            return 8 + authenticator.length();
        }

        @Override
        public void writeTo(ByteBuf out) {
            out.writeByte(TYPE);
            out.writeByte(subtype);
            out.writeShort(4 + authenticator.length());
            out.writeInt(spi);
            authenticator.writeTo(out);
        }

        @Override
        public boolean isAuthorizationEnabling() {
            return subtype == MN_AAA;
        }
    }

    /**
     * Critical Vendor/Organization Specific Extension (RFC 3115 §2.1). A receiver that does not know it must reject the
     * message: home agent 140 or 141, foreign agent 100 or 101 (§2.4).
     *
     * @param reserved sent as zero, ignored, kept
     * @param vendor the enterprise number
     */
    record CriticalVendorSpecific(int reserved, int vendor, int vendorType, Octets value) implements Extension {
        public static final int TYPE = 38;

        public CriticalVendorSpecific {
            Field.requireUnsigned(8, reserved);
            Field.requireUnsigned(16, vendorType);
            Field.requireAtMost(65529, value);
        }

        public CriticalVendorSpecific(int vendor, int vendorType, Octets value) {
            this(0, vendor, vendorType, value);
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int length() {
            return 10 + value.length();
        }

        @Override
        public void writeTo(ByteBuf out) {
            out.writeByte(TYPE);
            out.writeByte(reserved);
            out.writeShort(6 + value.length());
            out.writeInt(vendor);
            out.writeShort(vendorType);
            value.writeTo(out);
        }
    }

    /**
     * UDP Tunnel Reply (RFC 3519 §3.2), the answer to a request with a UDP Tunnel Request. An agent that asked for no
     * UDP tunnel must not act on a reply that has one.
     *
     * @param subtype zero, kept
     * @param replyCode below 64 assents
     * @param flags F in the most significant of 16 bits, the others reserved and kept
     * @param keepalive seconds; zero leaves it to the mobile node
     */
    record UdpTunnelReply(int subtype, int replyCode, int flags, int keepalive) implements Extension {
        public static final int TYPE = 44;

        /** F: there is a UDP tunnel because it was forced, be there a NAT or not. */
        public static final int FORCED = 0x8000;

        private static final int WILL_TUNNEL = 0;
        private static final int DECLINED = 64;

        public UdpTunnelReply {
            Field.requireUnsigned(8, subtype);
            Field.requireUnsigned(8, replyCode);
            Field.requireUnsigned(16, flags);
            Field.requireUnsigned(16, keepalive);
        }

        public static UdpTunnelReply assenting(boolean forced, int keepalive) {
            return new UdpTunnelReply(0, WILL_TUNNEL, forced ? FORCED : 0, keepalive);
        }

        public static UdpTunnelReply declining() {
            return new UdpTunnelReply(0, DECLINED, 0, 0);
        }

        /** Whether packets are to be tunnelled in UDP (§3.2.1). */
        public boolean assents() {
            return subtype == 0 && replyCode < DECLINED;
        }

        public boolean isForced() {
            return (flags & FORCED) != 0;
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int length() {
            return 8;
        }

        @Override
        public void writeTo(ByteBuf out) {
            out.writeByte(TYPE);
            out.writeByte(6);
            out.writeByte(subtype);
            out.writeByte(replyCode);
            out.writeShort(flags);
            out.writeShort(keepalive);
        }
    }

    /** Mobile Node NAI (RFC 2794 §2): who the mobile node is, whatever its address. */
    record Nai(Octets identifier) implements Extension {
        public static final int TYPE = 131;

        public Nai {
            Field.requireAtMost(255, identifier);
        }

        public static Nai of(String identifier) {
            return new Nai(Octets.of(identifier.getBytes(StandardCharsets.UTF_8)));
        }

        /** The identifier as text; what is not UTF-8 in it is shown replaced. */
        public String text() {
            return new String(identifier.toByteArray(), StandardCharsets.UTF_8);
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int length() {
            return 2 + identifier.length();
        }

        @Override
        public void writeTo(ByteBuf out) {
            out.writeByte(TYPE);
            out.writeByte(identifier.length());
            identifier.writeTo(out);
        }
    }

    /**
     * Normal Vendor/Organization Specific Extension (RFC 3115 §2.2): skipped by a receiver that does not know it.
     *
     * @param reserved sent as zero, ignored, kept
     * @param vendor the enterprise number
     */
    record NormalVendorSpecific(int reserved, int vendor, int vendorType, Octets value) implements Extension {
        public static final int TYPE = 134;

        public NormalVendorSpecific {
            Field.requireUnsigned(16, reserved);
            Field.requireUnsigned(16, vendorType);
            Field.requireAtMost(247, value);
        }

        public NormalVendorSpecific(int vendor, int vendorType, Octets value) {
            this(0, vendor, vendorType, value);
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int length() {
            return 10 + value.length();
        }

        @Override
        public void writeTo(ByteBuf out) {
            out.writeByte(TYPE);
            out.writeByte(8 + value.length());
            out.writeShort(reserved);
            out.writeInt(vendor);
            out.writeShort(vendorType);
            value.writeTo(out);
        }
    }

    /**
     * The Device Identifier sub-type of the PMIPv4 skippable extension (RFC 5563 §5.3), which names the mobile node's
     * device whoever sends the request for it. The header is the short one of RFC 3344 §1.11.
     *
     * @param idType 1 for an Ethernet MAC address
     */
    record DeviceId(int idType, Octets identifier) implements Extension {
        public static final int TYPE = 147;
        public static final int SUBTYPE = 2;
        public static final int ETHERNET_MAC = 1;

        public DeviceId {
            Field.requireUnsigned(8, idType);
            Field.requireAtMost(253, identifier);
        }

        /**
         * The identifier of an Ethernet device.
         *
         * @param mac six octets
         */
        public static DeviceId ethernet(Octets mac) {
            if (mac.length() != 6) {
                throw new IllegalArgumentException("an Ethernet address has 6 octets, not " + mac.length());
            }
            return new DeviceId(ETHERNET_MAC, mac);
        }

        /** Whether the identifier is an Ethernet address. */
        public boolean isEthernet() {
            return idType == ETHERNET_MAC && identifier.length() == 6;
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int length() {
            return 4 + identifier.length();
        }

        @Override
        public void writeTo(ByteBuf out) {
            out.writeByte(TYPE);
            out.writeByte(2 + identifier.length());
            out.writeByte(SUBTYPE);
            out.writeByte(idType);
            identifier.writeTo(out);
        }
    }

    /** One octet that means nothing (RFC 3344 §2.1.3, RFC 5944 §1.8): type 0 has neither length nor data. */
    record Padding() implements Extension {
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

    /** A type in 128..255 without a record of its own: ignored but kept (RFC 3344 §1.8). */
    record Skippable(int type, Octets data) implements Extension {
        public Skippable {
            if (type < 128 || type > 255) {
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
