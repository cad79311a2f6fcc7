package org.mooring.linux.netlink;

import static org.mooring.linux.KernelException.check;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;
import org.mooring.linux.libc.Descriptor;
import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.Syscall;

/**
 * A netlink socket, of NETLINK_ROUTE if nothing else is said: many changes in one datagram, their acknowledgements, and dumps. Several threads may use it; they take turns. The
 * kernel does what it is asked for within the sending call, so an answer that does not come is a fault, not a delay.
 */
final class NetlinkSocket implements AutoCloseable {
    private static final int NETLINK_ROUTE = 0;
    private static final int SOL_NETLINK = 270;
    private static final int NETLINK_CAP_ACK = 10;
    private static final int NETLINK_EXT_ACK = 11;
    private static final int NETLINK_GET_STRICT_CHK = 12;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int MSG_TRUNC = 0x20;
    private static final int NFNL_MSG_BATCH_BEGIN = 0x10;
    private static final int NFNL_MSG_BATCH_END = 0x11;

    private static final int NLM_F_DUMP_INTR = 0x10;

    private static final int SEND_BUFFER = 32 << 10;
    private static final int RECEIVE_BUFFER = 64 << 10; // twice what the kernel fills at most in a dump

    /** So that the refusals of one datagram fit in the default receive buffer. */
    private static final int MOST_AT_ONCE = 64;

    private static final int ANSWER_SECONDS = 10;
    private static final int DUMP_ATTEMPTS = 10;

    private final Descriptor socket;
    private final Memory out = new Memory(SEND_BUFFER);
    private final Memory in = new Memory(RECEIVE_BUFFER);
    private int sequence;

    private NetlinkSocket(Descriptor socket) {
        this.socket = socket;
    }

    static NetlinkSocket open() throws KernelException {
        return open(NETLINK_ROUTE);
    }

