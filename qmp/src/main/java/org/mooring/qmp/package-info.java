/** QEMU's monitor protocol (QMP). */
@NullMarked
package org.mooring.qmp;

import org.jspecify.annotations.NullMarked;
