/** JSON as the store and the control socket write it. */
@NullMarked
package org.mooring.runtime.json;

import org.jspecify.annotations.NullMarked;
