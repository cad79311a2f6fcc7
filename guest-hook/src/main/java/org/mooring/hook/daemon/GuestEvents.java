package org.mooring.hook.daemon;

import java.time.Instant;
import org.mooring.hook.Happening;

/** Where the hook hears what becomes of the guests: QEMU's monitors, libvirt, an operator's command. */
interface GuestEvents extends AutoCloseable {
    /** Begins to tell, what is already so included. */
    void start();

    @Override
    void close();

    /** Who is told. Called on the agent loop. */
    interface Listener {
        /**
         * Something became of a guest.
         *
         * @param occurred when, by the clock of this host as the source read it
         */
        void happened(String guest, Happening what, Instant occurred);

        /** Nothing more will be heard of a guest. */
        void vanished(String guest, String reason);
    }
}
