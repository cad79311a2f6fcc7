package org.mooring.qmp;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Keeps what it hears, for a test to wait for. */
final class RecordingListener implements QmpListener {
    final BlockingQueue<QmpEvent> events = new LinkedBlockingQueue<>();
    final CompletableFuture<QmpConnectionException> disconnected = new CompletableFuture<>();

    @Override
    public void onEvent(QmpEvent event) {
        events.add(event);
    }

    @Override
    public void onDisconnected(QmpConnectionException why) {
        if (!disconnected.complete(why)) {
            throw new AssertionError("disconnected twice", why);
        }
    }

    /** The next event of this name; fails after half a minute. */
    QmpEvent await(String name) throws InterruptedException {
        while (true) {
            QmpEvent event = events.poll(30, TimeUnit.SECONDS);
            if (event == null) {
                throw new AssertionError("no event " + name);
            }
            if (event.name().equals(name)) {
                return event;
            }
        }
    }
}
