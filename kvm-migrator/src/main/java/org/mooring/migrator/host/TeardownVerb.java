package org.mooring.migrator.host;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.Console;
import org.mooring.runtime.cli.StandardOptions;
import org.mooring.runtime.cli.Verb;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code teardown GUEST}: ends a guest's QEMU and removes all that it had on this host; also what a failure left. */
record TeardownVerb() implements Verb {
    private static final Logger log = LoggerFactory.getLogger(TeardownVerb.class);

    @Override
    public String name() {
        return "teardown";
    }

    @Override
    public List<String> arguments() {
        return List.of(GuestOptions.GUEST);
    }

    @Override
    public String summary() {
        return "end a guest on this host and remove all that it had here";
    }

    @Override
    public List<String> details() {
        return List.of(
                "Ends QEMU, removes the tap, the sockets and the files; a bridge of our making, once no guest is on it.",
                "The guest is not asked to shut down. May be repeated.");
    }

    @Override
    public Options options() {
        return new Options().addOption(GuestOptions.CONFIG).addOption(StandardOptions.LOG_LEVEL);
    }

    @Override
    public int run(CommandLine line, Console console) throws Failure {
        MigratorConfig config = GuestOptions.config(line);
        ThisHost host = new ThisHost(config);
        GuestFiles files = host.files(GuestOptions.guestName(line));
        GuestOptions.requireRoot();
        boolean known = files.tap().isPresent();
        Optional<QemuProcess> qemu = QemuProcess.find(files);
        if (qemu.isPresent()) {
            qemu.get().end(quit(files));
        }
        host.clear(files);
        console.out()
                .println(
                        known || qemu.isPresent()
                                ? "guest " + files.guest() + " is removed from this host"
                                : "there is nothing of guest " + files.guest() + " on this host");
        return 0;
    }

    /** Asks QEMU to quit, which leaves its disks in good order. */
    private static boolean quit(GuestFiles files) {
        EventLoopGroup epoll = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (Monitor monitor = Monitor.open(epoll, files, new Inattentive())) {
            monitor.client().execute("quit");
            return true;
        } catch (Failure e) {
            log.warn("QEMU can't be asked to quit, so it is killed: {}", e.getMessage());
            return false;
        } finally {
            epoll.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }
}
