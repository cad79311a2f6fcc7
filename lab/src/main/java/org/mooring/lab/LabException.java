package org.mooring.lab;

import org.jspecify.annotations.Nullable;

/** The testbed itself could not do something: says what it was doing and what came back. */
final class LabException extends RuntimeException {
    LabException(String message) {
        super(message);
    }

    LabException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
