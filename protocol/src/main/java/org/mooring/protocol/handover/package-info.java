/** The vendor extensions of {@code docs/handover.md}. */
@NullMarked
package org.mooring.protocol.handover;

import org.jspecify.annotations.NullMarked;
