/** What a demonstration found, and how it is written down. */
@NullMarked
package org.mooring.lab.report;

import org.jspecify.annotations.NullMarked;
