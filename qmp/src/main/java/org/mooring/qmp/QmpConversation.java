package org.mooring.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The client's end of one connection: matches answers with commands. Confined to the channel's event loop but for {@link #execute}. */
final class QmpConversation extends SimpleChannelInboundHandler<String> {
    private static final Logger LOG = LoggerFactory.getLogger(QmpConversation.class);

    private record Pending(String command, CompletableFuture<JsonNode> answer) {}

    private final Path socket;
    private final QmpListener listener;
    private final Clock clock;
    private final Duration patience;
    private final CompletableFuture<QmpClient> negotiated = new CompletableFuture<>();
    private final Map<Long, Pending> pending = new HashMap<>();
    private long lastId;
    private @Nullable QmpConnectionException ended;

    QmpConversation(Path socket, QmpListener listener, Clock clock, Duration patience) {
        this.socket = socket;
        this.listener = listener;
        this.clock = clock;
        this.patience = patience;
    }

    /** Completes once commands may be given. */
    CompletionStage<QmpClient> negotiated() {
        return negotiated;
    }

    void connectFailed(Throwable cause) {
        negotiated.completeExceptionally(new QmpConnectionException(
                socket, Files.exists(socket) ? "nobody listens there" : "it is not there", cause));
    }

    CompletionStage<JsonNode> execute(Channel channel, String command, JsonNode arguments) {
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        Runnable send = () -> send(channel, new Pending(command, answer), arguments);
        if (channel.eventLoop().inEventLoop()) {
            send.run();
        } else {
            channel.eventLoop().execute(send);
        }
        return answer;
    }

    private void send(Channel channel, Pending command, JsonNode arguments) {
        if (ended != null) {
            command.answer().completeExceptionally(ended);
            return;
        }
        long id = ++lastId;
        pending.put(id, command);
        channel.writeAndFlush(QmpMessage.command(id, command.command(), arguments) + "\n");
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        context.executor()
                .schedule(
                        () -> {
                            if (!negotiated.isDone()) {
                                end(context, "no greeting; another client may hold this socket", null);
                            }
                        },
                        patience.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, String line) {
        if (ended != null) {
            return;
        }
        QmpMessage message = QmpMessage.parse(line, clock.instant());
        if (message instanceof QmpMessage.Greeting greeting) {
            negotiate(context, greeting);
        } else if (message instanceof QmpMessage.Event event) {
            listener.onEvent(event.event());
        } else if (message instanceof QmpMessage.Return value) {
            Pending command = pending.remove(value.id());
            if (command != null) {
                command.answer().complete(value.value());
            }
        } else if (message instanceof QmpMessage.Refusal refusal) {
            Pending command = pending.remove(refusal.id());
            if (command != null) {
                command.answer()
                        .completeExceptionally(
                                new QmpException(command.command(), refusal.errorClass(), refusal.description()));
            }
        } else if (message instanceof QmpMessage.Malformed malformed) {
            // Whoever this is, its next line is no better: commands would wait for ever.
            end(context, "this is not QMP: " + malformed.reason(), null);
        }
    }

    private void negotiate(ChannelHandlerContext context, QmpMessage.Greeting greeting) {
        execute(context.channel(), "qmp_capabilities", MissingNode.getInstance())
                .whenComplete((done, refused) -> {
                    if (refused == null) {
                        negotiated.complete(new QmpClient(context.channel(), this, greeting.version()));
                    } else {
                        end(context, "capabilities negotiation failed", refused);
                    }
                });
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        end(context, "closed", null);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        end(context, String.valueOf(cause.getMessage()), cause);
    }

    private void end(ChannelHandlerContext context, String reason, @Nullable Throwable cause) {
        if (ended != null) {
            return;
        }
        QmpConnectionException why = new QmpConnectionException(socket, reason, cause);
        ended = why;
        context.close();
        LOG.debug("conversation ended socket={} reason={}", socket, reason);
        Map<Long, Pending> unanswered = Map.copyOf(pending);
        pending.clear();
        unanswered.values().forEach(command -> command.answer().completeExceptionally(why));
        if (!negotiated.completeExceptionally(why) && !negotiated.isCompletedExceptionally()) {
            listener.onDisconnected(why);
        }
    }
}
