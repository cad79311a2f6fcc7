package org.mooring.runtime.udp;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.RawUnixChannelOption;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.Failure;
import org.mooring.runtime.loop.AgentLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A UDP socket that is bound to an address, never to the wildcard: a site's router runs several agents. What it takes is
 * handed on on the loop's thread. Datagrams without a payload are not handed on.
 */
public final class UdpSocket implements AutoCloseable {
    /** The port of registration messages (RFC 3344 §1.8). */
    public static final int REGISTRATION_PORT = 434;

    private static final Logger log = LoggerFactory.getLogger(UdpSocket.class);

    private static final int LONGEST_DATAGRAM = 65_535;

    /** How many datagrams one recvmmsg(2) takes. */
    private static final int BURST = 16;

    /**
     * Which part of the buffer a single peer has. What waits there is read in its order: if somebody floods in the peer's name, a whole buffer
     * takes a slow machine more than the second after which a mobile node asks again (RFC 3344 §3.6.3), and each answer would come too late. A
     * thousand requests at once take no more than two MiB with what the kernel adds, and what hooks rescue comes from hosts, to the shared socket.
     */
    private static final int PEERS_PART = 3;

    private static final int SOL_SOCKET = 1;
    private static final int SO_BINDTODEVICE = 25;
    private static final int IFNAMSIZ = 16;
    private static final RawUnixChannelOption BIND_TO_DEVICE =
            new RawUnixChannelOption("SO_BINDTODEVICE", SOL_SOCKET, SO_BINDTODEVICE, IFNAMSIZ);
    private static final IntegerUnixChannelOption RECEIVE_BUFFER_FORCE =
            new IntegerUnixChannelOption("SO_RCVBUFFORCE", SOL_SOCKET, 33);

    private final AgentLoop<?, ?> loop;
    private final int receiveBuffer;
    private final Channel channel;

    /** Those that share the address and the port, this one included. */
    private final Set<Channel> sharing;

    private UdpSocket(AgentLoop<?, ?> loop, int receiveBuffer, Channel channel, Set<Channel> sharing) {
        this.loop = loop;
        this.receiveBuffer = receiveBuffer;
        this.channel = channel;
        this.sharing = sharing;
        sharing.add(channel);
    }

    /**
     * Binds a socket. Nobody else can bind the same address and port.
     *
     * @param receiveBuffer octets that may wait in the kernel, of which it counts twice as many with what it adds; without CAP_NET_ADMIN,
     *     net.core.rmem_max limits it
     * @throws Failure if the port is taken, the address isn't one of this machine's, or a capability is missing
     */
    public static UdpSocket bind(
            AgentLoop<?, ?> loop, Ipv4Address address, int port, int receiveBuffer, Consumer<Datagram> receiver)
            throws Failure {
        var local = new InetSocketAddress(address.toInet(), port);
        var channel = open(loop, local, false, Optional.empty(), receiveBuffer, receiver);
        return new UdpSocket(loop, receiveBuffer, channel, ConcurrentHashMap.newKeySet());
    }

    /**
     * Binds a socket that takes what arrives on {@code device} only, and may share its address and port with others like it. The address may be
     * a broadcast address of the link.
     *
     * @throws Failure as {@link #bind}
     */
    public static UdpSocket bindOn(
            AgentLoop<?, ?> loop,
            String device,
            Ipv4Address address,
            int port,
            int receiveBuffer,
            Consumer<Datagram> receiver)
            throws Failure {
        var local = new InetSocketAddress(address.toInet(), port);
        var channel = open(loop, local, true, Optional.of(device), receiveBuffer, receiver);
        return new UdpSocket(loop, receiveBuffer, channel, ConcurrentHashMap.newKeySet());
    }

