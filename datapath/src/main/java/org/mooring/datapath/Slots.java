package org.mooring.datapath;

import java.net.Inet4Address;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What an agent has for one home address.
 *
 * @param redirected where packets for a visitor that has left go
 * @param held the tunnel exit whose packets wait
 */
record Slots<F extends Forwarding>(
        Optional<F> installed, Optional<F> staged, Optional<Tunnel> redirected, Optional<Inet4Address> held) {

    static <F extends Forwarding> Slots<F> empty() {
        return new Slots<>(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    Slots<F> install(F forwarding) {
        return new Slots<>(Optional.of(forwarding), staged, Optional.empty(), held);
    }

    Slots<F> stage(F forwarding) {
        return new Slots<>(installed, Optional.of(forwarding), redirected, held);
    }

    Slots<F> unstage() {
        return new Slots<>(installed, Optional.empty(), redirected, held);
    }

    /** @throws IllegalStateException if nothing is staged */
    Slots<F> flip() {
        if (staged.isEmpty()) {
            throw new IllegalStateException("nothing is staged");
        }
        return new Slots<>(staged, installed, Optional.empty(), held);
    }

    /** @throws IllegalStateException if nothing is installed */
    Slots<F> redirect(Tunnel tunnel) {
        if (installed.isEmpty()) {
            throw new IllegalStateException("nothing is installed");
        }
        return new Slots<>(installed, staged, Optional.of(tunnel), held);
    }

    /** @throws IllegalStateException if nothing is installed */
    Slots<F> sendHome() {
        return redirect(installed
                .orElseThrow(() -> new IllegalStateException("nothing is installed"))
                .tunnel());
    }

    /** @throws IllegalStateException if nothing is installed */
    Slots<F> retire() {
        if (installed.isEmpty()) {
            throw new IllegalStateException("nothing is installed");
        }
        return new Slots<>(Optional.empty(), installed, Optional.empty(), held);
    }

    Slots<F> recall() {
        return new Slots<>(installed, staged, Optional.empty(), held);
    }

    /** @throws IllegalStateException if nothing is there */
    Slots<F> hold(Inet4Address tunnelExit) {
        if (foremost().isEmpty()) {
            throw new IllegalStateException("nothing is installed or staged");
        }
        return new Slots<>(installed, staged, redirected, Optional.of(tunnelExit));
    }

    Slots<F> release() {
        return new Slots<>(installed, staged, redirected, Optional.empty());
    }

    /** What is installed, or else what is staged. */
    Optional<F> foremost() {
        return installed.or(() -> staged);
    }

    /** What is there, the installed one first. */
    Stream<F> all() {
        return Stream.concat(installed.stream(), staged.stream());
    }

    Stream<Tunnel> tunnels() {
        return Stream.concat(all().map(Forwarding::tunnel), redirected.stream());
    }
}
