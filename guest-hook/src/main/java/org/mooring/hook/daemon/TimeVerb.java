package org.mooring.hook.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.Console;
import org.mooring.runtime.cli.StandardOptions;
import org.mooring.runtime.cli.Verb;
import org.mooring.runtime.control.ControlClient;

/** {@code time GUEST}: carries from hook to hook how a guest's requests are dated (RFC 5563 §4.4), for who migrates it by other means. */
record TimeVerb() implements Verb {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @Override
    public String name() {
        return "time";
    }

    @Override
    public List<String> arguments() {
        return List.of("GUEST", "[TIME]");
    }

    @Override
    public String summary() {
        return "say how a guest's requests are dated now, or have them follow another host's";
    }

    @Override
    public List<String> details() {
        return List.of(
                "No home agent accepts a request that is older than those of the host from which the guest comes. Not all tell their own time,",
                "so what this says there, told here as TIME, keeps the two hosts' clocks out of the way. kvm-migrator does it by itself;",
                "for whoever migrates by other means, when a QEMU waits here: ssh HERE guest-hook time web $(guest-hook time web)");
    }

    @Override
    public Options options() {
        return new Options().addOption(StandardOptions.SOCKET);
    }

    @Override
    public int run(CommandLine line, Console console) throws Failure {
        String[] words = line.getArgs();
        Path socket = Path.of(line.getOptionValue(StandardOptions.SOCKET, HookConfig.CONTROL_SOCKET));
        String path = "/guests/" + URLEncoder.encode(words[0], StandardCharsets.UTF_8) + "/time";
        ControlClient hook = new ControlClient("guest-hook", socket, TIMEOUT);
        JsonNode answer = words.length > 1 ? hook.post(path, Map.of("time", words[1])) : hook.get(path);
        console.out().println(answer.path("time").asText());
        return 0;
    }
}
