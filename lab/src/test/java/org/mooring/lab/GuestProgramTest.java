package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The guest's test program, here without a guest: what it counts is what the report says, so it must count right. */
@Tag("netns")
class GuestProgramTest {
    private static final String LOOPBACK = "127.0.0.1";
    private static final int PORT = GuestsOwnSession.port(Guest.ONE);

    private final RunDirectory run = RunDirectory.create();
    private Namespace namespace = new Namespace("");

    @BeforeEach
    void compileAndStart() {
        namespace = Namespace.create(run.prefix() + "guest");
        Path program = run.resolve("probe");
        Command.run("gcc", "-O1", "-o", program.toString(), "src/main/guest/probe.c");
        namespace.start(run.resolve("log").toFile(), List.of(program.toString(), LOOPBACK + ":" + PORT));
        Await.until(
                "the program listens",
                () -> Command.run(namespace.inside("ss", "-Hltn"), "").contains(":4343"));
    }

    @AfterEach
    void remove() {
        run.remove();
    }

    @Test
    void countsLostDuplicatedAndReorderedPacketsOfEachFlowByItself() throws Exception {
        try (var channel = namespace.call(() -> DatagramChannel.open(StandardProtocolFamily.INET))) {
            // Of 0 to 9: 3 and 9 are lost, 5 overtakes 4, and 6 comes twice, the second time late.
            for (int sequence : new int[] {0, 1, 2, 5, 4, 6, 7, 8, 6}) {
                send(channel, 1, sequence);
            }
            send(channel, 2, 0);
            var echo = ByteBuffer.allocate(64);
            for (int i = 0; i < 10; i++) {
                channel.receive(echo.clear());
            }
            assertEquals(2, echo.getInt(4), "the last echo is the last packet");
        }
        GuestCount one = GuestCount.ask(namespace, LOOPBACK, 1);
        assertEquals(new GuestCount(9, 1, 1), one);
        assertEquals(2, one.lost(10));
        assertEquals(new GuestCount(1, 0, 0), GuestCount.ask(namespace, LOOPBACK, 2));
    }

    @Test
    void aSteadyFlowIsSentOnceAndCountedAndComesBack() {
        int sent;
        try (var flow = new UdpFlow(namespace, LOOPBACK, 7)) {
            Await.until("a hundred echoes are back", () -> flow.echoes().count() >= 100);
            flow.stopSending();
            sent = flow.sent();
            Await.until("all echoes are back", () -> flow.echoes().count() == sent);
        }
        assertEquals(0, GuestCount.ask(namespace, LOOPBACK, 7).lost(sent));
    }

    @Test
    void tellsHowManySegmentsWereSentOnceMore() throws Exception {
        assertEquals(0, GuestCount.retransmitted(namespace, LOOPBACK));
        namespace.ip(
                "link add void type veth peer name nobody",
                "link set nobody up",
                "link set void up",
                "address add 192.0.2.1/24 dev void",
                "neighbour add 192.0.2.2 lladdr 02:00:00:00:00:02 dev void");
        try (var silent = namespace.call(SocketChannel::open)) {
            silent.configureBlocking(false);
            silent.connect(new InetSocketAddress("192.0.2.2", 9));
            Await.until("a SYN is sent once more", () -> GuestCount.retransmitted(namespace, LOOPBACK) > 0);
        }
    }

    @Test
    void sessionsLiveUntilTheGuestEndsThem() {
        try (var counter = new CounterSession("counter", namespace, LOOPBACK);
                var echo = new EchoSession("echo", namespace, LOOPBACK);
                var own = new GuestsOwnSession("own", namespace, PORT)) {
            for (Session session : List.of(counter, echo, own)) {
                Await.until(
                        session.name() + " is heard", () -> session.arrivals().count() > 2);
                assertFalse(session.isBroken(), session::end);
            }
            Command.run(namespace.inside("ip", "link", "show", "lo"), "");
            Command.run("ip", "netns", "pids", namespace.name())
                    .lines()
                    .forEach(pid -> Command.run("kill", "-KILL", pid));
            for (Session session : List.of(counter, echo, own)) {
                Await.until(session.name() + " is known to be broken", session::isBroken);
            }
            assertTrue(own.isOpen());
        }
    }

    private static void send(DatagramChannel channel, int flow, int sequence) throws Exception {
        var packet = ByteBuffer.allocate(64)
                .putInt(0x4d4f4f52)
                .putInt(flow)
                .putInt(sequence)
                .position(0);
        channel.send(packet, new InetSocketAddress(InetAddress.getLoopbackAddress(), UdpFlow.PORT));
    }
}
