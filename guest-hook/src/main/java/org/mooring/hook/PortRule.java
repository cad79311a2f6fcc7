package org.mooring.hook;

/** What passes a guest's port in one direction. */
public enum PortRule {
    /** Nothing: the guest isn't here. */
    SHUT,
    /** Unicast IPv4 of the guest's home address; its ARP requests are answered on the port (RFC 5563 §6.1). */
    VISITING,
    /** All but what the home agent says to the guest, or about it (RFC 3344 §4.6). */
    HOME,
    /** To a guest that doesn't run yet: what it will want to find, as for a visitor; nobody answers in its name. */
    ARRIVING
}
