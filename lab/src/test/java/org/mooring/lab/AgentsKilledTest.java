package org.mooring.lab;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

/** A guest is away, packets go to it and back, and each program on their way is killed and started again. */
class AgentsKilledTest {
    private static final Path SOURCES = Path.of("src/main/simulated").toAbsolutePath();
    private static final int PER_SECOND = 500;
    private static final int FLOW = 1000; // no other one's number

    /** For a socket's buffer to hold what comes while an emulated processor has other work to do than to read it. */
    private static final int SLOWLY = 20;

    private static final List<String> ROUTERS = List.of(Site.A.router(), Site.B.router());

    /** Devices that each network has once a module is loaded. */
    private static final List<String> OF_MODULES = List.of("link tunl0", "link gre0", "link gretap0", "link erspan0");

    private static final Ipv4Address VISITOR = Ipv4Address.of("10.1.0.60");

    @Tag("e2e")
    @Test
    void noPacketIsLost() throws IOException {
        assertLosesNothing("ebpf", "ipip", "fast-path = false");
    }

    @Tag("e2e")
    @Tag("soak")
    @Test
    void noPacketIsLostOnTheFastPath() throws IOException {
        assertLosesNothing("ebpf", "gre", "fast-path = true");
    }

    /** Takes a kernel with the modules ipip and ip_gre. */
    @Tag("stock")
    @ParameterizedTest
    @ValueSource(strings = {"ipip", "gre"})
    void noPacketIsLostInTheKernelsTunnels(String encapsulation) throws IOException {
        assertLosesNothing("kernel", encapsulation, "datapath = \"kernel\"");
    }

    /**
     * One visitor that registers itself once, and neither hooks nor a move: an emulated processor has to start fewer programs. One agent of each datapath,
     * which removes what it made.
     */
    @Tag("stock")
    @ParameterizedTest
    @CsvSource({"kernel, ebpf, ipip", "ebpf, kernel, gre"})
    void noPacketOfAVisitorIsLostBetweenBpfAndTheKernelsTunnels(
            String homeDatapath, String foreignDatapath, String encapsulation) throws IOException {
        Flags asked = encapsulation.equals("gre")
                ? Flags.REVERSE_TUNNELING.plus(Flags.GRE_ENCAPSULATION)
                : Flags.REVERSE_TUNNELING;
        var visitor = new BurstGuest(0, VISITOR, MacAddress.of("52:54:00:01:00:60"), Keys.make(), asked);
        Lab lab = Testbed.raiseWithoutGuests(Site.PAIR);
        Daemon home = lab.homeAgent(Site.A);
        Daemon foreign = lab.foreignAgent(Site.B);
        List<Daemon> agents = List.of(home, foreign);
        try {
            configure(home, "datapath = \"" + homeDatapath + "\"");
            configure(foreign, "datapath = \"" + foreignDatapath + "\"");
            Files.writeString(home.configuration(), visitor.configuration(), UTF_8, StandardOpenOption.APPEND);
            KernelState before = KernelState.of(lab, ROUTERS);
            lab.start(agents);
            Namespace machine = lab.namespace(Site.B.neighbour());
            arrive(machine, visitor);
            try (var echo = new UdpEcho(machine, UdpFlow.PORT);
                    var flow = new UdpFlow(lab.namespace("cn"), VISITOR.toString(), FLOW, SLOWLY)) {
                awaitMore(flow, SLOWLY);
                for (Daemon agent : agents) {
                    agent.kill();
                    awaitMore(flow, SLOWLY);
                }
                lab.start(agents);
                assertServes(home, homeDatapath, "bindings", "encapsulation", encapsulation);
                assertServes(foreign, foreignDatapath, "visitors", "tunnel", encapsulation);
                awaitMore(flow, SLOWLY);
                flow.stopSending();
                Await.until("all have come that were sent to the visitor", () -> echo.received() == flow.sent());
                Await.until("all come back", () -> flow.echoes().count() == flow.sent());
            }
            agents.forEach(Daemon::kill);
            assertNothingStays(lab, before);
        } finally {
            Testbed.close(lab, "visitor-" + encapsulation);
        }
    }

