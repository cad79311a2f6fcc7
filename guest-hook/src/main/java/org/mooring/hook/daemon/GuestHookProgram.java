package org.mooring.hook.daemon;

import java.nio.file.Path;
import java.util.List;
import org.mooring.runtime.cli.CheckVerb;
import org.mooring.runtime.cli.Program;
import org.mooring.runtime.cli.RunVerb;
import org.mooring.runtime.cli.ShowVerb;
import org.mooring.runtime.cli.ShowVerb.View;

/** {@code guest-hook}. */
public final class GuestHookProgram {
    /** There only where this host is the end of its visitors' tunnels. */
    static final String DATAPATH = "/datapath";

    private GuestHookProgram() {}

    public static void main(String... args) {
        program().runAndExit(args);
    }

    static Program program() {
        return new Program(
                "guest-hook",
                "speaks Mobile IP for the guests of a KVM host",
                List.of(
                        new RunVerb<>(HookConfig::read, GuestHookDaemon::start),
                        new CheckVerb(HookConfig::read),
                        new ShowVerb(
                                "guest-hook",
                                Path.of(HookConfig.CONTROL_SOCKET),
                                List.of(
                                        new View(
                                                "guests",
                                                "/guests",
                                                "the guests, where they are, how they are registered"),
                                        new View(
                                                "handovers",
                                                "/handovers",
                                                "what happened when in the latest handovers",
                                                HandoverLines::of),
                                        new View(
                                                "agents",
                                                "/agents",
                                                "the foreign agents that advertise themselves on the link"),
                                        new View("status", "/status", "the link, and the agents on it"),
                                        new View(
                                                "datapath",
                                                DATAPATH,
                                                "co-located: which datapath and why, what went through the tunnels, drops"))),
                        new EventVerb(),
                        new TimeVerb()));
    }
}
