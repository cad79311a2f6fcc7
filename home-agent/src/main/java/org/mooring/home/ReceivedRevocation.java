package org.mooring.home;

import java.time.Instant;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Revocation;

/**
 * A foreign agent's revocation (RFC 3543 §3.3) that is authentic.
 *
 * @param association that its foreign-home authentication is right under
 */
record ReceivedRevocation(Instant at, Endpoint from, Revocation revocation, SecurityAssociation association) {}
