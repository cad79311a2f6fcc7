package org.mooring.linux.netlink;

import java.util.Set;
import java.util.function.Supplier;
import org.mooring.linux.Errno;

/**
 * A change that the kernel is asked for.
 *
 * @param operation what it does, for the message if the kernel refuses
 * @param content what the kernel may answer when all is as it should be
 */
record Request(NetlinkMessage message, Supplier<String> operation, Set<Errno> content) {
    Request(NetlinkMessage message, String operation, Set<Errno> content) {
        this(message, () -> operation, content);
    }

    /** A change that must happen. */
    Request(NetlinkMessage message, String operation) {
        this(message, operation, Set.of());
    }
}
