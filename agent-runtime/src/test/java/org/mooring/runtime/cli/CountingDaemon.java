package org.mooring.runtime.cli;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.mooring.linux.JavaCommand;
import org.mooring.runtime.Failure;
import org.mooring.runtime.Supervisor;
import org.mooring.runtime.config.Section;
import org.mooring.runtime.loop.AgentLoop;

/** A daemon for the tests of {@link RunVerb}, run in a JVM of its own. It prints what happens to it. */
final class CountingDaemon implements Daemon<CountingDaemon.Config> {
    record Config(String name, String behaviour) {
        static Config read(Section root) {
            return new Config(root.string("name"), root.string("behaviour", "good"));
        }
    }

    private final AgentLoop<String, String> loop;

    private CountingDaemon(AgentLoop<String, String> loop) {
        this.loop = loop;
    }

    public static void main(String... args) {
        new Program("counter", "counts", List.of(new RunVerb<>(Config::read, CountingDaemon::start))).runAndExit(args);
    }

    private static Daemon<Config> start(Config config, Supervisor supervisor) throws Failure {
        if (config.behaviour().equals("fails")) {
            throw new Failure("the port is taken: name another");
        }
        CountingDaemon daemon = new CountingDaemon(new AgentLoop<>("counter", Clock.systemUTC(), supervisor));
        daemon.loop.start(CountingDaemon::handle, System.out::println);
        daemon.loop.post(config.behaviour() + " " + config.name());
        return daemon;
    }

    private static List<String> handle(String event) {
        if (event.startsWith("crashes")) {
            throw new IllegalStateException("a bug");
        }
        if (event.startsWith("hangs")) {
            while (true) {
                Thread.onSpinWait();
            }
        }
        if (event.startsWith("throws")) {
            new Thread(() -> {
                        throw new IllegalStateException("in another thread");
                    })
                    .start();
        }
        return List.of("did " + event);
    }

    @Override
    public void reload(Config config) throws Failure {
        if (config.behaviour().equals("fails")) {
            throw new Failure("behaviour: restart to change it");
        }
        loop.post("reload " + config.name());
    }

    @Override
    public void close() {
        loop.post("close");
        loop.close();
    }

    /** The words that run it. */
    static List<String> command(Path config) {
        var command = new ArrayList<>(JavaCommand.quick(CountingDaemon.class.getName()));
        command.addAll(List.of("run", "--config", config.toString()));
        return command;
    }
}
