package org.mooring.runtime.control;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.handler.timeout.WriteTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.mooring.runtime.Failure;
import org.mooring.runtime.metrics.Metrics;
import org.mooring.runtime.preflight.DiskFull;

/**
 * HTTP and JSON on a Unix socket that its owner and group may use. Besides the agent's routes it has {@code /metrics}, as
 * Prometheus text, and {@code /health}. A connection serves one request.
 */
public final class ControlServer implements AutoCloseable {
    private static final int LONGEST_BODY = 64 * 1024;
    private static final int MOST_CONNECTIONS = 64;

    /** For a client to send its request, and to take its answer. */
    private static final int SECONDS_TO_TRANSFER = 10;

    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(30);
    private static final String MODE = "rw-rw----";

    private final Path path;
    private final EventLoopGroup group;
    private final Channel channel;

    private ControlServer(Path path, EventLoopGroup group, Channel channel) {
        this.path = path;
        this.group = group;
        this.channel = channel;
    }

    /**
     * Listens.
     *
     * @param agent runs what is asked on the thread that owns the state
     * @throws Failure if another program listens at {@code path}, or nobody can
     */
    public static ControlServer open(Path path, Executor agent, Routes routes, Metrics metrics) throws Failure {
        return open(path, agent, routes, metrics, LONGEST_ANSWER);
    }

    static ControlServer open(Path path, Executor agent, Routes routes, Metrics metrics, Duration longestAnswer)
            throws Failure {
        refuseToReplace(path);
        EventLoopGroup group =
                new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("control"), EpollIoHandler.newFactory());
        // Bound under another name, and renamed once its mode is right: nobody can connect before.
        Path unready = path.resolveSibling(
                "." + path.getFileName() + "." + ProcessHandle.current().pid());
        ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
        ChannelFuture bound = new ServerBootstrap()
                .group(group)
                .channel(EpollServerDomainSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel connection) {
                        if (connections.size() >= MOST_CONNECTIONS) {
                            connection.close();
                            return;
                        }
                        connections.add(connection);
                        connection
                                .pipeline()
                                .addLast(new ReadTimeoutHandler(SECONDS_TO_TRANSFER))
                                .addLast(new WriteTimeoutHandler(SECONDS_TO_TRANSFER))
                                .addLast(handlers(agent, routes, metrics, longestAnswer));
                    }
                })
                .bind(new DomainSocketAddress(unready.toString()))
                .awaitUninterruptibly();
        try {
            if (!bound.isSuccess()) {
                throw refusal(path, bound.cause());
            }
            Files.setPosixFilePermissions(unready, PosixFilePermissions.fromString(MODE));
            Files.move(unready, path, StandardCopyOption.ATOMIC_MOVE);
            return new ControlServer(path, group, bound.channel());
        } catch (IOException e) {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            throw refusal(path, e);
        } catch (Failure e) {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            throw e;
        }
    }

    private static Failure refusal(Path path, Throwable cause) {
        String reason = String.valueOf(cause.getMessage());
        String advice = DiskFull.is(reason)
                ? DiskFull.ADVICE
                : "remove it if another user has left it, or name one in a directory that this user may write to";
        return new Failure("control-socket " + path + " cannot be made: " + reason + ": " + advice, cause);
    }

    /** What makes an answer of octets. */
    static ChannelHandler[] handlers(Executor agent, Routes routes, Metrics metrics, Duration longestAnswer) {
        return new ChannelHandler[] {
            new HttpServerCodec(), new BoundedBody(), new ControlHandler(agent, routes, metrics, longestAnswer)
        };
    }

    /** Says 413 as everything else is said, and closes. */
    private static final class BoundedBody extends HttpObjectAggregator {
        BoundedBody() {
            super(LONGEST_BODY);
        }

        @Override
        protected void handleOversizedMessage(ChannelHandlerContext context, HttpMessage oversized) {
            ControlHandler.problem(
                    context,
                    HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
                    "the body is longer than " + LONGEST_BODY + " octets");
        }
    }

    /** A socket that nobody listens on is what a killed process left behind, and may be replaced. */
    private static void refuseToReplace(Path path) throws Failure {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!isSocket(path)) {
            throw new Failure("control-socket " + path + " is a file that is no socket: name another path");
        }
        try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException nobodyListens) {
            return;
        }
        throw new Failure("control-socket " + path
                + " is in use by a running program: stop it, or give this one a control-socket of its own");
    }

    private static boolean isSocket(Path path) {
        try {
            return Files.readAttributes(path, "unix:mode", LinkOption.NOFOLLOW_LINKS)
                                    .get("mode")
                            instanceof Integer mode
                    && (mode & 0170000) == 0140000;
        } catch (IOException gone) {
            return true;
        }
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new AssertionError("we made " + path, e);
        }
        channel.close().awaitUninterruptibly();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
