/** What an agent must not forget, on an H2 MVStore with group commit. */
@NullMarked
package org.mooring.runtime.store;

import org.jspecify.annotations.NullMarked;
