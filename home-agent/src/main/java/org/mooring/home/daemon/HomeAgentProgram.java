package org.mooring.home.daemon;

import java.nio.file.Path;
import java.util.List;
import org.mooring.runtime.cli.CheckVerb;
import org.mooring.runtime.cli.Program;
import org.mooring.runtime.cli.RunVerb;
import org.mooring.runtime.cli.ShowVerb;
import org.mooring.runtime.cli.ShowVerb.View;
import org.mooring.runtime.handover.ArrivalsView;
import org.mooring.runtime.revocation.RevokeVerb;

/** {@code home-agent}: the home agent's command line. */
public final class HomeAgentProgram {
    static final String NAME = "home-agent";

    private HomeAgentProgram() {}

    public static void main(String... args) {
        program().runAndExit(args);
    }

    static Program program() {
        return new Program(
                NAME,
                "home agent of Mobile IPv4 (RFC 3344, RFC 5944)",
                List.of(
                        new RunVerb<>(HomeAgentConfiguration::read, HomeAgentDaemon::start),
                        new CheckVerb(HomeAgentConfiguration::read),
                        new RevokeVerb(
                                NAME,
                                Path.of(HomeAgentConfiguration.DEFAULT_CONTROL_SOCKET),
                                "end a mobile node's binding now, and tell its foreign agent (RFC 3543)",
                                List.of(
                                        "  The mobile node's packets are not tunnelled any more from that moment on; 'show revocations' has what",
                                        "  is not acknowledged yet. A mobile node that is still configured may register again: remove it from",
                                        "  the configuration and reload to keep it out, which revokes its binding as well.")),
                        new ShowVerb(
                                NAME,
                                Path.of(HomeAgentConfiguration.DEFAULT_CONTROL_SOCKET),
                                List.of(
                                        new View(
                                                "bindings",
                                                Routing.BINDINGS,
                                                "mobile nodes that are away, and where; what is staged"),
                                        new View("mobile-nodes", Routing.MOBILE_NODES, "all mobile nodes"),
                                        new View(
                                                "revocations",
                                                Routing.REVOCATIONS,
                                                "revocations that are not acknowledged yet"),
                                        new View("arrivals", ArrivalsView.PATH, ArrivalsView.SAYS),
                                        new View("traffic", Routing.TRAFFIC, "replies by code, and what was discarded"),
                                        new View(
                                                "datapath",
                                                Routing.DATAPATH,
                                                "which datapath and why, what went through the tunnels, drops"),
                                        new View("status", Routing.STATUS, "the home agent itself")))));
    }
}