    /** The machine becomes the visitor, which has sent its request before it has an address that its own kernel would answer for. */
    private static void arrive(Namespace machine, BurstGuest visitor) {
        machine.ip("link set eth0 address " + visitor.mac(), "addr flush dev eth0");
        try (var requests = new BurstHooks(Site.B, machine, "eth0")) {
            Await.until(
                    "the visitor is registered",
                    () -> requests.burst(List.of(requests.ofGuest(visitor, Instant.now()))) == 1);
        }
        String gateway = Site.A.routerAddress();
        machine.ip(
                "addr add " + VISITOR + "/24 dev eth0",
                "route replace default via " + gateway,
                "neigh replace " + gateway + " lladdr " + Site.B.routerMac() + " dev eth0 nud permanent");
    }

    /** The operator removes both agents, whose visitor is still there, by the commands of docs/operations.md. */
    private static void assertNothingStays(Lab lab, KernelState before) throws IOException {
        String section = Files.readString(Path.of("../docs/operations.md")).split("\n## Removing an agent\n", 2)[1];
        String[] parts = section.split("\n## ", 2)[0].split("```(sh)?\n", -1);
        Namespace homeRouter = lab.namespace(Site.A.router());
        Namespace foreignRouter = lab.namespace(Site.B.router());
        // Not each of them finds what it takes away.
        var told = List.of(
                Command.attempt(homeRouter.inside("sh", "-c", parts[1]), ""),
                Command.attempt(foreignRouter.inside("sh", "-c", parts[3]), ""),
                Command.attempt(foreignRouter.inside("sh", "-c", parts[5]), ""));
        homeRouter.ip("neigh del proxy " + VISITOR + " dev lan");
        List<String> differences = KernelState.of(lab, ROUTERS).beside(before).stream()
                .filter(line -> OF_MODULES.stream().noneMatch(line::endsWith))
                .toList();
        assertEquals(List.of(), differences, told::toString);
        for (Namespace router : List.of(homeRouter, foreignRouter)) {
            assertEquals("", Command.run(router.inside("nft", "list", "tables"), ""));
        }
    }

    private static void assertServes(Daemon agent, String datapath, String list, String key, String encapsulation) {
        assertEquals(datapath, agent.control().get("/datapath").path("datapath").asText());
        var known = agent.control().get("/" + list).path(list);
        assertEquals(1, known.size());
        assertEquals(VISITOR.toString(), known.get(0).path("home-address").asText());
        assertEquals(encapsulation, known.get(0).path(key).asText());
    }

    private static void configure(Daemon agent, String line) {
        rewrite(agent.configuration(), text -> line + "\n" + text);
    }

    private static void rewrite(Path file, UnaryOperator<String> change) {
        try {
            Files.writeString(file, change.apply(Files.readString(file)), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assertLosesNothing(String datapath, String encapsulation, String configured) {
        Lab lab = Testbed.raiseWithoutGuests(Site.PAIR);
        List<Daemon> agents = List.of(lab.homeAgent(Site.A), lab.foreignAgent(Site.B));
        agents.forEach(agent -> configure(agent, configured));
        for (Site site : Site.PAIR) {
            Path file = lab.hook(site).configuration();
            rewrite(file, text -> text.replace("[[guest]]", "[[guest]]\nencapsulation = \"" + encapsulation + "\""));
        }
        var settings = new HandoverBench.Settings(PER_SECOND, Duration.ZERO, Optional.empty());
        try (var bench = new HandoverBench(lab, SOURCES, settings)) {
            var away = bench.move(0);
            for (Daemon agent : agents) {
                assertEquals(
                        datapath,
                        agent.control().get("/datapath").path("datapath").asText());
            }
            JsonNode binding =
                    agents.get(0).control().get("/bindings").path("bindings").get(0);
            assertEquals(encapsulation, binding.path("encapsulation").asText());
            try (var flow = new UdpFlow(lab.namespace("cn"), Guest.ONE.address(), FLOW, PER_SECOND)) {
                for (Daemon daemon : List.of(agents.get(0), agents.get(1), lab.hook(Site.B))) {
                    awaitMore(flow, PER_SECOND);
                    daemon.kill();
                    awaitMore(flow, PER_SECOND);
                    daemon.start().awaitReady();
                }
                awaitMore(flow, PER_SECOND);
                flow.stopSending();
                Await.until(
                        "all come back that were sent to " + away.to(),
                        () -> flow.echoes().count() == flow.sent());
            }
        } finally {
            Testbed.close(lab, "agents-killed");
        }
    }

    /** As many as are sent in a fifth of a second, and more. */
    private static void awaitMore(UdpFlow flow, int perSecond) {
        int enough = flow.echoes().count() + perSecond / 5 + 1;
        Await.until("packets come back", () -> flow.echoes().count() >= enough);
    }
}
