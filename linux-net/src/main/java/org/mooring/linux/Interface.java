package org.mooring.linux;

/**
 * A network interface, as it was when the kernel was asked.
 *
 * @param index unique in its network namespace for as long as the interface lives; survives a change of name
 * @param mac {@link MacAddress#NONE} where the device has none, as a TUN device
 * @param mtu in octets, without the link-layer header
 */
public record Interface(String name, int index, MacAddress mac, int mtu) {}
