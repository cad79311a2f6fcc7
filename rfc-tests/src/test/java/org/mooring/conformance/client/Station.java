package org.mooring.conformance.client;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** A host for which this client sends and receives, and the router that it sends everything to. */
record Station(Wire wire, Mac mac, Address address, Mac router) {
    private static final int TTL = 255;
    private static final int FIRST_PORT = 20_000;
    private static final int PORTS = 40_000;
    private static final AtomicInteger NEXT_PORT = new AtomicInteger();

    /** What came back, with all the headers around it. */
    record Answer(Frame frame, Packet packet, Datagram datagram, Reply reply) {
        static Optional<Answer> of(Frame frame) {
            return frame.packet()
                    .flatMap(packet -> packet.datagram()
                            .flatMap(datagram -> Reply.of(datagram.payload())
                                    .map(reply -> new Answer(frame, packet, datagram, reply))));
        }

        int code() {
            return reply.code();
        }
    }

    /** A UDP source port that no test has used for long. */
    static int port() {
        return FIRST_PORT + NEXT_PORT.getAndIncrement() % PORTS;
    }

    void send(Packet packet) {
        wire.send(new Frame(router, mac, packet));
    }

    /** Sends {@code message} to port 434 of {@code agent} and returns its answer. */
    Answer ask(Address agent, Octets message) throws InterruptedException {
        return ask(new Datagram(port(), Datagram.MOBILE_IP, message).packet(address, agent, TTL));
    }

    /** Sends a request and returns its answer. */
    Answer ask(Packet packet) throws InterruptedException {
        int mark = wire.mark();
        send(packet);
        return answer(mark, packet);
    }

    /** The answer to {@code packet}, which was sent at {@code mark}. */
    Answer answer(int mark, Packet packet) throws InterruptedException {
        int port = packet.datagram().orElseThrow().sourcePort();
        return wire.await(
                mark,
                frame -> Answer.of(frame).filter(answer -> answer.datagram().destinationPort() == port));
    }

    /** All packets that have come for it since {@code mark}. */
    List<Packet> received(int mark) {
        return wire.since(
                mark,
                frame -> frame.packet().filter(packet -> packet.destination().equals(address)));
    }

    /** The first packet to it since {@code mark} in which {@code part} is found. */
    <T> T await(int mark, Function<Packet, Optional<T>> part) throws InterruptedException {
        return wire.await(
                mark,
                frame -> frame.packet()
                        .filter(packet -> packet.destination().equals(address))
                        .flatMap(part));
    }
}
