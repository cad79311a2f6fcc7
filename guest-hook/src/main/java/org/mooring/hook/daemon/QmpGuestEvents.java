package org.mooring.hook.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.mooring.hook.Happening;
import org.mooring.qmp.QmpClient;
import org.mooring.qmp.QmpConnectionException;
import org.mooring.qmp.QmpEvent;
import org.mooring.qmp.QmpListener;
import org.mooring.runtime.loop.AgentLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hears of the guests from the monitor that each QEMU has for the hook. Confined to the agent loop. */
final class QmpGuestEvents implements GuestEvents {
    private static final Logger log = LoggerFactory.getLogger(QmpGuestEvents.class);

    /** A socket is there a moment before QEMU listens on it; one that a killed QEMU left is there for ever. */
    private static final int ATTEMPTS = 7;

    private static final long FIRST_RETRY_MILLIS = 25;

    private record Watched(QmpClient client, Monitor monitor) {}

    private final AgentLoop<?, ?> loop;
    private final Clock clock;
    private final Listener listener;
    private final GuestsDirectory directory;
    private final Predicate<String> isTold;
    private final Map<String, Watched> watched = new HashMap<>();
    private final Set<String> connecting = new HashSet<>();

    /** Those whose socket isn't there, and that was said. */
    private final Set<String> missed = new HashSet<>();

    private boolean closed;

    /** @param isTold whether somebody else has told of the guest; asked on the loop */
    QmpGuestEvents(
            AgentLoop<?, ?> loop, GuestsDirectory directory, Clock clock, Predicate<String> isTold, Listener listener) {
        this.loop = loop;
        this.clock = clock;
        this.listener = listener;
        this.directory = directory;
        this.isTold = isTold;
    }

    @Override
    public void start() {
        directory.start(new GuestsDirectory.Listener() {
            @Override
            public void appeared(String guest) {
                loop.execute(() -> QmpGuestEvents.this.appeared(guest));
            }

            @Override
            public void disappeared(String guest) {
                loop.execute(() -> QmpGuestEvents.this.disappeared(guest));
            }
        });
    }

    /** Guests run on, and so do their registrations. */
    @Override
    public void close() {
        loop.execute(() -> {
            closed = true;
            List.copyOf(watched.values()).forEach(guest -> guest.client().close());
        });
    }

    /** Tells anew what is true of each guest: somebody may hear now who didn't before. */
    void tellAgain() {
        loop.execute(() -> watched.values().forEach(this::ask));
    }

    /** Whether the guest's QEMU tells what becomes of it. */
    boolean watches(String guest) {
        return watched.containsKey(guest);
    }

    private void appeared(String guest) {
        missed.remove(guest);
        if (!closed && !watched.containsKey(guest) && connecting.add(guest)) {
            connect(guest, 1);
        }
    }

    /** The guest's socket isn't there, or no longer: QEMU removes it when it ends, others do so by mistake. */
    private void disappeared(String guest) {
        Watched still = watched.get(guest);
        if (still != null) {
            // It says so on the connection that it has, unless this is its end.
            still.client().execute("query-status").whenComplete((status, failure) -> {
                if (failure == null) {
                    miss(guest, "it is watched until this hook or its QEMU ends; tell then");
                }
            });
        } else if (!closed && !connecting.contains(guest) && !isTold.test(guest)) {
            miss(guest, "if it runs here, tell");
        }
    }

    /** Without its socket nobody finds the guest, whose binding would lapse unnoticed. */
    private void miss(String guest, String advice) {
        if (directory.mayRunUnseen(guest) && missed.add(guest)) {
            log.warn(
                    "guest's socket is gone guest={} socket={}: {} with 'guest-hook event {} running'",
                    guest,
                    directory.socket(guest),
                    advice,
                    guest);
        }
    }

    private void connect(String guest, int attempt) {
        Path socket = directory.socket(guest);
        Monitor monitor = new Monitor(guest);
        QmpClient.connect(loop.group(), socket, monitor, clock)
                .whenComplete((client, failure) -> loop.execute(() -> {
                    if (failure == null) {
                        connecting.remove(guest);
                        connected(guest, client, monitor);
                    } else if (closed || !Files.exists(socket)) {
                        connecting.remove(guest);
                        disappeared(guest);
                    } else if (attempt < ATTEMPTS) {
                        retry(guest, attempt + 1);
                    } else {
                        connecting.remove(guest);
                        log.warn(
                                "guest can't be watched guest={} reason=\"{}\": if it doesn't run, remove the socket",
                                guest,
                                failure.getMessage());
                    }
                }));
    }

