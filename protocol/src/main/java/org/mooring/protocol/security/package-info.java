/** Authenticators and replay protection of mobility security associations (RFC 3344 §5). */
@NullMarked
package org.mooring.protocol.security;

import org.jspecify.annotations.NullMarked;
