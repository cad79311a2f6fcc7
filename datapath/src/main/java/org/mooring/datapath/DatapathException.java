package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;

/** The kernel refused something that forwarding needs. The message says what was wanted, and what was refused and why. */
public final class DatapathException extends IOException {
    /** Nothing was asked of the kernel, because it could not do it. */
    DatapathException(String why) {
        super(why);
    }

    /** Visitors with this home address that can't be told apart any more. */
    static DatapathException notApart(Inet4Address homeAddress) {
        return new DatapathException(
                "too many visitors have home address " + homeAddress.getHostAddress() + " to be told apart");
    }

    DatapathException(String wanted, IOException refused) {
        super("cannot " + wanted + ": " + refused.getMessage(), refused);
    }
}
