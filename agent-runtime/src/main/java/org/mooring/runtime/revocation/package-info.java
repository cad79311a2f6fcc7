/** What both agents have of revocations (RFC 3543) beside the protocol: the verb, and what is shown. */
@NullMarked
package org.mooring.runtime.revocation;

import org.jspecify.annotations.NullMarked;
