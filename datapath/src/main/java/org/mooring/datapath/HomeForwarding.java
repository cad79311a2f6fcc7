package org.mooring.datapath;

import java.net.Inet4Address;

/**
 * A home agent's forwarding for a mobile node that is away (RFC 3344 §4.2.3): packets to its home address enter the
 * tunnel; packets out of the tunnel are taken if their inner source is the home address (RFC 3024 §4.3.2).
 *
 * @param tunnel to the care-of address
 */
public record HomeForwarding(Inet4Address homeAddress, Tunnel tunnel) implements Forwarding {}