    private void retry(String guest, int attempt) {
        long millis = FIRST_RETRY_MILLIS << attempt;
        loop.group().schedule(() -> loop.execute(() -> connect(guest, attempt)), millis, TimeUnit.MILLISECONDS);
    }

    private void connected(String guest, QmpClient client, Monitor monitor) {
        if (closed) {
            client.close();
            return;
        }
        log.info("guest watched guest={} qemu={}", guest, client.qemuVersion());
        Watched now = new Watched(client, monitor);
        watched.put(guest, now);
        ask(now);
    }

    private void ask(Watched guest) {
        guest.client().execute("query-status").whenComplete((status, failure) -> {
            if (failure == null) {
                guest.monitor().found(guest.client(), status.path("status").asText());
            } else {
                log.warn("guest's state not told guest={} reason=\"{}\"", guest.monitor().guest, failure.getMessage());
            }
        });
    }

    /** Whether the guest is on its way out: where it came in, QEMU has no "ram" to tell of. */
    private static boolean isUnderWay(JsonNode migration) {
        return switch (migration.path("status").asText()) {
            case "", "none", "completed", "failed", "cancelled", "cancelling" -> false;
            case "setup" -> true;
            default -> migration.has("ram");
        };
    }

    /** Turns what one QEMU says into what it means for its guest. */
    private final class Monitor implements QmpListener {
        private final String guest;
        private final QemuEvents events = new QemuEvents();

        Monitor(String guest) {
            this.guest = guest;
        }

        /** Tells what the guest had come to before we were there to hear (QEMU's RunState). */
        void found(QmpClient client, String status) {
            switch (status) {
                case "inmigrate", "prelaunch" -> {
                    events.awaitGuest();
                    tell(Happening.ARRIVING);
                }
                case "finish-migrate" -> tell(Happening.STOPPED, Happening.MIGRATION_STARTED);
                case "postmigrate" ->
                    tell(Happening.STOPPED, Happening.MIGRATION_STARTED, Happening.MIGRATION_COMPLETED);
                case "shutdown" -> tell(Happening.ENDED);
                default -> {
                    tell(Happening.RUNNING);
                    if (!status.equals("running")) {
                        tell(Happening.STOPPED);
                    }
                    client.execute("query-migrate").whenComplete((migration, failure) -> {
                        if (failure == null && isUnderWay(migration)) {
                            tell(Happening.MIGRATION_STARTED);
                        }
                    });
                }
            }
        }

        private void tell(Happening... happenings) {
            Instant now = clock.instant();
            for (Happening what : happenings) {
                listener.happened(guest, what, now);
            }
        }

        @Override
        public void onEvent(QmpEvent event) {
            Optional<Happening> meaning = events.meaning(event.name(), event.status());
            meaning.ifPresentOrElse(
                    what -> listener.happened(guest, what, event.at()),
                    () -> log.debug("event ignored guest={} event={} {}", guest, event.name(), event.status()));
            // QEMU has better things to do than to answer, where it is known.
            if (meaning.equals(Optional.of(Happening.STOPPED)) && !events.isLeaving()) {
                askWhyStopped(event);
            }
        }

        @Override
        public void onDisconnected(QmpConnectionException why) {
            loop.execute(() -> {
                watched.remove(guest);
                if (!closed) {
                    listener.vanished(guest, String.valueOf(why.getMessage()));
                    // Where a new QEMU took the old one's place, its socket's appearance was no news.
                    if (Files.exists(directory.socket(guest))) {
                        appeared(guest);
                    }
                }
            });
        }

        /** QEMU says MIGRATION only if the migration capability "events" is set; its run state tells without. */
        private void askWhyStopped(QmpEvent stop) {
            Watched self = watched.get(guest);
            if (self == null) {
                return;
            }
            self.client().execute("query-status").whenComplete((answer, failure) -> {
                String status = failure == null ? answer.path("status").asText() : "";
                if (status.equals("finish-migrate") || status.equals("postmigrate")) {
                    listener.happened(guest, Happening.MIGRATION_STARTED, stop.at());
                }
            });
        }
    }
}
