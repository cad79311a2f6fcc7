/** Sends a home address's packets to its care-of address. */
@NullMarked
package org.mooring.datapath;

import org.jspecify.annotations.NullMarked;
