/**
 * QEMU's monitor protocol (QMP) over a Unix socket: commands as completion stages, events as they happen.
 *
 * @see <a href="https://www.qemu.org/docs/master/interop/qmp-spec.html">QEMU Machine Protocol Specification</a>
 */
@NullMarked
package org.mooring.qmp;

import org.jspecify.annotations.NullMarked;
