/** The foreign agent of RFC 3344 §3.7: events in, actions out. */
@NullMarked
package org.mooring.foreign;

import org.jspecify.annotations.NullMarked;
