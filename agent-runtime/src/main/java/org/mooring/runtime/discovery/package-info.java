/** Agent discovery as both agents do it on their links (RFC 3344 §2). */
@NullMarked
package org.mooring.runtime.discovery;

import org.jspecify.annotations.NullMarked;
