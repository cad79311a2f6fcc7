package org.mooring.runtime.revocation;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.Console;
import org.mooring.runtime.cli.StandardOptions;
import org.mooring.runtime.cli.Verb;
import org.mooring.runtime.control.ControlClient;
import org.mooring.runtime.control.Refusal;
import org.mooring.runtime.control.Request;

/**
 * {@code revoke HOME-ADDRESS}: has the running agent end a mobile node's registration.
 *
 * @param program who is asked
 * @param defaultSocket where it listens if its configuration doesn't say otherwise
 * @param summary one line for {@code --help}
 * @param details what else {@code --help} says
 */
public record RevokeVerb(String program, Path defaultSocket, String summary, List<String> details) implements Verb {
    /** Where the control socket has it; to it, {@link Revoking}. */
    public static final String PATH = "/revoke/{home-address}";

    private static final String HOME_ADDRESS = "home-address";

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    public RevokeVerb {
        details = List.copyOf(details);
    }

    @Override
    public String name() {
        return "revoke";
    }

    @Override
    public List<String> arguments() {
        return List.of("HOME-ADDRESS");
    }

    @Override
    public Options options() {
        return new Options().addOption(StandardOptions.SOCKET).addOption(StandardOptions.JSON);
    }

    @Override
    public int run(CommandLine line, Console console) throws Failure {
        String homeAddress = line.getArgs()[0];
        Path socket = Path.of(line.getOptionValue(StandardOptions.SOCKET, defaultSocket.toString()));
        String path = PATH.replace("{" + HOME_ADDRESS + "}", URLEncoder.encode(homeAddress, StandardCharsets.UTF_8));
        JsonNode answer = new ControlClient(program, socket, TIMEOUT).post(path, Map.of());
        if (line.hasOption(StandardOptions.JSON)) {
            console.out().println(answer.toPrettyString());
        } else {
            answer.path("revoked").forEach(revoking -> console.out().println(text(revoking)));
        }
        return 0;
    }

    /**
     * Whose registration a request is about.
     *
     * @throws Refusal if what stands there is no address
     */
    public static Ipv4Address homeAddress(Request request) throws Refusal {
        String text = request.parameter(HOME_ADDRESS);
        try {
            return Ipv4Address.of(text);
        } catch (IllegalArgumentException e) {
            throw Refusal.badRequest("'" + text + "' is no IPv4 address");
        }
    }

    private static String text(JsonNode revoking) {
        String what = revoking.path("home-address").asText() + " at "
                + revoking.path("care-of-address").asText();
        return revoking.hasNonNull("told")
                ? what + ": revoked, " + revoking.path("told").asText() + " is told"
                : what + ": revoked, but the other agent can't be told: it was not registered as revocable";
    }
}
