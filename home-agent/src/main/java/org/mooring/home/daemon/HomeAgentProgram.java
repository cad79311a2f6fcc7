package org.mooring.home.daemon;

import java.nio.file.Path;
import java.util.List;
import org.mooring.runtime.cli.CheckVerb;
import org.mooring.runtime.cli.Program;
import org.mooring.runtime.cli.RunVerb;
import org.mooring.runtime.cli.ShowVerb;
import org.mooring.runtime.cli.ShowVerb.View;
import org.mooring.runtime.handover.ArrivalsView;

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
                        new ShowVerb(
                                NAME,
                                Path.of(HomeAgentConfiguration.DEFAULT_CONTROL_SOCKET),
                                List.of(
                                        new View(
                                                "bindings",
                                                Routing.BINDINGS,
                                                "mobile nodes that are away, and where; what is staged"),
                                        new View("mobile-nodes", Routing.MOBILE_NODES, "all mobile nodes"),
                                        new View("arrivals", ArrivalsView.PATH, ArrivalsView.SAYS),
                                        new View("traffic", Routing.TRAFFIC, "replies by code, and what was discarded"),
                                        new View("datapath", Routing.DATAPATH, "what went through the tunnels"),
                                        new View("status", Routing.STATUS, "the home agent itself")))));
    }
}
