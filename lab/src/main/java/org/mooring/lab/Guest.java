package org.mooring.lab;

import java.util.List;

/** A guest by its home. It is called what its tap is called after: {@code mt-NAME}. */
record Guest(String name, Site home) {
    static final Guest ONE = new Guest("guest1", Site.A);
    static final Guest TWO = new Guest("guest2", Site.B);

    static final List<Guest> ALL = List.of(ONE, TWO);

    String address() {
        return home.guestAddress();
    }

    String mac() {
        return home.guestMac();
    }

    String tap() {
        return "mt-" + name;
    }
}
