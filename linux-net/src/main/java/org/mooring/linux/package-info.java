/** Linux addresses and errors, as values. */
@NullMarked
package org.mooring.linux;

import org.jspecify.annotations.NullMarked;
