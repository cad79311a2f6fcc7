/** Runs the programs as they are installed. */
@NullMarked
package org.mooring.packaging;

import org.jspecify.annotations.NullMarked;
