package org.mooring.linux.bpf;

import java.io.IOException;

/** An object file that can't be loaded into any kernel: a fault of its build, which the message names. */
public final class InvalidBpfObjectException extends IOException {
    InvalidBpfObjectException(String message) {
        super(message);
    }

    InvalidBpfObjectException(String message, Throwable cause) {
        super(message, cause);
    }
}
