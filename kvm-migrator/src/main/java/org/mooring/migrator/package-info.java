/** Starts, awaits and live-migrates KVM guests. */
@NullMarked
package org.mooring.migrator;

import org.jspecify.annotations.NullMarked;
