package org.mooring.conformance.client;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A guest of {@link HookTestbed}, and the agents that the hook registers it with: what is heard of it, and what they answer. */
final class Guest {
    private static final long DEADLINE = TimeUnit.SECONDS.toNanos(20);

    private final HookTestbed testbed;
    private final String name;
    private final MobileNode node;
    private int mark;

    /** A request, and how it came. */
    record Asked(Frame frame, Packet packet, Datagram datagram, Request request) {
        static Optional<Asked> of(Frame frame) {
            return frame.packet()
                    .flatMap(packet -> packet.datagram()
                            .filter(datagram -> datagram.destinationPort() == Datagram.MOBILE_IP
                                    && datagram.payload().u8(0) == 1)
                            .map(datagram -> new Asked(frame, packet, datagram, Request.of(datagram.payload()))));
        }

        Octets message() {
            return datagram.payload();
        }

        List<Extension> extensions() {
            return Extension.all(message(), Request.LENGTH);
        }

        List<Integer> types() {
            return extensions().stream().map(Extension::type).toList();
        }

        Extension extension(int type) {
            return Extension.only(type, extensions());
        }

        long identification() {
            return request.identification();
        }

        /** The high half, which is the home agent's with nonces (RFC 5944 §5.7.2). */
        long high() {
            return identification() >>> 32;
        }
    }

    Guest(HookTestbed testbed, String name, MobileNode node) {
        this.testbed = testbed;
        this.name = name;
        this.node = node;
        this.mark = testbed.link.mark();
    }

    MobileNode node() {
        return node;
    }

    /** The guest's network card. */
    Wire card() throws Exception {
        return testbed.plug(tap(), name);
    }

    private String tap() {
        return "tap-" + name;
    }

    /** The hook is told what became of it, such as {@code running}. */
    void becomes(String phase) throws Exception {
        testbed.tell(name, phase, tap());
    }

    /** The hook is told how the host from which it comes dates its requests. */
    void dated(Instant time) throws Exception {
        testbed.tellTime(name, time);
    }

    /** Runs on this host from now on; returns the request that follows. */
    Asked runs() throws Exception {
        becomes("running");
        return request();
    }

    /** The next request for it. */
    Asked request() throws InterruptedException {
        int[] seen = {0};
        var found = testbed.link.await(mark, frame -> {
            seen[0]++;
            return asks(frame);
        });
        mark += seen[0];
        return found;
    }

    /** All requests for it since {@code since}. */
    List<Asked> requests(int since) {
        return testbed.link.since(since, this::asks);
    }

    private Optional<Asked> asks(Frame frame) {
        return Asked.of(frame).filter(asked -> asked.request().homeAddress().equals(node.homeAddress()));
    }

    /** The home agent's reply to {@code to}, without authentication. */
    Reply reply(Asked to, int code, int lifetime) {
        return reply(to, code, lifetime, to.identification());
    }

    /** The same with another Identification. */
    Reply reply(Asked to, int code, int lifetime, long identification) {
        return new Reply(code, lifetime, node.homeAddress(), to.request().homeAgent(), identification);
    }

    /** A denial by a home agent whose clock shows {@code timestamp} (§5.7.1). */
    Octets mismatch(Asked to, long timestamp) {
        return signed(reply(to, Code.HA_IDENTIFICATION_MISMATCH, 0, withHigh(timestamp, to.identification())));
    }

    private static long withHigh(long high, long low) {
        return (high & ~0xffff_ffffL) | (low & 0xffff_ffffL);
    }

    /** {@code reply} as the home agent sends it. */
    Octets signed(Reply reply) {
        return node.signed(reply.message());
    }

    /** Sends {@code message} back along the way of {@code to}, as the foreign agent relays it (§3.7.2.3), or the home agent on this link. */
    void answer(Asked to, Octets message) {
        answer(
                to,
                new Datagram(Datagram.MOBILE_IP, to.datagram().sourcePort(), message)
                        .packet(
                                /* source= */ to.packet().destination(),
                                /* destination= */ to.packet().source(),
                                64));
    }

    void answer(Asked to, Packet packet) {
        testbed.link.send(new Frame(to.frame().source(), HookTestbed.AGENT, packet));
    }

    /** Is accepted for {@code lifetime} seconds. Comes back when the hook knows. */
    void accept(Asked to, int lifetime) throws Exception {
        answer(to, signed(reply(to, Code.ACCEPTED, lifetime)));
        awaitRegistration("accepted");
    }

    void awaitRegistration(String state) throws Exception {
        long deadline = System.nanoTime() + DEADLINE;
        while (!testbed.show(name).contains("\"registration\":\"" + state + "\"")) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("is not " + state + ": " + testbed.show(name) + "\n" + testbed.log());
            }
            // Nothing tells when it will.
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }
}
