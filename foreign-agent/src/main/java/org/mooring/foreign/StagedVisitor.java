package org.mooring.foreign;

import org.mooring.protocol.handover.HandoverId;

/**
 * A mobile node that may come (docs/handover.md, "Foreign agent"): it gets what comes out of its tunnels, and nothing else changes for it.
 *
 * @param visitor as it would be; expires with the hold time
 */
public record StagedVisitor(HandoverId id, Visitor visitor) {}
