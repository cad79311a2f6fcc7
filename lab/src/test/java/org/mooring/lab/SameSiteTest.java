package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A simulated guest moves from one KVM host to another of the same site, at home or abroad, and back; the agents have nothing to do. */
@Tag("e2e")
@Tag("alone")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SameSiteTest {
    private static final Path SOURCES = Path.of("src/main/simulated").toAbsolutePath();
    private static final Guest GUEST = Guest.ONE;
    /** On a busy machine it takes a while until the hook has seen that nothing waits in the tap (docs/handover.md, "What can't be promised"). */
    private static final Duration PRECOPY = Duration.ofSeconds(2);

    private static final Duration PAUSE = Duration.ofMillis(150);
    private static final Duration AFTERMATH = Duration.ofMillis(500);
    private static final int PER_SECOND = 500;

    private final Lab lab = Testbed.raiseWithoutGuests(Site.PAIR);

    /** Those that have not ended: two during a move. */
    private final List<SimulatedQemu> qemus = new ArrayList<>();

    @BeforeAll
    void startTheHomeAgent() {
        lab.start(List.of(lab.homeAgent(GUEST.home())));
    }

    @AfterAll
    void removeEverything() {
        Testbed.close(lab, "same-site");
    }

    @ParameterizedTest
    @EnumSource(names = {"A", "B"})
    void whatComesInThePauseFollowsTheGuest(Site site) {
        Daemon second = lab.addHost(site);
        var daemons = new ArrayList<>(List.of(lab.hook(site), second));
        if (site != GUEST.home()) {
            daemons.add(lab.foreignAgent(site));
        }
        lab.start(daemons);
        try (Instrument body = HandoverBench.body(lab, SOURCES, 1)) {
            try {
                moveThereAndBack(site, second, body);
            } finally {
                qemus.forEach(SimulatedQemu::close);
                qemus.clear();
            }
        }
    }

    private void moveThereAndBack(Site site, Daemon second, Instrument body) {
        SimulatedQemu source = begun(SimulatedQemu.running(lab, GUEST, site, body));
        source.awaitRegistration(lab.hook(site));
        try (var flow = new UdpFlow(lab.namespace("cn"), GUEST.address(), 1, PER_SECOND)) {
            int before = flow.sent();
            SimulatedQemu other = move(source, site.secondHost(), second, body);
            move(other, site.host(), lab.hook(site), body);
            flow.stopSending();
            ReceivedFlow received = received(flow, body);
            assertTrue(flow.sent() - before > 2 * PAUSE.toMillis() * PER_SECOND / 1000);
            assertEquals(0, received.count().lost(flow.sent()), () -> "of " + flow.sent());
            assertEquals(0, received.count().duplicated());
        }
    }

    private SimulatedQemu begun(SimulatedQemu qemu) {
        qemus.add(qemu);
        return qemu;
    }

    private SimulatedQemu move(SimulatedQemu source, String host, Daemon hook, Instrument body) {
        SimulatedQemu destination =
                begun(SimulatedQemu.incoming(lab, GUEST, host, body)).awaitHook();
        assertEquals(
                "nothing",
                hook.control()
                        .post("/guests/" + GUEST.name() + "/events", Map.of("phase", "arriving", "tap", GUEST.tap()))
                        .path("prepared")
                        .asText());
        for (String state : List.of("setup", "active")) {
            source.migration(state);
            destination.migration(state);
        }
        Clock.sleep(PRECOPY);
        long stop = source.stop();
        Clock.sleepUntil(stop + PAUSE.toNanos());
        destination.resume();
        destination.migration("completed");
        source.left();
        Clock.sleep(AFTERMATH);
        source.quit();
        qemus.remove(source);
        return destination;
    }

    private ReceivedFlow received(UdpFlow flow, Instrument body) {
        Clock.sleep(AFTERMATH);
        Path file = lab.run().resolve("received");
        var unused = body.order("save " + file, "saved");
        var received = new ReceivedFlow();
        received.add(file, flow.number());
        return received;
    }
}
