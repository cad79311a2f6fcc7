package org.mooring.runtime.control;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.mooring.runtime.metrics.Metrics;

/** A connection to a control socket, for tests that have no socket. */
public final class ControlConnection {
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(30);

    private final Metrics metrics = new Metrics("test");
    private final Routes routes;

    public ControlConnection(Routes routes) {
        this.routes = routes;
    }

    /**
     * The answer to {@code octets}; empty if they aren't a whole request.
     *
     * @throws AssertionError if the agent's thread would have ended with it, or the answer owns up to a bug
     */
    public String answer(byte[] octets) {
        var bug = new AtomicReference<RuntimeException>();
        Executor agent = task -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                bug.set(e);
            }
        };
        var channel = new EmbeddedChannel(ControlServer.handlers(agent, routes, metrics, LONGEST_ANSWER));
        try {
            channel.writeInbound(Unpooled.wrappedBuffer(octets));
            channel.runPendingTasks();
            if (bug.get() != null) {
                throw new AssertionError("the agent's thread ends", bug.get());
            }
            var answer = written(channel);
            if (answer.startsWith("HTTP/1.1 500")) {
                throw new AssertionError(answer);
            }
            return answer;
        } finally {
            channel.finishAndReleaseAll();
        }
    }

    private static String written(EmbeddedChannel channel) {
        var answer = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            answer.append(part.toString(StandardCharsets.UTF_8));
            part.release();
        }
        return answer.toString();
    }
}
