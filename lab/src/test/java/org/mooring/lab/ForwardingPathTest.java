package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.datapath.Encapsulation;
import org.mooring.lab.report.DatapathReport.Changes;
import org.mooring.lab.report.DatapathReport.Sample;

/** What the datapath benchmark compares does carry packets, and what it measures of it is something. */
@Tag("netns")
@Timeout(300)
class ForwardingPathTest {
    private static final Path SOURCES = Path.of("src/main/load").toAbsolutePath();
    private static final Duration PHASE = Duration.ofMillis(100);

    private static RunDirectory instruments;
    private static Path program;

    private RunDirectory run;

    @BeforeAll
    static void compile() {
        instruments = RunDirectory.create();
        program = Instrument.compile(instruments, SOURCES, "load");
    }

    @AfterAll
    static void removeInstruments() {
        instruments.remove();
    }

    @BeforeEach
    void begin() {
        run = RunDirectory.create();
    }

    @AfterEach
    void end() {
        run.remove();
    }

    @Test
    void kernelsOwnPathsCarry() {
        for (ForwardingPath path : List.of(
                ForwardingPath.plain(run.prefix() + "p"),
                ForwardingPath.redirect(run.prefix() + "r"),
                ForwardingPath.vxlan(run.prefix() + "v"))) {
            assertCarries(path);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "IPIP, false",
        "IPIP, true",
        "GRE, false",
        "GRE, true",
        "MINIMAL, false",
        "MINIMAL, true",
        "UDP, false",
        "UDP, true"
    })
    void oursCarryAndCountEveryPacket(Encapsulation encapsulation, boolean fastPath) {
        assertCarries(ForwardingPath.ebpf(run.prefix() + "e", encapsulation, fastPath));
    }

    @ParameterizedTest
    @EnumSource
    void oursCarryInTheAgentsThemselves(Encapsulation encapsulation) {
        assertCarries(ForwardingPath.tun(run.prefix() + "t", encapsulation));
    }

    /** Takes a kernel that has them. */
    @Tag("stock")
    @ParameterizedTest
    @EnumSource(names = {"IPIP", "GRE"})
    void thoseInTheKernelsTunnelsCarryAndCountEveryPacket(Encapsulation encapsulation) {
        assertCarries(ForwardingPath.kernel(run.prefix() + "i", encapsulation));
    }

    @Test
    void oursCarryAndCountInACrowd() {
        assertCarries(ForwardingPath.crowded(run.prefix() + "e", true, 1000));
    }

    /** Packets that go another way than through the tunnel must not count as if they had gone through it. */
    @Test
    void aMiscountIsVoid() {
        try (var plain = ForwardingPath.plain(run.prefix() + "p");
                var ebpf = ForwardingPath.ebpf(run.prefix() + "e", Encapsulation.IPIP, false)) {
            var pretended = new ForwardingPath("pretended", plain.chain(), ebpf.datapaths());
            assertEquals(Optional.empty(), measure(pretended));
        }
    }

    @Test
    void bindingsAreInstalledAndRepointed() {
        Changes changes = ControlPlane.measure(Chain.raise(run.prefix() + "x"), 200, 50, 2);
        assertTrue(changes.installMs().min() > 0 && changes.repointMs().min() > 0, changes::toString);
    }

    private void assertCarries(ForwardingPath path) {
        Sample sample = measure(path).orElseThrow();
        assertTrue(sample.tcpMbitPerS() > 1, sample::toString);
        assertTrue(sample.packetsPerS() > 10, sample::toString);
        assertTrue(sample.rttUs() > 1, sample::toString);
    }

    private Optional<Sample> measure(ForwardingPath path) {
        try (var load = new Load(path, program, run.resolve("load.log"))) {
            return load.measure(PHASE);
        }
    }
}
