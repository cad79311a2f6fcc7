package org.mooring.runtime.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.TimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.mooring.runtime.json.Json;
import org.mooring.runtime.metrics.Metrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request on the control socket, and its answer. */
final class ControlHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Logger log = LoggerFactory.getLogger(ControlHandler.class);
    private static final String JSON = "application/json";

    private record Text(String mediaType, String text) {}

    private record Problem(String error) {}

    private record Health(String status) {}

    private final Executor agent;
    private final Routes routes;
    private final Metrics metrics;
    private final Duration longestAnswer;
    private boolean taken;

    ControlHandler(Executor agent, Routes routes, Metrics metrics, Duration longestAnswer) {
        this.agent = agent;
        this.routes = routes;
        this.metrics = metrics;
        this.longestAnswer = longestAnswer;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest message) {
        if (taken) {
            return; // The connection closes after its first answer, and says so.
        }
        taken = true;
        answer(message)
                .toCompletableFuture()
                .orTimeout(longestAnswer.toMillis(), TimeUnit.MILLISECONDS)
                .whenCompleteAsync(
                        (answer, failure) -> {
                            if (failure == null) {
                                send(context, HttpResponseStatus.OK, text(answer));
                            } else {
                                refuse(context, cause(failure));
                            }
                        },
                        context.executor());
    }

    private CompletionStage<?> answer(FullHttpRequest message) {
        if (message.decoderResult().isFailure()) {
            return CompletableFuture.failedFuture(Refusal.badRequest("this is not an HTTP request"));
        }
        String method = message.method().name();
        QueryStringDecoder uri = new QueryStringDecoder(message.uri());
        String body = message.content().toString(StandardCharsets.UTF_8);
        CompletableFuture<Object> answer = new CompletableFuture<>();
        agent.execute(() -> {
            try {
                answer(method, uri, body).whenComplete((value, failure) -> {
                    if (failure == null) {
                        answer.complete(value);
                    } else {
                        answer.completeExceptionally(failure);
                    }
                });
            } catch (Refusal e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    /** On the agent's thread, so gauges too may look at its state. */
    private CompletionStage<?> answer(String method, QueryStringDecoder uri, String body) throws Refusal {
        String path;
        Map<String, String> query = new HashMap<>();
        try {
            path = uri.path();
            uri.parameters().forEach((name, values) -> query.put(name, values.get(values.size() - 1)));
        } catch (IllegalArgumentException e) {
            throw Refusal.badRequest("the path is not well-formed");
        }
        if (method.equals("GET") && path.equals("/metrics")) {
            return CompletableFuture.completedFuture(new Text(Metrics.MEDIA_TYPE, metrics.text()));
        }
        if (method.equals("GET") && path.equals("/health")) {
            return CompletableFuture.completedFuture(new Health("ok"));
        }
        Routes.Match match = routes.match(method, path);
        return match.handler().answer(new Request(match.parameters(), query, body));
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private void refuse(ChannelHandlerContext context, Throwable failure) {
        if (failure instanceof Refusal refusal) {
            problem(context, HttpResponseStatus.valueOf(refusal.status()), String.valueOf(refusal.getMessage()));
        } else if (failure instanceof java.util.concurrent.TimeoutException) {
            problem(
                    context,
                    HttpResponseStatus.SERVICE_UNAVAILABLE,
                    "no answer within " + longestAnswer.toSeconds() + " s");
        } else {
            log.error("control request failed", failure);
            problem(context, HttpResponseStatus.INTERNAL_SERVER_ERROR, "a bug: the log says more");
        }
    }

    static void problem(ChannelHandlerContext context, HttpResponseStatus status, String what) {
        send(context, status, text(new Problem(what)));
    }

    private static Text text(Object answer) {
        if (answer instanceof Text text) {
            return text;
        }
        try {
            return new Text(JSON, Json.MAPPER.writeValueAsString(answer) + "\n");
        } catch (JsonProcessingException e) {
            throw new AssertionError("an answer that can't be written as JSON: " + answer.getClass(), e);
        }
    }

    private static void send(ChannelHandlerContext context, HttpResponseStatus status, Text text) {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, Unpooled.copiedBuffer(text.text(), StandardCharsets.UTF_8));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, text.mediaType())
                .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes())
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof TimeoutException && !taken) {
            taken = true;
            problem(context, HttpResponseStatus.REQUEST_TIMEOUT, "the request was not complete in time");
            return;
        }
        log.debug("control connection closed reason={}", cause.toString());
        context.close();
    }
}
