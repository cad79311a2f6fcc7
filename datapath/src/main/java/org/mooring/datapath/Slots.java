package org.mooring.datapath;

import java.net.Inet4Address;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What an agent has for one home address.
 *
 * @param redirected where packets for a visitor that has left go
 * @param sentHome whether they go to its home network by ordinary routing
 * @param held the tunnel exit whose packets wait
 */
record Slots<F extends Forwarding>(
        Optional<F> installed,
        Optional<F> staged,
        Optional<Tunnel> redirected,
        boolean sentHome,
        Optional<Inet4Address> held) {

    static <F extends Forwarding> Slots<F> empty() {
        return new Slots<>(Optional.empty(), Optional.empty(), Optional.empty(), false, Optional.empty());
    }

    Slots<F> install(F forwarding) {
        return new Slots<>(Optional.of(forwarding), staged, Optional.empty(), false, held);
    }

    Slots<F> stage(F forwarding) {
        return new Slots<>(installed, Optional.of(forwarding), redirected, sentHome, held);
    }

    Slots<F> unstage() {
        return new Slots<>(installed, Optional.empty(), redirected, sentHome, held);
    }

    /** @throws IllegalStateException if nothing is staged */
    Slots<F> flip() {
        if (staged.isEmpty()) {
            throw new IllegalStateException("nothing is staged");
        }
        return new Slots<>(staged, installed, Optional.empty(), false, held);
    }

    /** @throws IllegalStateException if nothing is installed */
    Slots<F> redirect(Tunnel tunnel) {
        if (installed.isEmpty()) {
            throw new IllegalStateException("nothing is installed");
        }
        return new Slots<>(installed, staged, Optional.of(tunnel), false, held);
    }

    /** @throws IllegalStateException if nothing is installed */
    Slots<F> sendHome() {
        if (installed.isEmpty()) {
            throw new IllegalStateException("nothing is installed");
        }
        return new Slots<>(installed, staged, Optional.empty(), true, held);
    }

    Slots<F> recall() {
        return new Slots<>(installed, staged, Optional.empty(), false, held);
    }

    /** @throws IllegalStateException if nothing is there */
    Slots<F> hold(Inet4Address tunnelExit) {
        if (foremost().isEmpty()) {
            throw new IllegalStateException("nothing is installed or staged");
        }
        return new Slots<>(installed, staged, redirected, sentHome, Optional.of(tunnelExit));
    }

    Slots<F> release() {
        return new Slots<>(installed, staged, redirected, sentHome, Optional.empty());
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
