/** NAT traversal (RFC 3519): what both ends of a UDP tunnel know of it besides its octets. */
@NullMarked
package org.mooring.protocol.nat;

import org.jspecify.annotations.NullMarked;
