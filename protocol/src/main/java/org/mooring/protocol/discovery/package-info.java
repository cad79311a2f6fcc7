/** When both agents advertise themselves, and how they count (RFC 3344 §2.3, RFC 1256 §4.1). */
@NullMarked
package org.mooring.protocol.discovery;

import org.jspecify.annotations.NullMarked;
