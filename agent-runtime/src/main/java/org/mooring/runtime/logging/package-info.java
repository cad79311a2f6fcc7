/** One line a fact, to standard error, journald-friendly. */
@NullMarked
package org.mooring.runtime.logging;

import org.jspecify.annotations.NullMarked;
