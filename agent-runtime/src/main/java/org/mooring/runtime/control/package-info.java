/** HTTP and JSON on a Unix socket: the server in a daemon, and the client of {@code show}. */
@NullMarked
package org.mooring.runtime.control;

import org.jspecify.annotations.NullMarked;
