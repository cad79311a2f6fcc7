package org.mooring.datapath;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * What an agent has for one home address.
 *
 * @param redirected where packets for a visitor that has left go
 * @param retired whether what is staged was installed until its mobile node came home
 */
record Slots<F extends Forwarding>(
        Optional<F> installed, Optional<F> staged, Optional<Tunnel> redirected, boolean retired) {

    static <F extends Forwarding> Slots<F> empty() {
        return new Slots<>(Optional.empty(), Optional.empty(), Optional.empty(), false);
    }

    Slots<F> install(F forwarding) {
        return new Slots<>(Optional.of(forwarding), staged, Optional.empty(), false);
    }

    Slots<F> stage(F forwarding) {
        return new Slots<>(installed, Optional.of(forwarding), redirected, false);
    }

    Slots<F> unstage() {
        return new Slots<>(installed, Optional.empty(), redirected, false);
    }

    /** @throws IllegalStateException if nothing is staged */
    Slots<F> flip() {
        if (staged.isEmpty()) {
            throw new IllegalStateException("nothing is staged");
        }
        return new Slots<>(staged, installed, Optional.empty(), false);
    }

    /** @throws IllegalStateException if nothing is installed */
    Slots<F> redirect(Tunnel tunnel) {
        if (installed.isEmpty()) {
            throw new IllegalStateException("nothing is installed");
        }
        return new Slots<>(installed, staged, Optional.of(tunnel), false);
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
        return new Slots<>(Optional.empty(), installed, Optional.empty(), true);
    }

    Slots<F> recall() {
        return new Slots<>(installed, staged, Optional.empty(), retired);
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
