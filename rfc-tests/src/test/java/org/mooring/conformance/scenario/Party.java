package org.mooring.conformance.scenario;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.mooring.runtime.config.ConfigException;

/** A core, and what a daemon would be to it: the kernel and the store do what they are asked, unless a step refuses in their name. */
abstract class Party {
    private final String name;
    private final World world;
    private final Map<String, String> refusals = new HashMap<>();
    private Duration ahead = Duration.ZERO;
    private boolean alive = true;
    private int lives;

    Party(String name, World world) {
        this.name = name;
        this.world = world;
    }

    final String name() {
        return name;
    }

    final World world() {
        return world;
    }

    /** The party's own clock. */
    final Instant now() {
        return world.now().plus(ahead);
    }

    final void setAhead(Duration duration) {
        ahead = duration;
    }

    /** The next action of that name is refused. */
    final void refuse(String action, String why) {
        refusals.put(action, why);
    }

    /** Whether this is the datagram's way. */
    abstract boolean hears(Datagram datagram);

    abstract void receive(Datagram datagram);

    abstract void configure(Path file) throws ConfigException;

    /** It was killed, and is started again with what it had stored. */
    abstract void restart();

    final boolean isAlive() {
        return alive;
    }

    /** Until {@link #revive} it hears nothing. */
    final void kill() {
        world.disarm(name);
        alive = false;
        lives++;
    }

    final void revive() {
        alive = true;
        restart();
    }

    /** Why {@code action} is refused, if it is. */
    final Optional<String> refusal(Object action) {
        return Optional.ofNullable(refusals.remove(action.getClass().getSimpleName()));
    }

    final void say(Object action) {
        world.say(name, Words.of(action));
    }

    final void log(String line) {
        world.say(name, "# " + line);
    }

    final void send(Datagram datagram) {
        world.send(name, datagram);
    }

    final void soon(Runnable what) {
        int life = lives;
        world.soon(() -> {
            if (life == lives) {
                what.run();
            }
        });
    }

    final void arm(Object timer, Instant at, Runnable what) {
        world.arm(name, timer, at.equals(Instant.MAX) ? at : at.minus(ahead), what);
    }
}
