package org.mooring.lab;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;

/**
 * Something that keeps sending to us over one TCP connection. Each read is an arrival; the session is broken when the
 * connection ends, in whatever way, before we close it.
 */
abstract class Session implements AutoCloseable {
    private final String name;
    private final Arrivals arrivals = new Arrivals();
    private volatile String end = "";
    private volatile boolean closing;

    Session(String name) {
        this.name = name;
    }

    final String name() {
        return name;
    }

    final Arrivals arrivals() {
        return arrivals;
    }

    final boolean isBroken() {
        return !end.isEmpty();
    }

    /** Why it is broken; empty while it lives. */
    final String end() {
        return end;
    }

    /** Reads to the end on a thread of its own. */
    final void read(InputStream in) {
        daemon(name, () -> {
            byte[] buffer = new byte[1 << 16];
            try {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    if (n > 0) {
                        arrived();
                    }
                }
                ended("the other side closed the connection");
            } catch (IOException e) {
                ended(String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT));
            }
        });
    }

    final void arrived() {
        arrivals.add(Clock.now());
    }

    final void ended(String why) {
        if (!closing && end.isEmpty()) {
            end = why;
        }
    }

    final boolean isClosing() {
        return closing;
    }

    static void daemon(String name, Runnable task) {
        var thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public final void close() {
        closing = true;
        try {
            shut();
        } catch (IOException e) {
            throw new LabException("closing the session " + name, e);
        }
    }

    /** Ends the connection; {@link #isClosing} is true by then. */
    abstract void shut() throws IOException;
}
