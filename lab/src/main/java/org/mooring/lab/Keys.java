package org.mooring.lab;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The run's keys of mobility security associations, each made when it is first asked for. */
final class Keys {
    private static final int OCTETS = 16;

    private final Map<String, String> keys = new ConcurrentHashMap<>();

    /** Between a guest and its home agent. */
    String mobileHome(Guest guest) {
        return keys.computeIfAbsent("mobile-home " + guest.name(), name -> make());
    }

    /** Between the foreign agent of one site and the home agent of the other. */
    String foreignHome(Site foreignAgent, Site homeAgent) {
        return keys.computeIfAbsent("foreign-home " + foreignAgent + homeAgent, name -> make());
    }

    /** A new one, in hexadecimal. */
    static String make() {
        byte[] key = new byte[OCTETS];
        new SecureRandom().nextBytes(key);
        return HexFormat.of().formatHex(key);
    }
}