    /** @param protocol which part of the kernel it leads to */
    static NetlinkSocket open(int protocol) throws KernelException {
        Descriptor descriptor = new Descriptor(
                check(Syscall.socket(Syscall.AF_NETLINK, Syscall.SOCK_RAW, protocol), () -> "open a netlink socket"));
        try {
            option(descriptor, SOL_NETLINK, NETLINK_CAP_ACK, 1);
            option(descriptor, SOL_NETLINK, NETLINK_EXT_ACK, 1);
            option(descriptor, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
            Memory timeout = new Memory(2 * Long.BYTES); // struct timeval
            timeout.bytes().putLong(ANSWER_SECONDS);
            check(
                    descriptor.use(fd -> Syscall.setsockopt(fd, Syscall.SOL_SOCKET, SO_RCVTIMEO, timeout)),
                    () -> "set the time-out of a netlink socket");
            return new NetlinkSocket(descriptor);
        } catch (KernelException e) {
            descriptor.close();
            throw e;
        }
    }

    void execute(List<Request> requests) throws KernelException {
        execute(requests.stream());
    }

    /**
     * Makes all of {@code requests}, in their order, each one whether or not those before it were refused. Each is asked for when its turn
     * comes.
     *
     * @throws KernelException the first refusal; the others are suppressed in it
     */
    synchronized void execute(Stream<Request> requests) throws KernelException {
        List<KernelException> refusals = new ArrayList<>();
        List<Request> datagram = new ArrayList<>(MOST_AT_ONCE);
        for (Iterator<Request> all = requests.iterator(); all.hasNext(); ) {
            datagram.add(all.next());
            if (datagram.size() == MOST_AT_ONCE) {
                executeAtOnce(datagram, refusals);
                datagram.clear();
            }
        }
        if (!datagram.isEmpty()) {
            executeAtOnce(datagram, refusals);
        }
        if (!refusals.isEmpty()) {
            KernelException first = refusals.get(0);
            refusals.subList(1, refusals.size()).forEach(first::addSuppressed);
            throw first;
        }
    }

    /**
     * Makes all of {@code changes}, or none (nfnetlink's batches).
     *
     * @param subsystem of nfnetlink
     */
    synchronized void commit(int subsystem, List<NetlinkMessage> changes, String operation) throws KernelException {
        int begin = ++sequence;
        List<ByteBuffer> messages = new ArrayList<>();
        messages.add(batch(NFNL_MSG_BATCH_BEGIN, subsystem).toOctets(0, begin));
        for (NetlinkMessage change : changes) {
            int acknowledge = messages.size() == changes.size() ? NetlinkMessage.NLM_F_ACK : 0; // the last one
            messages.add(change.toOctets(acknowledge, ++sequence));
        }
        int last = sequence;
        messages.add(batch(NFNL_MSG_BATCH_END, subsystem).toOctets(0, ++sequence));
        int length = messages.stream()
                .mapToInt(message -> NetlinkMessage.align(message.remaining()))
                .sum();
        Memory datagram = new Memory(length);
        ByteBuffer octets = datagram.bytes();
        for (ByteBuffer message : messages) {
            octets.put(message).position(NetlinkMessage.align(octets.position()));
        }
        if (length > SEND_BUFFER) {
            option(socket, Syscall.SOL_SOCKET, SO_SNDBUFFORCE, 2 * length);
        }
        check(socket.use(fd -> Syscall.send(fd, datagram, length)), () -> operation);
        while (true) {
            for (Answer answer : receive(operation)) {
                if (answer.sequence() >= begin) {
                    answer.check(operation);
                    if (answer.sequence() == last) {
                        return;
                    }
                }
            }
        }
    }

    private static NetlinkMessage batch(int type, int subsystem) {
        return new NetlinkMessage(type, 0).octets(0, 0, 0, subsystem);
    }

    /**
     * What {@code reader} makes of each message that a dump gives. A list that changed while the kernel made it is asked for again; if it
     * goes on changing, the last one may lack something.
     *
     * @param question a message whose body and attributes say what to list
     */
    synchronized <T> List<T> dump(NetlinkMessage question, String operation, Function<ByteBuffer, T> reader)
            throws KernelException {
        for (int attempt = 1; ; attempt++) {
            int asked = ++sequence;
            send(question.toOctets(NetlinkMessage.NLM_F_DUMP, asked), operation);
            List<T> answers = new ArrayList<>();
            boolean changedMeanwhile = collect(asked, operation, reader, answers);
            if (!changedMeanwhile || attempt == DUMP_ATTEMPTS) {
                return answers;
            }
        }
    }

    /** What {@code reader} makes of the one message that answers {@code question}. */
    synchronized <T> T get(NetlinkMessage question, String operation, Function<ByteBuffer, T> reader)
            throws KernelException {
        int asked = ++sequence;
        send(question.toOctets(0, asked), operation);
        while (true) {
            for (Answer answer : receive(operation)) {
                if (answer.sequence() == asked) {
                    answer.check(operation);
                    return reader.apply(answer.body());
                }
            }
        }
    }

    @Override
    public void close() {
        socket.close();
    }

    /** The kernel tells of each request that it refuses, and of the last one in any case: it has done the others by then. */
    private void executeAtOnce(List<Request> requests, List<KernelException> refusals) throws KernelException {
        int first = sequence + 1;
        int last = sequence + requests.size();
        ByteBuffer datagram = out.bytes();
        for (Request request : requests) {
            int acknowledge = ++sequence == last ? NetlinkMessage.NLM_F_ACK : 0;
            request.message().write(datagram, acknowledge, sequence);
        }
        String operation = requests.get(0).operation().get();
        int length = datagram.position();
        check(socket.use(fd -> Syscall.send(fd, out, length)), () -> operation);
        while (true) {
            for (Answer answer : receive(operation)) {
                int index = answer.sequence() - first;
                if (index < 0 || index >= requests.size()) {
                    continue; // of an earlier datagram that was given up
                }
                Request request = requests.get(index);
                if (!request.content().contains(answer.errno())) {
                    answer.refusal(request.operation().get()).ifPresent(refusals::add);
                }
                if (answer.sequence() == last) {
                    return;
                }
            }
        }
    }

    /** Adds to {@code answers} until the dump is done; answers whether the list changed while the kernel made it. */
    private <T> boolean collect(int asked, String operation, Function<ByteBuffer, T> reader, List<T> answers)
            throws KernelException {
        boolean changedMeanwhile = false;
        while (true) {
            for (Answer answer : receive(operation)) {
                if (answer.sequence() != asked) {
                    continue; // of an earlier dump that was given up
                }
                changedMeanwhile |= (answer.flags() & NLM_F_DUMP_INTR) != 0;
                answer.check(operation);
                if (answer.type() == Answer.NLMSG_DONE) {
                    return changedMeanwhile;
                }
                answers.add(reader.apply(answer.body()));
            }
        }
    }

    private void send(ByteBuffer message, String operation) throws KernelException {
        int length = message.remaining();
        out.bytes().put(message);
        check(socket.use(fd -> Syscall.send(fd, out, length)), () -> operation);
    }

    /** One datagram's messages. Their bodies are valid until the next call. */
    private List<Answer> receive(String operation) throws KernelException {
        long length = check(socket.use(fd -> Syscall.recv(fd, in, MSG_TRUNC)), () -> operation + " (no answer)");
        if (length > RECEIVE_BUFFER) {
            throw new KernelException(operation, Errno.EMSGSIZE);
        }
        ByteBuffer datagram = in.bytes().limit((int) length);
        List<Answer> answers = new ArrayList<>();
        while (datagram.remaining() >= NetlinkMessage.HEADER_LENGTH) {
            int start = datagram.position();
            int end = Math.min(start + datagram.getInt(), datagram.limit());
            int type = datagram.getShort() & 0xffff;
            int flags = datagram.getShort() & 0xffff;
            int answered = datagram.getInt();
            int bodyStart = start + NetlinkMessage.HEADER_LENGTH;
            ByteBuffer body =
                    datagram.slice(bodyStart, Math.max(end - bodyStart, 0)).order(ByteOrder.nativeOrder());
            answers.add(new Answer(type, flags, answered, body));
            datagram.position(Math.min(NetlinkMessage.align(Math.max(end, bodyStart)), datagram.limit()));
        }
        return answers;
    }

    private static void option(Descriptor socket, int level, int option, int value) throws KernelException {
        check(
                socket.use(fd -> Syscall.setsockopt(fd, level, option, value)),
                () -> "set option " + option + " of a netlink socket (needs Linux 4.20 or newer)");
    }
}
