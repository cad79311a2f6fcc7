/** A daemon's TOML file read into records, all problems reported together. */
@NullMarked
package org.mooring.runtime.config;

import org.jspecify.annotations.NullMarked;
