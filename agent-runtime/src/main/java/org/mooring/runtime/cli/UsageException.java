package org.mooring.runtime.cli;

import org.mooring.runtime.Failure;

/** The command line is wrong: what about it, and what is expected. */
public final class UsageException extends Failure {
    public UsageException(String line) {
        super(line);
    }

    @Override
    public int exitCode() {
        return 2;
    }
}
