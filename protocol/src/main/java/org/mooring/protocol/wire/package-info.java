/** Mobile IPv4 messages and extensions as values, and their octets (RFC 3344 §3.3-§3.5). */
@NullMarked
package org.mooring.protocol.wire;

import org.jspecify.annotations.NullMarked;
