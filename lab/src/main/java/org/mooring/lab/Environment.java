package org.mooring.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/** The machine that something is measured on, and how busy it is. */
final class Environment {
    private Environment() {}

    /** A map that more may be added to. */
    static Map<String, String> describe() throws IOException {
        var environment = new LinkedHashMap<String, String>();
        environment.put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        environment.put(
                "kernel",
                Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip());
        environment.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        environment.put("load", Files.readString(Path.of("/proc/loadavg")).strip());
        environment.put("Java", Runtime.version().toString());
        return environment;
    }
}
