package org.mooring.datapath;

import java.io.IOException;

/** The kernel refused something that forwarding needs. The message says what was wanted, and what was refused and why. */
public final class DatapathException extends IOException {
    DatapathException(String wanted, IOException refused) {
        super("cannot " + wanted + ": " + refused.getMessage(), refused);
    }
}
