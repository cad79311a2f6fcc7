/** Frames and packets as values, and the sockets that carry them: packet(7) and raw(7). */
@NullMarked
package org.mooring.linux.packet;

import org.jspecify.annotations.NullMarked;
