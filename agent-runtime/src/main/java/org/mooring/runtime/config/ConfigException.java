package org.mooring.runtime.config;

import java.util.List;
import org.mooring.runtime.Failure;

/** Everything that is wrong with a configuration file, in the order of its lines, as {@code FILE:LINE: key: what}. */
public final class ConfigException extends Failure {
    ConfigException(List<String> problems) {
        super(problems);
    }

    @Override
    public int exitCode() {
        return 2;
    }
}
