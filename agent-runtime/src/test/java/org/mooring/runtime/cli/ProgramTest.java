package org.mooring.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.ShowVerb.View;
import org.mooring.runtime.control.ControlServer;
import org.mooring.runtime.control.Routes;
import org.mooring.runtime.metrics.Metrics;

@Timeout(120)
@DisplayName("A program's command line")
class ProgramTest {
    /** {@code move GUEST --to HOST}. */
    private record Move() implements Verb {
        @Override
        public String name() {
            return "move";
        }

        @Override
        public List<String> arguments() {
            return List.of("GUEST");
        }

        @Override
        public String summary() {
            return "move a guest";
        }

        @Override
        public Options options() {
            return new Options()
                    .addOption(Option.builder()
                            .longOpt("to")
                            .hasArg()
                            .argName("HOST")
                            .required()
                            .desc("where to")
                            .get())
                    .addOption(StandardOptions.JSON);
        }

        @Override
        public int run(CommandLine line, Console console) throws Failure {
            String host = line.getOptionValue("to");
            if (host.equals("nowhere")) {
                throw new Failure(List.of("host nowhere: name another", "guest stays"));
            }
            console.out().println(line.getArgs()[0] + " to " + host);
            return host.equals("slow") ? 1 : 0;
        }
    }

    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... args) {
        return program(directory.resolve("none.sock"))
                .run(
                        new Console(
                                new PrintStream(out, true, StandardCharsets.UTF_8),
                                new PrintStream(err, true, StandardCharsets.UTF_8)),
                        args);
    }

    private static Program program(Path socket) {
        return new Program(
                "mover",
                "moves guests",
                List.of(
                        new Move(),
                        new CheckVerb(root -> root.string("name")),
                        new ShowVerb(
                                "mover",
                                socket,
                                List.of(
                                        new View("guests", "/guests", "the guests"),
                                        new View("status", "/status", "the mover")))));
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void isDone() {
        assertEquals(0, run("move", "web", "--to", "host-b"));
        assertEquals("web to host-b\n", out());
        assertEquals(1, run("move", "web", "--to", "slow"));
        assertEquals("", err());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                                  | what to do? One of: move, check, show
            teleport web                        | 'teleport' is none of: move, check, show
            move web                            | move needs --to
            move web --to                       | --to needs HOST
            move --to b                         | move takes GUEST, found nothing
            move web db --to b                  | move takes GUEST, found 'web db'
            move web --to b --quickly           | move has no option --quickly
            move web --t b                      | move has no option --t
            check                               | check needs --config
            check more --config x               | check takes no further words, found 'more'
            show everything                     | show knows guests, status, not 'everything'
            """)
    void isRefusedInOneLineWithWhatIsExpected(String words, String line) {
        assertEquals(2, run(words.isEmpty() ? new String[0] : words.split(" ")));
        assertEquals("mover: " + line + "\nTry 'mover --help'.\n", err());
        assertEquals("", out());
    }

    @Test
    void thatFailsSaysALineForEachReason() {
        assertEquals(1, run("move", "web", "--to", "nowhere"));
        assertEquals("mover: host nowhere: name another\nmover: guest stays\n", err());
    }

    @Test
    void isExplained() {
        assertEquals(0, run("--help"));
        assertTrue(out().startsWith("mover - moves guests\n\nUsage:\n  mover move GUEST --to HOST [--json]\n"), out());
        out.reset();
        assertEquals(0, run("move", "--help"));
        assertEquals("""
                Usage: mover move GUEST --to HOST [--json]

                move a guest

                  --to HOST               where to
                  --json                  print JSON instead of a table
                """, out());
        out.reset();
        assertEquals(0, run("show", "--help"));
        assertTrue(out().contains("\n  status: the mover\n"), out());
    }

    @Test
    void tellsItsVersion() {
        assertEquals(0, run("--version"));
        assertTrue(out().matches("mover [0-9]+\\.[0-9]+\\.[0-9]+.*\n"), out());
    }

    @Test
    void checksAConfiguration() throws Exception {
        Path file = Files.writeString(directory.resolve("mover.toml"), "name = \"m\"\n");
        assertEquals(0, run("check", "--config", file.toString()));
        assertEquals(file + ": no problems\n", out());
        Files.writeString(file, "nam = \"m\"\n");
        assertEquals(2, run("check", "--config", file.toString()));
        assertEquals(
                "mover: " + file + ":1: name: missing: expected a string in quotes, not empty\nmover: " + file
                        + ":1: nam: unknown key: did you mean name?\n",
                err());
    }

    @Test
    void showsWhatTheDaemonKnowsAsATableOrAsJson() throws Exception {
        record Guest(String name, String homeAddress, int lifetime) {}
        record Status(
                int uptime,
                List<String> uplinks,
                Map<String, String> newest,
                List<Guest> lost,
                @Nullable String note) {}
        record Guests(List<Guest> guests, List<Guest> lost) {}
        Path socket = directory.resolve("mover.sock");
        ExecutorService agent = Executors.newSingleThreadExecutor();
        Routes routes = new Routes()
                .get(
                        "/guests",
                        request -> new Guests(
                                List.of(new Guest("a", "10.1.0.50", 300), new Guest("longer", "10.2.0.5", 5)),
                                List.of()))
                .get(
                        "/status",
                        request -> new Status(7, List.of("wan", "wan2"), Map.of("256", "now"), List.of(), null));
        ControlServer server = ControlServer.open(socket, agent, routes, new Metrics("mover"));
        try {
            assertEquals(0, run("show", "guests", "--socket", socket.toString()));
            assertEquals("""
                    NAME    HOME-ADDRESS  LIFETIME
                    a       10.1.0.50     300
                    longer  10.2.0.5      5

                    no lost
                    """, out());
            out.reset();
            assertEquals(0, run("show", "status", "--socket", socket.toString()));
            assertEquals("""
                    uptime   7
                    uplinks  wan wan2
                    newest   256=now
                    note     -

                    no lost
                    """, out());
            out.reset();
            assertEquals(0, run("show", "status", "--json", "--socket", socket.toString()));
            assertTrue(out().startsWith("{\n  \"uptime\" : 7,\n  \"uplinks\" : [ \"wan\", \"wan2\" ],\n"), out());
        } finally {
            server.close();
            agent.shutdown();
        }
        assertEquals(1, run("show", "status"));
        assertEquals(
                "mover: is mover running? There is no socket at " + directory.resolve("none.sock")
                        + ": start it, or name its socket\n",
                err());
    }
}
