/** The vendor extensions and the messages beside registration of {@code docs/handover.md}. */
@NullMarked
package org.mooring.protocol.handover;

import org.jspecify.annotations.NullMarked;
