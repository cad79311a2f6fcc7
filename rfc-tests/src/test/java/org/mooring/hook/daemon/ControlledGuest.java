package org.mooring.hook.daemon;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import org.mooring.hook.Happening;
import org.mooring.runtime.control.Routes;

/** What the hook's control socket is told of a guest, for tests without a hook. */
public final class ControlledGuest {
    private static final ToldGuests NOBODY = nobody();

    private ControlledGuest() {}

    /** The routes of the guest {@code web}. */
    public static Routes routes() {
        var routes = new Routes();
        var listener = new GuestEvents.Listener() {
            @Override
            public void happened(String guest, Happening what, Instant occurred) {}

            @Override
            public void vanished(String guest, String reason) {}
        };
        new ControlGuestEvents(
                        routes,
                        Clock.systemUTC(),
                        new Taps(guest -> ""),
                        NOBODY,
                        guest -> true,
                        new Preparations(),
                        "web"::equals,
                        listener)
                .start();
        return routes;
    }

    private static ToldGuests nobody() {
        try {
            return ToldGuests.open(Path.of("no guests' directory"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
