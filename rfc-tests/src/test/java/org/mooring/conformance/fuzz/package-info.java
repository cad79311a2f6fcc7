/** Octets that somebody sends who means no good, found by coverage. */
@NullMarked
package org.mooring.conformance.fuzz;

import org.jspecify.annotations.NullMarked;
