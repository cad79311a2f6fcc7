/**
 * Sends a home address's packets to its care-of address, and back.
 *
 * <p>A home agent opens a {@link org.mooring.datapath.HomeDatapath}, a foreign agent a {@link org.mooring.datapath.VisitorDatapath}.
 */
@NullMarked
package org.mooring.datapath;

import org.jspecify.annotations.NullMarked;
