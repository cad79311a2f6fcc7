/** Input and output of many packets at once, without garbage. */
@NullMarked
package org.mooring.linux.batch;

import org.jspecify.annotations.NullMarked;
