/** The command line of a program: verbs, exit codes, signals, tables. */
@NullMarked
package org.mooring.runtime.cli;

import org.jspecify.annotations.NullMarked;
