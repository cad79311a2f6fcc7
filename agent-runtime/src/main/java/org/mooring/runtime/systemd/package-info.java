/** The sd_notify protocol. */
@NullMarked
package org.mooring.runtime.systemd;

import org.jspecify.annotations.NullMarked;
