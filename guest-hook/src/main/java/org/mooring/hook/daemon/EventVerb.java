package org.mooring.hook.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.mooring.hook.daemon.ControlGuestEvents.PhaseEvent;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.Console;
import org.mooring.runtime.cli.StandardOptions;
import org.mooring.runtime.cli.UsageException;
import org.mooring.runtime.cli.Verb;
import org.mooring.runtime.control.ControlClient;

/** {@code event GUEST PHASE}: for whoever starts guests by other means than those that the hook watches. */
record EventVerb() implements Verb {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private static final Option TAP = Option.builder()
            .longOpt("tap")
            .hasArg()
            .argName("INTERFACE")
            .desc("the guest's tap, if neither its record nor its name tells")
            .get();

    @Override
    public String name() {
        return "event";
    }

    @Override
    public List<String> arguments() {
        return List.of("GUEST", "PHASE");
    }

    @Override
    public String summary() {
        return "tell the running hook what became of a guest: " + String.join(", ", ControlGuestEvents.PHASES);
    }

    @Override
    public List<String> details() {
        return List.of(
                "  arriving: a QEMU waits here for the guest; says within some 3 s what is prepared for it (staged, nothing, plain, denied)",
                "  running: the guest's processors run here",
                "  leaving: its migration away from here has begun: without this word what it has not read here is lost",
                "  stopped: its migration away from here has stopped it",
                "  left: its migration away from here is complete",
                "  failed: its migration away from here failed",
                "  gone: it was shut down");
    }

    @Override
    public Options options() {
        return new Options().addOption(StandardOptions.SOCKET).addOption(TAP);
    }

    @Override
    public int run(CommandLine line, Console console) throws Failure {
        String guest = line.getArgs()[0];
        String phase = line.getArgs()[1];
        if (!ControlGuestEvents.PHASES.contains(phase)) {
            throw new UsageException("'" + phase + "' is none of: " + String.join(", ", ControlGuestEvents.PHASES));
        }
        Path socket = Path.of(line.getOptionValue(StandardOptions.SOCKET, HookConfig.CONTROL_SOCKET));
        String path = "/guests/" + URLEncoder.encode(guest, StandardCharsets.UTF_8) + "/events";
        JsonNode answer = new ControlClient("guest-hook", socket, TIMEOUT)
                .post(path, new PhaseEvent(phase, line.getOptionValue(TAP)));
        String prepared = answer.hasNonNull("prepared")
                ? ", prepared: " + answer.path("prepared").asText() + " ("
                        + answer.path("why").asText() + ")"
                : "";
        console.out().println(guest + ": " + answer.path("phase").asText() + prepared);
        return 0;
    }
}
