package org.mooring.linux.netlink;

import java.net.Inet4Address;

/** An IPv4 address of an interface, and the length of the prefix that is on the link with it. */
public record InterfaceAddress(int interfaceIndex, Inet4Address address, int prefixLength) {}
