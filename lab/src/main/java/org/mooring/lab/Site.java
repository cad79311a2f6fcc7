package org.mooring.lab;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** One of the sites: a router that runs both agents, a LAN, a KVM host and a neighbour on it. */
enum Site {
    A(1, "192.0.2"),
    B(2, "198.51.100"),
    C(3, "198.18.3");

    /** Those of the testbed for real guests. */
    static final List<Site> PAIR = List.of(A, B);

    private final int number;
    private final String wan;

    Site(int number, String wan) {
        this.number = number;
        this.wan = wan;
    }

    /** The other one of {@link #PAIR}. */
    Site other() {
        return this == A ? B : A;
    }

    private String lower() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** The namespaces of this site, by their short names. */
    String router() {
        return "r" + lower();
    }

    String lan() {
        return "s" + lower();
    }

    String host() {
        return "k" + lower();
    }

    /** Another KVM host at this site, where there is one. */
    String secondHost() {
        return host() + "2";
    }

    String neighbour() {
        return "n" + lower();
    }

    String network() {
        return "10." + number + ".0.0/24";
    }

    /** The router's address on the LAN: the home gateway's, and the home agent's. */
    String routerAddress() {
        return on(1);
    }

    /** The foreign agent's address on the LAN, distinct from the home agent's. */
    String foreignAgentAddress() {
        return on(2);
    }

    String hostAddress() {
        return on(10);
    }

    String secondHostAddress() {
        return on(11);
    }

    String neighbourAddress() {
        return on(20);
    }

    String guestAddress() {
        return on(50);
    }

    private String on(int last) {
        return "10." + number + ".0." + last;
    }

    /** The router's address towards the internet, and the foreign agent's care-of address. */
    String careOfAddress() {
        return wan + ".2";
    }

    String internetAddress() {
        return wan + ".1";
    }

    String routerMac() {
        return mac("02:00:00", 1);
    }

    String hostMac() {
        return mac("02:00:00", 0x10);
    }

    String secondHostMac() {
        return mac("02:00:00", 0x11);
    }

    String guestMac() {
        return mac("52:54:00", 0x50);
    }

    private String mac(String vendor, int last) {
        return "%s:%02x:00:%02x".formatted(vendor, number, last);
    }

    static Inet4Address address(String text) {
        try {
            return (Inet4Address) InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }
}
