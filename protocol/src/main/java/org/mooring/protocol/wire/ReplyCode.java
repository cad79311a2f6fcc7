package org.mooring.protocol.wire;

import java.util.Map;
import java.util.TreeMap;

/**
 * The code of a Registration Reply (RFC 3344 §3.4 and the RFCs that add to it). Codes without a name here survive as
 * their number.
 *
 * @param value 0..255
 */
public record ReplyCode(int value) {
    private static final Map<Integer, String> WORDS = new TreeMap<>();

    public static final ReplyCode ACCEPTED = named(0, "registration accepted");
    public static final ReplyCode ACCEPTED_WITHOUT_SIMULTANEOUS_BINDINGS =
            named(1, "registration accepted, but simultaneous mobility bindings unsupported");
    public static final ReplyCode CONCURRENT_REGISTRATION_ACCEPTED = named(2, "concurrent registration accepted");

    public static final ReplyCode FA_REASON_UNSPECIFIED = named(64, "reason unspecified");
    public static final ReplyCode FA_ADMINISTRATIVELY_PROHIBITED = named(65, "administratively prohibited");
    public static final ReplyCode FA_INSUFFICIENT_RESOURCES = named(66, "insufficient resources");
    public static final ReplyCode FA_MOBILE_NODE_FAILED_AUTHENTICATION = named(67, "mobile node failed authentication");
    public static final ReplyCode FA_HOME_AGENT_FAILED_AUTHENTICATION = named(68, "home agent failed authentication");
    public static final ReplyCode FA_LIFETIME_TOO_LONG = named(69, "requested lifetime too long");
    public static final ReplyCode FA_POORLY_FORMED_REQUEST = named(70, "poorly formed request");
    public static final ReplyCode FA_POORLY_FORMED_REPLY = named(71, "poorly formed reply");
    public static final ReplyCode FA_ENCAPSULATION_UNAVAILABLE = named(72, "requested encapsulation unavailable");
    public static final ReplyCode FA_REVERSE_TUNNEL_UNAVAILABLE = named(74, "requested reverse tunnel unavailable");
    public static final ReplyCode FA_REVERSE_TUNNEL_MANDATORY =
            named(75, "reverse tunnel is mandatory and the T bit is not set");
    public static final ReplyCode FA_MOBILE_NODE_TOO_DISTANT = named(76, "mobile node too distant");
    public static final ReplyCode FA_INVALID_CARE_OF_ADDRESS = named(77, "invalid care-of address");
    public static final ReplyCode FA_REGISTRATION_TIMEOUT = named(78, "registration timeout");
    public static final ReplyCode FA_DELIVERY_STYLE_NOT_SUPPORTED = named(79, "delivery style not supported");
    public static final ReplyCode FA_HOME_NETWORK_UNREACHABLE =
            named(80, "home network unreachable (ICMP error received)");
    public static final ReplyCode FA_HOME_AGENT_HOST_UNREACHABLE =
            named(81, "home agent host unreachable (ICMP error received)");
    public static final ReplyCode FA_HOME_AGENT_PORT_UNREACHABLE =
            named(82, "home agent port unreachable (ICMP error received)");
    public static final ReplyCode FA_HOME_AGENT_UNREACHABLE =
            named(88, "home agent unreachable (other ICMP error received)");
    public static final ReplyCode FA_NONZERO_HOME_AGENT_REQUIRED = named(90, "non-zero home agent address required");
    public static final ReplyCode FA_NONZERO_HOME_ADDRESS_REQUIRED = named(96, "non-zero home address required");
    public static final ReplyCode FA_MISSING_NAI = named(97, "missing NAI");
    public static final ReplyCode FA_MISSING_HOME_AGENT = named(98, "missing home agent");
    public static final ReplyCode FA_MISSING_HOME_ADDRESS = named(99, "missing home address");
    public static final ReplyCode FA_UNKNOWN_CVSE_FROM_MOBILE_NODE =
            named(100, "unable to interpret a critical vendor extension sent by the mobile node");
    public static final ReplyCode FA_UNKNOWN_CVSE_FROM_HOME_AGENT =
            named(101, "unable to interpret a critical vendor extension sent by the home agent");
    public static final ReplyCode FA_UNKNOWN_CHALLENGE = named(104, "unknown challenge");
    public static final ReplyCode FA_MISSING_CHALLENGE = named(105, "missing challenge");
    public static final ReplyCode FA_STALE_CHALLENGE = named(106, "stale challenge");
    public static final ReplyCode FA_MISSING_MOBILE_FOREIGN_AUTHENTICATION =
            named(107, "missing mobile-foreign authentication");
    public static final ReplyCode FA_BAD_AAA_AUTHENTICATION = named(108, "bad AAA authentication");
    public static final ReplyCode FA_WRONG_CHALLENGE_FROM_HOME_AGENT = named(109, "wrong challenge from home agent");
    public static final ReplyCode GFA_REPLAY_PROTECTION_UNAVAILABLE = named(110, "replay protection unavailable");
    public static final ReplyCode GFA_ZERO_CARE_OF_ADDRESS_UNSUPPORTED = named(111, "zero care-of address unsupported");
    public static final ReplyCode FA_UNKNOWN_GFA = named(112, "unknown GFA");
    public static final ReplyCode FA_GFA_NETWORK_UNREACHABLE = named(113, "GFA network unreachable");
    public static final ReplyCode FA_GFA_HOST_UNREACHABLE = named(114, "GFA host unreachable");
    public static final ReplyCode FA_GFA_PORT_UNREACHABLE = named(115, "GFA port unreachable");
    public static final ReplyCode FA_INVALID_HOME_AGENT_ADDRESS = named(116, "invalid home agent address");
    public static final ReplyCode FA_EXPERIMENTAL = named(127, "experimental foreign agent error");

