/** What is checked before a daemon touches anything, so that a refusal says what to do. */
@NullMarked
package org.mooring.runtime.preflight;

import org.jspecify.annotations.NullMarked;
