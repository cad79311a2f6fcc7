/** Stories that the real cores play, with what went in and what came out in files. */
@NullMarked
package org.mooring.conformance.scenario;

import org.jspecify.annotations.NullMarked;
