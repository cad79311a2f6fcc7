package org.mooring.foreign.daemon;

import java.nio.file.Path;
import org.mooring.foreign.Policy;
import org.mooring.runtime.config.ConfigException;
import org.mooring.runtime.config.ConfigReader;

/** A foreign agent's configuration, for tests that have the core alone. */
public final class ForeignAgentFile {
    private ForeignAgentFile() {}

    public static Policy policy(Path file) throws ConfigException {
        return ConfigReader.read(file, ProgramConfiguration::read).policy();
    }
}
