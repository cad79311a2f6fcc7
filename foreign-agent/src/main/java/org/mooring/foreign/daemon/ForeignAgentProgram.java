package org.mooring.foreign.daemon;

import java.nio.file.Path;
import java.util.List;
import org.mooring.runtime.cli.CheckVerb;
import org.mooring.runtime.cli.Program;
import org.mooring.runtime.cli.RunVerb;
import org.mooring.runtime.cli.ShowVerb;
import org.mooring.runtime.cli.ShowVerb.View;
import org.mooring.runtime.handover.ArrivalsView;
import org.mooring.runtime.revocation.RevokeVerb;

/** The {@code foreign-agent} command. */
public final class ForeignAgentProgram {
    static final String NAME = "foreign-agent";

    private ForeignAgentProgram() {}

    public static void main(String[] args) {
        program().runAndExit(args);
    }

    static Program program() {
        return new Program(
                NAME,
                "Mobile IPv4 foreign agent (RFC 3344)",
                List.of(
                        new RunVerb<>(ProgramConfiguration::read, ForeignAgentDaemon::start),
                        new CheckVerb(ProgramConfiguration::read),
                        new RevokeVerb(
                                NAME,
                                Path.of(ProgramConfiguration.DEFAULT_CONTROL_SOCKET),
                                "end a mobile node's visit now, and tell its home agent (RFC 3543)",
                                List.of(
                                        "  The mobile node is told by an advertisement with sequence number 0. It may register again;",
                                        "  'show revocations' has what its home agent has not acknowledged yet.")),
                        new ShowVerb(
                                NAME,
                                Path.of(ProgramConfiguration.DEFAULT_CONTROL_SOCKET),
                                List.of(
                                        new View("visitors", "/visitors", "the mobile nodes that are served"),
                                        new View("arrivals", ArrivalsView.PATH, ArrivalsView.SAYS),
                                        new View(
                                                "revocations",
                                                "/revocations",
                                                "revocations that are not acknowledged yet"),
                                        new View("pending", "/pending", "requests that wait for a reply"),
                                        new View("traffic", "/traffic", "messages by code, discards by reason"),
                                        new View("status", "/status", "what the agent offers, and since when"),
                                        new View(
                                                "datapath",
                                                "/datapath",
                                                "which datapath and why, what went through the tunnels, drops")))));
    }
}
