package org.mooring.hook;

import java.util.function.Predicate;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * Which foreign agents may be discovered. Advertisements are not authenticated (RFC 3344 §2), so who is believed is
 * the operator's decision.
 *
 * @param address whether an agent with this address on the link
 * @param careOfAddress whether one that offers this care-of address
 */
public record Discoverable(Predicate<Ipv4Address> address, Predicate<Ipv4Address> careOfAddress) {}
