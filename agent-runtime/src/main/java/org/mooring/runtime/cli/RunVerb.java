package org.mooring.runtime.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.mooring.runtime.Failure;
import org.mooring.runtime.config.ConfigReader;
import org.mooring.runtime.config.Section;
import org.mooring.runtime.logging.Logging;
import org.mooring.runtime.systemd.ServiceManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code run --config FILE}: runs the daemon in the foreground until SIGTERM or SIGINT; SIGHUP has it read its
 * configuration again.
 *
 * @param <C> the daemon's configuration
 */
public record RunVerb<C>(Function<Section, C> config, Daemon.Starter<C> starter) implements Verb {
    private static final Logger log = LoggerFactory.getLogger(RunVerb.class);

    @Override
    public String name() {
        return "run";
    }

    @Override
    public String summary() {
        return "run in the foreground; SIGTERM stops, SIGHUP re-reads the configuration";
    }

    @Override
    public Options options() {
        return new Options().addOption(StandardOptions.CONFIG).addOption(StandardOptions.LOG_LEVEL);
    }

    @Override
    public int run(CommandLine line, Console console) throws Failure {
        Optional<String> level = Optional.ofNullable(line.getOptionValue(StandardOptions.LOG_LEVEL));
        if (level.isPresent() && !Logging.setLevel(level.get())) {
            throw new UsageException("--log-level takes " + StandardOptions.LOG_LEVEL.getDescription() + ", found '"
                    + level.get() + "'");
        }
        Path file = Path.of(line.getOptionValue(StandardOptions.CONFIG));
        List<String> warnings = new ArrayList<>();
        C initial = ConfigReader.read(file, config, warnings::add);
        ServiceManager serviceManager = ServiceManager.fromEnvironment(System.getenv());
        Lifecycle lifecycle = Lifecycle.ofThisProcess(serviceManager.watchdogInterval());
        try (Daemon<C> daemon = starter.start(initial, lifecycle)) {
            serviceManager.ready();
            log.info("ready config={}", file);
            // Only now: one who is refused hears of that alone.
            warnings.forEach(log::warn);
            lifecycle.untilStopped(() -> reload(daemon, file, serviceManager), serviceManager::alive);
            log.info("stopping");
            serviceManager.stopping();
        }
        return 0;
    }

    private void reload(Daemon<C> daemon, Path file, ServiceManager serviceManager) {
        serviceManager.reloading();
        try {
            daemon.reload(ConfigReader.read(file, config, log::warn));
            log.info("configuration re-read config={}", file);
        } catch (Failure e) {
            e.lines().forEach(line -> log.error("configuration not re-read, the old one stays: {}", line));
        }
        serviceManager.ready();
    }
}
