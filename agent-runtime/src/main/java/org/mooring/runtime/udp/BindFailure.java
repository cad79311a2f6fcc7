package org.mooring.runtime.udp;

import io.netty.channel.unix.Errors.NativeIoException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.mooring.runtime.Failure;
import org.mooring.runtime.preflight.Capability;
import org.mooring.runtime.preflight.PortOwner;

/** Why an address and port could not be bound. */
final class BindFailure {
    private static final int EPERM = 1;
    private static final int EACCES = 13;
    private static final int EADDRINUSE = 98;
    private static final int EADDRNOTAVAIL = 99;

    private BindFailure() {}

    static Failure of(InetSocketAddress local, @Nullable Throwable cause) {
        String address = local.getAddress().getHostAddress();
        String socket = "UDP " + address + ":" + local.getPort();
        return new Failure(
                switch (errno(cause)) {
                    case EADDRINUSE ->
                        socket + " is taken by "
                                + PortOwner.of(local)
                                        .map(PortOwner::toString)
                                        .orElse("another program (as root, 'ss -ulnp' tells which)")
                                + ": stop it, or give this program another address";
                    case EADDRNOTAVAIL ->
                        address
                                + " is no address of this machine: add it to an interface, or correct the configuration";
                    case EACCES -> socket + ": " + Capability.NET_BIND_SERVICE.need();
                    case EPERM -> socket + ": " + Capability.NET_RAW.need();
                    default ->
                        socket + " cannot be bound: " + (cause == null ? "no reason given" : cause.getMessage())
                                + ": give this program another address";
                });
    }

    /** The number in the native exception that {@code failure} is or comes from; 0 if there is none. */
    static int errno(@Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof NativeIoException refused) {
                return -refused.expectedErr();
            }
        }
        return 0;
    }
}
