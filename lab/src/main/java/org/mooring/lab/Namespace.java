package org.mooring.lab;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.mooring.linux.NetworkNamespace;

/** A network namespace of this run, as {@code ip netns} names it. */
record Namespace(String name) {

    static Namespace create(String name) {
        Command.run("ip", "netns", "add", name);
        var namespace = new Namespace(name);
        namespace.ip("link set lo up");
        namespace.sysctl("net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1");
        return namespace;
    }

    /** Runs iproute2 commands, one a line, in one go. */
    void ip(String... lines) {
        Command.run(List.of("ip", "-n", name, "-batch", "-"), String.join("\n", lines) + "\n");
    }

    /** What {@code ip -json} prints. */
    String ipJson(String... words) {
        var command = new ArrayList<>(List.of("ip", "-n", name, "-json"));
        command.addAll(List.of(words));
        return Command.run(command, "");
    }

    void sysctl(String... assignments) {
        var words = new ArrayList<>(List.of("sysctl", "-qw"));
        words.addAll(List.of(assignments));
        Command.run(inside(words), "");
    }

    /** The command line that runs these words in here. Every step of it is an exec: the process is the command's own. */
    List<String> inside(List<String> words) {
        var command = new ArrayList<>(List.of("ip", "netns", "exec", name));
        command.addAll(words);
        return command;
    }

    List<String> inside(String... words) {
        return inside(List.of(words));
    }

    /**
     * Calls {@code body} on a thread in here. A socket opened there stays in this namespace, whichever thread uses it; a
     * thread started there lives here, too.
     */
    <T> T call(Callable<T> body) {
        var task = new FutureTask<>(() -> {
            NetworkNamespace.enter(name);
            return body.call();
        });
        new Thread(task, name).start();
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw new LabException("in " + name + ": " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted in " + name, e);
        }
    }

    /** Starts a process in here that says all it says to a file. */
    Process start(File output, List<String> words) {
        try {
            return new ProcessBuilder(inside(words))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(output))
                    .redirectInput(new File("/dev/null"))
                    .start();
        } catch (IOException e) {
            throw new LabException("cannot start " + String.join(" ", words) + " in " + name, e);
        }
    }
}
