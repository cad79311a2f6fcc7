package org.mooring.hook;

import org.mooring.linux.MacAddress;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * A guest's default gateway.
 *
 * @param mac what the guest has cached for it, or would at home; the answer to all that a visitor asks by ARP
 */
public record HomeGateway(Ipv4Address address, MacAddress mac) {}
