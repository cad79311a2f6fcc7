package org.mooring.linux.netlink;

import org.mooring.linux.KernelException;

/**
 * The kernel's networking as one network namespace has it: that of the thread that opened this, whoever uses it later. Safe for use by
 * several threads. Reading needs nothing, changing needs CAP_NET_ADMIN.
 */
public final class Netlink implements AutoCloseable {
    private final NetlinkSocket socket;

    private Netlink(NetlinkSocket socket) {
        this.socket = socket;
    }

    public static Netlink open() throws KernelException {
        return new Netlink(NetlinkSocket.open());
    }

    public Links links() {
        return new Links(socket);
    }

    public Addresses addresses() {
        return new Addresses(socket);
    }

    public Routes routes() {
        return new Routes(socket);
    }

    public Neighbours neighbours() {
        return new Neighbours(socket);
    }

    public ForwardingDatabase forwardingDatabase() {
        return new ForwardingDatabase(socket);
    }

    public Rules rules() {
        return new Rules(socket);
    }

    public Filters filters() {
        return new Filters(socket);
    }

    @Override
    public void close() {
        socket.close();
    }
}
