/** What both agents tell of the order of packets in handovers. */
@NullMarked
package org.mooring.runtime.handover;

import org.jspecify.annotations.NullMarked;
