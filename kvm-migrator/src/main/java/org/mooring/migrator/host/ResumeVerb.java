package org.mooring.migrator.host;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.Console;
import org.mooring.runtime.cli.StandardOptions;
import org.mooring.runtime.cli.Verb;

/** {@code resume GUEST}: lets a guest go on that a migration without a verdict left paused here. */
record ResumeVerb() implements Verb {
    @Override
    public String name() {
        return "resume";
    }

    @Override
    public List<String> arguments() {
        return List.of(GuestOptions.GUEST);
    }

    @Override
    public String summary() {
        return "let a guest go on that was left paused here";
    }

    @Override
    public List<String> details() {
        return List.of(
                "For a guest whose migration ended without anybody knowing whether it runs at the other host. Make sure first that it",
                "doesn't: two copies of a guest destroy its disks and each other's connections.");
    }

    @Override
    public Options options() {
        return new Options().addOption(GuestOptions.CONFIG).addOption(StandardOptions.LOG_LEVEL);
    }

    @Override
    public int run(CommandLine line, Console console) throws Failure {
        MigratorConfig config = GuestOptions.config(line);
        GuestFiles files = new ThisHost(config).files(GuestOptions.guestName(line));
        GuestOptions.requireRoot();
        EventLoopGroup epoll = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (Monitor monitor = Monitor.connect(epoll, files, new Inattentive())) {
            monitor.ask("cont");
            console.out().println("guest " + files.guest() + " goes on here");
            return 0;
        } finally {
            epoll.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }
}
