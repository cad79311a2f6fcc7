package org.mooring.hook.daemon;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.mooring.hook.Guest;
import org.mooring.hook.TunnelEnd;
import org.mooring.runtime.config.ConfigException;
import org.mooring.runtime.config.ConfigReader;
import org.mooring.runtime.config.Ipv4Prefix;

/** What a guest hook's configuration says to the core, for tests that have the core alone. */
public record GuestHookFile(
        String bridge, Ipv4Prefix network, Optional<TunnelEnd> tunnelEnd, int enterpriseNumber, List<Guest> guests) {
    public static GuestHookFile read(Path file) throws ConfigException {
        var config = ConfigReader.read(file, HookConfig::read);
        return new GuestHookFile(
                config.bridge(), config.network(), config.tunnelEnd(), config.enterpriseNumber(), config.guests());
    }
}
