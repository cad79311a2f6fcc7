package org.mooring.runtime.store;

import org.mooring.runtime.Failure;

/** The store could not be opened, read or written: which file, why, and what to do. */
public final class StoreException extends Failure {
    StoreException(String line) {
        super(line);
    }

    StoreException(String line, Throwable cause) {
        super(line, cause);
    }
}
