/** The foreign agent as a program. */
@NullMarked
package org.mooring.foreign.daemon;

import org.jspecify.annotations.NullMarked;
