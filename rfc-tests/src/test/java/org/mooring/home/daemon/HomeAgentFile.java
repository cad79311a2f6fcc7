package org.mooring.home.daemon;

import java.nio.file.Path;
import org.mooring.home.Policy;
import org.mooring.runtime.config.ConfigException;
import org.mooring.runtime.config.ConfigReader;

/** A home agent's configuration, for tests that have the core alone. */
public final class HomeAgentFile {
    private HomeAgentFile() {}

    public static Policy policy(Path file) throws ConfigException {
        return ConfigReader.read(file, HomeAgentConfiguration::read).policy();
    }
}
