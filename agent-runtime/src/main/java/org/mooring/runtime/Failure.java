package org.mooring.runtime;

import java.util.List;

/**
 * Why a program can't go on, in words for the operator: each line says what is wrong and what to do about it. It ends the
 * program with {@link #exitCode()}.
 */
public class Failure extends Exception {
    private final List<String> lines;

    public Failure(String line) {
        this(List.of(line));
    }

    public Failure(String line, Throwable cause) {
        super(line, cause);
        this.lines = List.of(line);
    }

    public Failure(List<String> lines) {
        super(String.join("\n", lines));
        this.lines = List.copyOf(lines);
    }

    /** 1, failed, for all but wrong usage and wrong configuration, which is 2. */
    public int exitCode() {
        return 1;
    }

    public final List<String> lines() {
        return lines;
    }
}
