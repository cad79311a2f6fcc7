package org.mooring.migrator.host;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.netty.channel.EventLoopGroup;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.mooring.qmp.QmpClient;
import org.mooring.qmp.QmpListener;
import org.mooring.runtime.Failure;

/** The migrator's monitor of a guest, for a thread that has nothing to do until it answers. */
record Monitor(QmpClient client) implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** To a guest that should be running: where it isn't, the failure says what to do. */
    static Monitor connect(EventLoopGroup epoll, GuestFiles files, QmpListener listener) throws Failure {
        try {
            return open(epoll, files, listener);
        } catch (Failure e) {
            throw new Failure(e.getMessage() + "; " + advice(files), e);
        }
    }

    /** Whoever tears a guest down that still runs kills it. */
    private static String advice(GuestFiles files) {
        String guest = files.guest();
        String teardown = "'kvm-migrator teardown " + guest + "' removes what is left of it here, and "
                + "'kvm-migrator startup " + guest + "' starts it";
        Optional<QemuProcess> qemu = QemuProcess.find(files);
        if (qemu.isEmpty()) {
            return "if its QEMU has ended, " + teardown;
        }
        String runs = "its QEMU (pid " + qemu.get().pid() + ") still runs";
        return Files.exists(files.monitor())
                ? runs
                : runs + ", but can't be asked any more: shut the guest down from inside; then " + teardown;
    }

    /** To whatever is left of a guest. */
    static Monitor open(EventLoopGroup epoll, GuestFiles files, QmpListener listener) throws Failure {
        return new Monitor(await(QmpClient.connect(epoll, files.monitor(), listener, Clock.systemUTC(), PATIENCE)));
    }

    JsonNode ask(String command) throws Failure {
        return ask(command, MissingNode.getInstance());
    }

    JsonNode ask(String command, JsonNode arguments) throws Failure {
        return await(client.execute(command, arguments));
    }

    @Override
    public void close() {
        client.close();
    }

    private static <T> T await(CompletionStage<T> stage) throws Failure {
        try {
            // Twice, so that QEMU's own silence is noticed by the connection and named as such.
            return stage.toCompletableFuture().get(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new Failure(Failures.reason(e), e);
        } catch (TimeoutException e) {
            throw new Failure("QEMU does not answer on its monitor", e);
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts this thread", e);
        }
    }
}
