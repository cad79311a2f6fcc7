/** What both agents keep of revocations (RFC 3543): the terms of a binding, what waits for its acknowledgment, what was received before. */
@NullMarked
package org.mooring.protocol.revocation;

import org.jspecify.annotations.NullMarked;
