package org.mooring.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.handler.codec.string.StringEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * A conversation with one QEMU over its monitor socket, capabilities negotiated. QEMU serves one client at a time on a socket. All stages
 * complete, and the listener is called, on the connection's event loop; the methods may be called from any thread.
 */
public final class QmpClient implements AutoCloseable {
    /** The longest answer of QEMU 7.2, {@code query-qmp-schema}, is a fifth of this. */
    static final int MAX_LINE = 1 << 20;

    private static final Duration GREETING_TIMEOUT = Duration.ofSeconds(10);

    private final Channel channel;
    private final QmpConversation conversation;
    private final String qemuVersion;

    QmpClient(Channel channel, QmpConversation conversation, String qemuVersion) {
        this.channel = channel;
        this.conversation = conversation;
        this.qemuVersion = qemuVersion;
    }

    /** As {@link #connect(EventLoopGroup, Path, QmpListener, Clock, Duration)}, with ten seconds for QEMU to greet us. */
    public static CompletionStage<QmpClient> connect(
            EventLoopGroup epoll, Path socket, QmpListener listener, Clock clock) {
        return connect(epoll, socket, listener, clock, GREETING_TIMEOUT);
    }

    /**
     * Connects and negotiates capabilities. Events that follow the negotiation reach the listener, even before the stage completes.
     *
     * @param epoll a group with an epoll handler
     * @param clock stamps {@link QmpEvent#received()}
     * @param patience how long QEMU may take to greet us; it keeps silent while another client holds the socket
     * @return fails with {@link QmpConnectionException} where nobody listens, nobody greets, or it isn't QMP
     */
    public static CompletionStage<QmpClient> connect(
            EventLoopGroup epoll, Path socket, QmpListener listener, Clock clock, Duration patience) {
        QmpConversation conversation = new QmpConversation(socket, listener, clock, patience);
        new Bootstrap()
                .group(epoll)
                .channel(EpollDomainSocketChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new LineBasedFrameDecoder(MAX_LINE, true, true),
                                        new StringDecoder(StandardCharsets.UTF_8),
                                        new StringEncoder(StandardCharsets.UTF_8),
                                        conversation);
                    }
                })
                .connect(new DomainSocketAddress(socket.toFile()))
                .addListener(connect -> {
                    if (!connect.isSuccess()) {
                        conversation.connectFailed(connect.cause());
                    }
                });
        return conversation.negotiated();
    }

    /** Such as {@code 7.2.22}. */
    public String qemuVersion() {
        return qemuVersion;
    }

    public CompletionStage<JsonNode> execute(String command) {
        return execute(command, MissingNode.getInstance());
    }

    /**
     * Gives QEMU a command.
     *
     * @param arguments an object, or anything else for no arguments
     * @return what QEMU returns; fails with {@link QmpException} where it refuses, with {@link QmpConnectionException} where the connection
     *     is or gets lost before the answer
     */
    public CompletionStage<JsonNode> execute(String command, JsonNode arguments) {
        return conversation.execute(channel, command, arguments);
    }

    /** Ends the conversation; QEMU goes on. Commands without an answer fail. */
    @Override
    public void close() {
        channel.close();
    }
}
