package org.mooring.runtime.udp;

import io.netty.channel.unix.Errors.NativeIoException;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mooring.runtime.Failure;
import org.mooring.runtime.preflight.Capability;
import org.mooring.runtime.preflight.PortOwner;

/** Why an address and port could not be bound. */
final class BindFailure {
    private static final int EPERM = 1;
    private static final int EACCES = 13;
    private static final int ENODEV = 19;
    private static final int EADDRINUSE = 98;
    private static final int EADDRNOTAVAIL = 99;

    private BindFailure() {}

    static Failure of(InetSocketAddress local, Optional<String> device, @Nullable Throwable cause) {
        String address = local.getAddress().getHostAddress();
        String socket = "UDP " + address + ":" + local.getPort();
        return new Failure(
                switch (errno(cause)) {
                    case EADDRINUSE ->
                        socket + " is taken by "
                                + PortOwner.of(local).map(PortOwner::toString).orElse("another program")
                                + ": stop it, or give this program another address";
                    case EADDRNOTAVAIL ->
                        address
                                + " is no address of this machine: add it to an interface, or correct the configuration";
                    case EACCES -> socket + ": " + Capability.NET_BIND_SERVICE.need();
                    case EPERM -> socket + ": " + Capability.NET_RAW.need();
                    case ENODEV -> socket + ": there is no interface " + device.orElse("");
                    default -> socket + " cannot be bound: " + (cause == null ? "no reason given" : cause.getMessage());
                });
    }

    static int errno(@Nullable Throwable cause) {
        return cause instanceof NativeIoException refused ? -refused.expectedErr() : 0;
    }
}
