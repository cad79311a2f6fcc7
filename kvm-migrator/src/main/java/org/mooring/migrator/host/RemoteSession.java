package org.mooring.migrator.host;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mooring.runtime.Failure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** This program on another host, at the end of an ssh session. */
final class RemoteSession implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RemoteSession.class);

    /** ssh's own exit code when it failed itself (ssh(1), EXIT STATUS). */
    private static final int SSH_FAILED = 255;

    private static final int COMMAND_NOT_FOUND = 127;
    private static final int KEPT_COMPLAINTS = 5;

    /** Hears the session, on one thread of its own. */
    interface Listener {
        /** The program over there printed a line; or a login banner did. */
        void onLine(String line);

        /**
         * The session is over.
         *
         * @param refused the program over there ended by itself: what it had to do is done or was refused
         */
        void onEnd(boolean refused, String reason);
    }

    private final String host;
    private final Process ssh;
    private final BufferedWriter orders;
    private final Deque<String> complaints = new ArrayDeque<>();
    private @Nullable Thread reader;

    private RemoteSession(String host, Process ssh) {
        this.host = host;
        this.ssh = ssh;
        this.orders = ssh.outputWriter();
    }

    static RemoteSession start(RemoteCommand command, Listener listener) throws Failure {
        List<String> arguments = command.arguments();
        log.debug("remote command {}", arguments);
        try {
            RemoteSession session = new RemoteSession(command.host().name(), new ProcessBuilder(arguments).start());
            Thread complaints = session.thread("complaints", session::readComplaints);
            session.reader = session.thread("output", () -> session.readOutput(listener, complaints));
            return session;
        } catch (IOException e) {
            throw new Failure("cannot run ssh: " + e.getMessage() + "; install an ssh client (openssh-client)", e);
        }
    }

    /** Sends an order; if the session is gone, its end says so. */
    void send(Order order) {
        try {
            orders.write(Order.line(order));
            orders.newLine();
            orders.flush();
        } catch (IOException e) {
            log.debug("order not sent host={} order={}: {}", host, order, e.getMessage());
        }
    }

    /** Ends the session: the other side sees the end of its input. Once this returns, nothing more is heard. */
    @Override
    public void close() {
        try {
            orders.close();
            if (!ssh.waitFor(5, TimeUnit.SECONDS)) {
                ssh.destroy();
            }
            if (reader != null) {
                reader.join(TimeUnit.SECONDS.toMillis(5));
            }
        } catch (IOException e) {
            ssh.destroy();
        } catch (InterruptedException e) {
            ssh.destroy();
            Thread.currentThread().interrupt();
        }
    }

    private Thread thread(String name, Runnable body) {
        Thread thread = new Thread(body, host + " " + name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void readOutput(Listener listener, Thread complaintsReader) {
        try (BufferedReader lines = ssh.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                listener.onLine(line);
            }
        } catch (IOException e) {
            log.debug("output ends host={}: {}", host, e.getMessage());
        }
        try {
            int exitCode = ssh.waitFor();
            complaintsReader.join(TimeUnit.SECONDS.toMillis(2));
            listener.onEnd(!failed(exitCode), reason(exitCode));
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts this thread", e);
        }
    }

    private void readComplaints() {
        try (BufferedReader lines = ssh.errorReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                synchronized (complaints) {
                    complaints.add(line);
                    if (complaints.size() > KEPT_COMPLAINTS) {
                        complaints.remove();
                    }
                }
            }
        } catch (IOException e) {
            log.debug("complaints end host={}: {}", host, e.getMessage());
        }
    }

    /** Whether ssh ended by itself or by a signal, so that the program over there had no say. */
    private static boolean failed(int exitCode) {
        return exitCode == SSH_FAILED || exitCode > 128;
    }

    private String reason(int exitCode) {
        String said;
        synchronized (complaints) {
            said = complaints.stream()
                    .filter(line -> !line.isBlank())
                    .map(line -> line.replaceFirst("^kvm-migrator: ", "").strip())
                    .collect(Collectors.joining("; "));
        }
        return switch (exitCode) {
            case SSH_FAILED -> "ssh to " + host + " failed: " + (said.isEmpty() ? "no reason given" : said);
            case COMMAND_NOT_FOUND -> host + " has no such program (" + said + "): set 'program' under [[host]]";
            default ->
                failed(exitCode)
                        ? "the ssh session with " + host + " was lost" + (said.isEmpty() ? "" : ": " + said)
                        : host + ": " + (said.isEmpty() ? "ended with exit code " + exitCode : said);
        };
    }
}
