package org.mooring.conformance.client;

/** The Code field of a Registration Reply: RFC 5944 §3.4, RFC 3024 §3.4, RFC 2794 §5, RFC 3115 §2.4, RFC 3519 §3.5, RFC 4433 §7, RFC 4721 §10, RFC 5563 §12.2. */
final class Code {
    static final int ACCEPTED = 0;
    static final int ACCEPTED_WITHOUT_OTHER_BINDINGS = 1;

    static final int FA_INSUFFICIENT_RESOURCES = 66;
    static final int FA_MOBILE_NODE_FAILED_AUTHENTICATION = 67;
    static final int FA_HOME_AGENT_FAILED_AUTHENTICATION = 68;
    static final int FA_LIFETIME_TOO_LONG = 69;
    static final int FA_POORLY_FORMED_REQUEST = 70;
    static final int FA_ENCAPSULATION_UNAVAILABLE = 72;
    static final int FA_REVERSE_TUNNEL_UNAVAILABLE = 74;
    static final int FA_REVERSE_TUNNEL_MANDATORY = 75;
    static final int FA_MOBILE_NODE_TOO_DISTANT = 76;
    static final int FA_INVALID_CARE_OF_ADDRESS = 77;
    static final int FA_REGISTRATION_TIMEOUT = 78;
    static final int FA_DELIVERY_STYLE_NOT_SUPPORTED = 79;
    static final int FA_HOME_NETWORK_UNREACHABLE = 80;
    static final int FA_HOME_AGENT_HOST_UNREACHABLE = 81;
    static final int FA_HOME_AGENT_PORT_UNREACHABLE = 82;
    static final int FA_HOME_AGENT_UNREACHABLE = 88;
    static final int FA_HOME_AGENT_REQUIRED = 90;
    static final int FA_HOME_ADDRESS_REQUIRED = 96;
    static final int FA_MISSING_NAI = 97;
    static final int FA_MISSING_HOME_AGENT = 98;
    static final int FA_MISSING_HOME_ADDRESS = 99;
    static final int FA_UNKNOWN_VENDOR_EXTENSION_OF_MOBILE_NODE = 100;
    static final int FA_UNKNOWN_VENDOR_EXTENSION_OF_HOME_AGENT = 101;

    /** 194 in the text, which is no code of a foreign agent (§6): corrected by erratum 3116. */
    static final int FA_INVALID_HOME_AGENT_ADDRESS = 116;

    static final int FA_UNKNOWN_CHALLENGE = 104;
    static final int FA_MISSING_CHALLENGE = 105;
    static final int FA_STALE_CHALLENGE = 106;

    static final int HA_ADMINISTRATIVELY_PROHIBITED = 129;
    static final int HA_MOBILE_NODE_FAILED_AUTHENTICATION = 131;
    static final int HA_FOREIGN_AGENT_FAILED_AUTHENTICATION = 132;
    static final int HA_IDENTIFICATION_MISMATCH = 133;
    static final int HA_POORLY_FORMED_REQUEST = 134;
    static final int HA_TOO_MANY_BINDINGS = 135;
    static final int HA_UNKNOWN_HOME_AGENT = 136;
    static final int HA_REVERSE_TUNNEL_UNAVAILABLE = 137;
    static final int HA_REVERSE_TUNNEL_MANDATORY = 138;
    static final int HA_ENCAPSULATION_UNAVAILABLE = 139;
    static final int HA_UNKNOWN_VENDOR_EXTENSION_OF_MOBILE_NODE = 140;
    static final int HA_UNKNOWN_VENDOR_EXTENSION_OF_FOREIGN_AGENT = 141;
    static final int HA_UDP_ENCAPSULATION_UNAVAILABLE = 142;
    static final int HA_PROXY_UNSUPPORTED = 149;

    private Code() {}
}
