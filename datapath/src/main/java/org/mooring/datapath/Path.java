package org.mooring.datapath;

/** By which of two ways packets come to a mobile node that changes sites. Each packet on the old one is older than any on the new one. */
public enum Path {
    // In the order of enum paths in mip.bpf.c.

    /** Redirected, or sent home, by the old foreign agent. */
    OLD,
    /** Through the home agent's tunnel; at home, from the uplinks in no tunnel of the mobile node's. */
    NEW
}
