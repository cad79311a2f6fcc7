/** The guest hook as a program. */
@NullMarked
package org.mooring.hook.daemon;

import org.jspecify.annotations.NullMarked;
