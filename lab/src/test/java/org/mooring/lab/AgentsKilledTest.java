package org.mooring.lab;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guest is away, packets go to it and back, and each program on their way is killed and started again. */
@Tag("e2e")
class AgentsKilledTest {
    private static final Path SOURCES = Path.of("src/main/simulated").toAbsolutePath();
    private static final int PER_SECOND = 500;
    private static final int FLOW = 1000; // no other one's number
    private static final int SOME = 100;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noPacketIsLost(boolean fastPath) throws IOException {
        Lab lab = Testbed.raiseWithoutGuests(HandoverBench.SITES);
        List<Daemon> agents = List.of(lab.homeAgent(Site.A), lab.foreignAgent(Site.B));
        for (Daemon agent : agents) {
            Path file = agent.configuration();
            Files.writeString(file, "fast-path = " + fastPath + "\n" + Files.readString(file), UTF_8);
        }
        var settings = new HandoverBench.Settings(PER_SECOND, Duration.ZERO, Optional.empty());
        try (var bench = new HandoverBench(lab, SOURCES, settings)) {
            var away = bench.move(0);
            try (var flow = new UdpFlow(lab.namespace("cn"), Guest.ONE.address(), FLOW, PER_SECOND)) {
                for (Daemon daemon : List.of(agents.get(0), agents.get(1), lab.hook(Site.B))) {
                    awaitMore(flow);
                    daemon.kill();
                    awaitMore(flow);
                    daemon.start().awaitReady();
                }
                awaitMore(flow);
                flow.stopSending();
                Await.until(
                        "all come back that were sent to " + away.to(),
                        () -> flow.echoes().count() == flow.sent());
            }
        } finally {
            Testbed.close(lab, "agents-killed");
        }
    }

    private static void awaitMore(UdpFlow flow) {
        int enough = flow.echoes().count() + SOME;
        Await.until("packets come back", () -> flow.echoes().count() >= enough);
    }
}
