/** Counters and gauges, exposed as Prometheus text. */
@NullMarked
package org.mooring.runtime.metrics;

import org.jspecify.annotations.NullMarked;