    /** Sends one datagram to itself over the loopback interface, so that the first real one finds everything loaded. */
    public static void warmUp(AgentLoop<?, ?> loop) throws Failure {
        var arrived = new CountDownLatch(1);
        var loopback = Ipv4Address.of("127.0.0.1");
        try (var socket = bind(loop, loopback, 0, LONGEST_DATAGRAM, datagram -> arrived.countDown())) {
            socket.send(socket.local(), Octets.of(new byte[1]), refusal -> arrived.countDown());
            if (!arrived.await(1, TimeUnit.SECONDS)) {
                log.debug("nothing came back over the loopback interface");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Binds a second socket to the same address and port, which takes what arrives on {@code device}; the rest stays
     * with this one. What the second sends leaves by {@code device} (SO_BINDTODEVICE).
     */
    public UdpSocket alsoOn(String device, Consumer<Datagram> receiver) throws Failure {
        if (!exists(device)) {
            throw new Failure("there is no interface " + device + " to bind UDP port " + local().getPort()
                    + " to: create it, or name another one");
        }
        return share(Optional.of(device), receiveBuffer, receiver);
    }

    /**
     * Binds another socket to the same address and port, which takes what comes from {@code peer}; the rest stays with this one. What others send,
     * however much, neither fills its buffer nor has to be read before. Its buffer is a third as large.
     *
     * @throws Failure if there is no way to {@code peer}
     */
    public UdpSocket alsoFrom(InetSocketAddress peer, Consumer<Datagram> receiver) throws Failure {
        var another = share(Optional.empty(), receiveBuffer / PEERS_PART, receiver);
        var connected = another.channel.connect(peer).awaitUninterruptibly();
        if (!connected.isSuccess()) {
            another.close();
            throw new Failure("no way to " + peer + ": " + connected.cause().getMessage()
                    + ": add a route to it, or correct the configuration");
        }
        return another;
    }

    private UdpSocket share(Optional<String> device, int receiveBuffer, Consumer<Datagram> receiver) throws Failure {
        // Sockets may share a port if all say so when one is bound. After that the door is closed again, so that nobody
        // else's
        // can take the datagrams.
        sharing.forEach(channel -> setReuseAddress(channel, true));
        try {
            var another = open(loop, local(), true, device, receiveBuffer, receiver);
            return new UdpSocket(loop, receiveBuffer, another, sharing);
        } finally {
            sharing.forEach(channel -> setReuseAddress(channel, false));
        }
    }

    /**
     * While {@code binding} runs, a socket that isn't of this class may be bound to the same address and port, and share the datagrams by a rule
     * of its own (socket(7), SO_REUSEPORT). After that nobody else's can, but this user's. Whatever is for {@link #alsoOn} may come here from then on:
     * the kernel takes the first two that share so for the best.
     */
    public <T, E extends Exception> T beside(Binding<T, E> binding) throws E {
        channel.config().setOption(EpollChannelOption.SO_REUSEPORT, true);
        sharing.forEach(other -> setReuseAddress(other, true));
        try {
            return binding.bind();
        } finally {
            sharing.forEach(other -> setReuseAddress(other, false));
        }
    }

    /** Binds what {@link #beside} lets in. */
    public interface Binding<T, E extends Exception> {
        T bind() throws E;
    }

    private static boolean exists(String device) {
        try {
            return NetworkInterface.getByName(device) != null;
        } catch (SocketException e) {
            return false;
        }
    }

    private static void setReuseAddress(Channel channel, boolean on) {
        channel.config().setOption(ChannelOption.SO_REUSEADDR, on);
    }

    private static Channel open(
            AgentLoop<?, ?> loop,
            InetSocketAddress local,
            boolean shared,
            Optional<String> device,
            int receiveBuffer,
            Consumer<Datagram> receiver)
            throws Failure {
        Bootstrap bootstrap = new Bootstrap()
                .group(loop.group())
                .channelFactory(() -> new EpollDatagramChannel(SocketProtocolFamily.INET))
                .option(ChannelOption.SO_REUSEADDR, shared)
                .option(ChannelOption.SO_RCVBUF, receiveBuffer)
                // One at a group's address takes what comes for the group, whoever on this machine has joined that.
                .option(EpollChannelOption.IP_MULTICAST_ALL, true)
                .option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, LONGEST_DATAGRAM)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(BURST * LONGEST_DATAGRAM))
                .handler(new Receiver(loop, receiver));
        device.ifPresent(name -> bootstrap.option(BIND_TO_DEVICE, interfaceName(name)));
        ChannelFuture bound = bootstrap.bind(local).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw BindFailure.of(local, bound.cause());
        }
        forceReceiveBuffer(bound.channel(), receiveBuffer);
        return bound.channel();
    }

    /** Beyond net.core.rmem_max, whose usual value is full after some ninety datagrams. */
    private static void forceReceiveBuffer(Channel channel, int octets) {
        try {
            channel.config().setOption(RECEIVE_BUFFER_FORCE, octets);
        } catch (ChannelException e) {
            log.debug(
                    "net.core.rmem_max limits the receive buffer at={} reason={}",
                    channel.localAddress(),
                    e.toString());
        }
    }

    private static ByteBuffer interfaceName(String name) {
        return ByteBuffer.allocateDirect(IFNAMSIZ)
                .put(name.getBytes(StandardCharsets.UTF_8))
                .rewind();
    }

    public InetSocketAddress local() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** Sends a datagram. One that the kernel refuses is logged: UDP promises nothing, and peers retransmit. */
    public void send(InetSocketAddress to, Octets payload) {
        send(
                to,
                payload,
                refusal -> log.warn("datagram not sent from={} to={} reason={}", local(), to, refusal.reason()));
    }

    /**
     * Sends a datagram.
     *
     * @param refused told why, on the loop's thread, if the kernel refuses it: no route, for one
     */
    public void send(InetSocketAddress to, Octets payload, Consumer<SendRefusal> refused) {
        ByteBuf buffer = channel.alloc().buffer(payload.length());
        payload.writeTo(buffer);
        channel.writeAndFlush(new DatagramPacket(buffer, to)).addListener(sent -> {
            Throwable cause = sent.cause();
            if (cause != null) {
                refused.accept(new SendRefusal(BindFailure.errno(cause), String.valueOf(cause.getMessage())));
            }
        });
    }

    @Override
    public void close() {
        sharing.remove(channel);
        channel.close().awaitUninterruptibly();
    }

    private static final class Receiver extends SimpleChannelInboundHandler<DatagramPacket> {
        /** ENETUNREACH, ECONNREFUSED, EHOSTDOWN, EHOSTUNREACH, as Netty has them. */
        private static final Set<Integer> OF_ICMP = Set.of(-101, -111, -112, -113);

        private final AgentLoop<?, ?> loop;
        private final Consumer<Datagram> receiver;

        Receiver(AgentLoop<?, ?> loop, Consumer<Datagram> receiver) {
            this.loop = loop;
            this.receiver = receiver;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            var datagram =
                    new Datagram(loop.now(), packet.sender(), packet.recipient(), Octets.copyOf(packet.content()));
            loop.execute(() -> receiver.accept(datagram));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (isOfIcmp(cause)) {
                // Of what was sent from here: who wants to know hears it by IcmpErrors, with what it was about.
                log.debug(
                        "peer not reached from={} reason={}", context.channel().localAddress(), cause.getMessage());
            } else {
                log.warn(
                        "datagram not received at={} reason={}",
                        context.channel().localAddress(),
                        cause.getMessage());
            }
        }

        private static boolean isOfIcmp(Throwable cause) {
            return cause instanceof PortUnreachableException
                    || (cause instanceof NativeIoException kernel && OF_ICMP.contains(kernel.expectedErr()));
        }
    }
}
