package org.mooring.hook.daemon;

import java.time.Clock;
import java.time.Instant;
import org.mooring.hook.Happening;
import org.mooring.runtime.control.Routes;

/** What the hook's control socket is told of a guest, for tests without a hook. */
public final class ControlledGuest {
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
                        routes, Clock.systemUTC(), new Taps(guest -> ""), new Preparations(), "web"::equals, listener)
                .start();
        return routes;
    }
}
