package org.mooring.runtime.cli;

import java.io.PrintStream;

/** Where a program prints: answers on {@code out}, what went wrong on {@code err}. */
public record Console(PrintStream out, PrintStream err) {}
