/** The home agent of RFC 3344 §3.8: events in, actions out. */
@NullMarked
package org.mooring.home;

import org.jspecify.annotations.NullMarked;
