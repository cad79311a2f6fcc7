package org.mooring.runtime.cli;

import org.apache.commons.cli.Option;

/** Options that mean the same in every program. */
public final class StandardOptions {
    public static final Option CONFIG = Option.builder()
            .longOpt("config")
            .hasArg()
            .argName("FILE")
            .required()
            .desc("the configuration, in TOML")
            .get();

    public static final Option LOG_LEVEL = Option.builder()
            .longOpt("log-level")
            .hasArg()
            .argName("LEVEL")
            .desc("error, warn, info (the default), debug or trace")
            .get();

    public static final Option JSON = Option.builder()
            .longOpt("json")
            .desc("print JSON instead of a table")
            .get();

    public static final Option SOCKET = Option.builder()
            .longOpt("socket")
            .hasArg()
            .argName("PATH")
            .desc("the control socket of the daemon, if it isn't the usual one")
            .get();

    private StandardOptions() {}
}
