package org.mooring.lab;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guest is away, packets go to it and back, and each program on their way is killed and started again. */
class AgentsKilledTest {
    private static final Path SOURCES = Path.of("src/main/simulated").toAbsolutePath();
    private static final int PER_SECOND = 500;
    private static final int FLOW = 1000; // no other one's number
    private static final int SOME = 100;

    @Tag("e2e")
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noPacketIsLost(boolean fastPath) throws IOException {
        assertLosesNothing("ebpf", "fast-path = " + fastPath);
    }

    /** Takes a kernel with the module ipip. */
    @Tag("stock")
    @Test
    void noPacketIsLostInTheKernelsTunnels() throws IOException {
        assertLosesNothing("kernel", "datapath = \"kernel\"");
    }

    private static void assertLosesNothing(String datapath, String configured) throws IOException {
        Lab lab = Testbed.raiseWithoutGuests(Site.PAIR);
        List<Daemon> agents = List.of(lab.homeAgent(Site.A), lab.foreignAgent(Site.B));
        for (Daemon agent : agents) {
            Path file = agent.configuration();
            Files.writeString(file, configured + "\n" + Files.readString(file), UTF_8);
        }
        var settings = new HandoverBench.Settings(PER_SECOND, Duration.ZERO, Optional.empty());
        try (var bench = new HandoverBench(lab, SOURCES, settings)) {
            var away = bench.move(0);
            for (Daemon agent : agents) {
                assertEquals(
                        datapath,
                        agent.control().get("/datapath").path("datapath").asText());
            }
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