    public static final ReplyCode HA_REASON_UNSPECIFIED = named(128, "reason unspecified");
    public static final ReplyCode HA_ADMINISTRATIVELY_PROHIBITED = named(129, "administratively prohibited");
    public static final ReplyCode HA_INSUFFICIENT_RESOURCES = named(130, "insufficient resources");
    public static final ReplyCode HA_MOBILE_NODE_FAILED_AUTHENTICATION =
            named(131, "mobile node failed authentication");
    public static final ReplyCode HA_FOREIGN_AGENT_FAILED_AUTHENTICATION =
            named(132, "foreign agent failed authentication");
    public static final ReplyCode HA_IDENTIFICATION_MISMATCH = named(133, "registration identification mismatch");
    public static final ReplyCode HA_POORLY_FORMED_REQUEST = named(134, "poorly formed request");
    public static final ReplyCode HA_TOO_MANY_BINDINGS = named(135, "too many simultaneous mobility bindings");
    public static final ReplyCode HA_UNKNOWN_HOME_AGENT_ADDRESS = named(136, "unknown home agent address");
    public static final ReplyCode HA_REVERSE_TUNNEL_UNAVAILABLE = named(137, "requested reverse tunnel unavailable");
    public static final ReplyCode HA_REVERSE_TUNNEL_MANDATORY =
            named(138, "reverse tunnel is mandatory and the T bit is not set");
    public static final ReplyCode HA_ENCAPSULATION_UNAVAILABLE = named(139, "requested encapsulation unavailable");
    public static final ReplyCode HA_UNKNOWN_CVSE_FROM_MOBILE_NODE =
            named(140, "unable to interpret a critical vendor extension sent by the mobile node");
    public static final ReplyCode HA_UNKNOWN_CVSE_FROM_FOREIGN_AGENT =
            named(141, "unable to interpret a critical vendor extension sent by the foreign agent");
    public static final ReplyCode HA_UDP_ENCAPSULATION_UNAVAILABLE =
            named(142, "requested UDP tunnel encapsulation unavailable");
    public static final ReplyCode HA_REDIRECT = named(143, "redirect to another home agent");
    public static final ReplyCode HA_BAD_AAA_AUTHENTICATION = named(144, "bad AAA authentication");
    public static final ReplyCode HA_ZERO_CARE_OF_ADDRESS = named(145, "zero care-of address");
    public static final ReplyCode HA_DYNAMIC_GFA_UNSUPPORTED = named(146, "dynamic GFA unsupported");
    public static final ReplyCode HA_MOBILE_NETWORK_ERROR = named(147, "mobile network error");
    public static final ReplyCode HA_MOBILE_NETWORK_DISALLOWED = named(148, "mobile network disallowed");
    public static final ReplyCode HA_PMIP_UNSUPPORTED = named(149, "proxy registrations unsupported");
    public static final ReplyCode HA_PMIP_DISALLOWED = named(150, "proxy registrations disallowed");
    public static final ReplyCode HA_SERVICE_AUTHORIZATION_FAILED = named(151, "service authorization failed");
    public static final ReplyCode HA_MULTIPATH_NOT_ALLOWED = named(152, "multipath not allowed");
    public static final ReplyCode HA_INVALID_FLOW_BINDING = named(153, "invalid flow binding identifier");
    public static final ReplyCode HA_EXPERIMENTAL = named(192, "experimental home agent error");
    public static final ReplyCode GFA_NO_HOME_REGISTRATION = named(193, "no home registration");

    private static final int PRINTED_FOR_INVALID_HOME_AGENT_ADDRESS = 194;

    public ReplyCode {
        if (value >>> 8 != 0) {
            throw new IllegalArgumentException(value + " is not an octet");
        }
    }

    /** Codes 0 and 1: every other success has to be negotiated, and nobody here does. */
    public boolean isAccepted() {
        return equals(ACCEPTED) || equals(ACCEPTED_WITHOUT_SIMULTANEOUS_BINDINGS);
    }

    /**
     * Codes 64..127: said by the foreign agent, which cannot authenticate them for the home agent. And 194, which is what RFC 5944
     * prints for 116 (erratum 3116).
     */
    public boolean isFromForeignAgent() {
        return (value >= 64 && value <= 127) || value == PRINTED_FOR_INVALID_HOME_AGENT_ADDRESS;
    }

    /** What the RFC says this code means. */
    public String words() {
        return WORDS.getOrDefault(value, "unassigned");
    }

    /** As in {@code 69 (requested lifetime too long)}. */
    @Override
    public String toString() {
        return value + " (" + words() + ")";
    }

    private static ReplyCode named(int value, String words) {
        WORDS.put(value, words);
        return new ReplyCode(value);
    }
}
