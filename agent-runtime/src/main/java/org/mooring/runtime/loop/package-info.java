/** The one thread that owns an agent's state, its timers, and the threads that work for it. */
@NullMarked
package org.mooring.runtime.loop;

import org.jspecify.annotations.NullMarked;
