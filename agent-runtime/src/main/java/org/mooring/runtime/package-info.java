/** What every Mooring daemon needs. */
@NullMarked
package org.mooring.runtime;

import org.jspecify.annotations.NullMarked;
