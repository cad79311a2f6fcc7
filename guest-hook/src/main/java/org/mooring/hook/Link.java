package org.mooring.hook;

import org.jspecify.annotations.Nullable;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * The link that the guests of this host are on.
 *
 * @param hostAddress this host's own on it
 * @param foreignAgent absent where no guest may visit
 */
public record Link(Ipv4Address hostAddress, @Nullable ForeignAgent foreignAgent) {}
