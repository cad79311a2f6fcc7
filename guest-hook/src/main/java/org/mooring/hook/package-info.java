/** The mobile node's side for an unmodified guest (RFC 3344 §3.6, RFC 5563): events in, actions out. */
@NullMarked
package org.mooring.hook;

import org.jspecify.annotations.NullMarked;
