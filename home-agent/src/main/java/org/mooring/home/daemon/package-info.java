/** The home agent as a program. */
@NullMarked
package org.mooring.home.daemon;

import org.jspecify.annotations.NullMarked;
