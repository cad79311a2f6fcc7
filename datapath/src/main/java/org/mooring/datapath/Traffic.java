package org.mooring.datapath;

/**
 * How much went through the tunnels of one home address. Octets are those of the inner packets; segments that are
 * handed on together count as one packet each, but share one header.
 */
public record Traffic(
        long packetsEncapsulated, long octetsEncapsulated, long packetsDecapsulated, long octetsDecapsulated) {}
