/**
 * Live migration of KVM guests as a state machine: {@link org.mooring.migrator.Migration} at the host that a guest leaves, {@link
 * org.mooring.migrator.Arrival} at the one where it arrives. No input or output, clock or thread here; {@code org.mooring.migrator.host} has
 * them.
 */
@NullMarked
package org.mooring.migrator;

import org.jspecify.annotations.NullMarked;
