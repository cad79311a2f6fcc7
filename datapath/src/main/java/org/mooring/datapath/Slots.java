package org.mooring.datapath;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * What an agent has for one home address.
 *
 * @param redirected where packets for a visitor that has left go
 */
record Slots<F extends Forwarding>(Optional<F> installed, Optional<F> staged, Optional<Tunnel> redirected) {

    static <F extends Forwarding> Slots<F> empty() {
        return new Slots<>(Optional.empty(), Optional.empty(), Optional.empty());
    }

    Slots<F> install(F forwarding) {
        return new Slots<>(Optional.of(forwarding), staged, Optional.empty());
    }

    Slots<F> stage(F forwarding) {
        return new Slots<>(installed, Optional.of(forwarding), redirected);
    }

    Slots<F> unstage() {
        return new Slots<>(installed, Optional.empty(), redirected);
    }

    /** @throws IllegalStateException if nothing is staged */
    Slots<F> flip() {
        if (staged.isEmpty()) {
            throw new IllegalStateException("nothing is staged");
        }
        return new Slots<>(staged, installed, Optional.empty());
    }

    /** @throws IllegalStateException if nothing is installed */
    Slots<F> redirect(Tunnel tunnel) {
        if (installed.isEmpty()) {
            throw new IllegalStateException("nothing is installed");
        }
        return new Slots<>(installed, staged, Optional.of(tunnel));
    }

    /** @throws IllegalStateException if nothing is installed */
    Slots<F> sendHome() {
        return redirect(installed
                .orElseThrow(() -> new IllegalStateException("nothing is installed"))
                .tunnels()
                .get(0));
    }

    /** @throws IllegalStateException if nothing is installed */
    Slots<F> retire() {
        if (installed.isEmpty()) {
            throw new IllegalStateException("nothing is installed");
        }
        return new Slots<>(Optional.empty(), installed, Optional.empty());
    }

    Slots<F> recall() {
        return new Slots<>(installed, staged, Optional.empty());
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
        return Stream.concat(all().flatMap(forwarding -> forwarding.tunnels().stream()), redirected.stream());
    }
}
