/** The testbed. */
@NullMarked
package org.mooring.lab;

import org.jspecify.annotations.NullMarked;
