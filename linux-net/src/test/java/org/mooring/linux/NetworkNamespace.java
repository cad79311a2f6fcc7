package org.mooring.linux;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.mooring.linux.libc.SetNs;
import org.mooring.linux.netlink.Netlink;

/**
 * A network namespace of a test's own, with {@code lo} up. Its name holds this process's id, so that runs don't meet, and a later one
 * sees what a dead one left; {@link #close} removes it and all devices in it. Needs root and iproute2: for tests tagged {@code netns}.
 */
public final class NetworkNamespace implements AutoCloseable {
    private static final Pattern NAME = Pattern.compile("mt-(\\d+)-\\d+");
    private static final AtomicInteger CREATED = new AtomicInteger();

    static {
        sweep();
    }

    private final String name;
    private final ExecutorService thread;

    private NetworkNamespace(String name) {
        this.name = name;
        this.thread = Executors.newSingleThreadExecutor(task -> new Thread(task, name));
    }

    public static NetworkNamespace create() throws Exception {
        String name = "mt-" + ProcessHandle.current().pid() + "-" + CREATED.incrementAndGet();
        execute("", List.of("ip", "netns", "add", name));
        NetworkNamespace namespace = new NetworkNamespace(name);
        try {
            namespace.run(() -> enter(name));
            namespace.ip("link set lo up");
        } catch (Exception | Error e) {
            namespace.close();
            throw e;
        }
        return namespace;
    }

    /**
     * Moves the calling thread, for good, into the namespace that {@code ip netns} calls {@code name}. Threads and processes that it
     * starts from then on live there, too; a thread of a pool must not call this.
     */
    public static void enter(String name) throws KernelException {
        SetNs.enterNetworkNamespace("/run/netns/" + name);
    }

    /** As in {@code ip netns list}. */
    public String name() {
        return name;
    }

    /** Has what {@link #exec} and {@code ip netns exec} run see a file of its own in the place of {@code /etc/FILE}, which must exist. */
    public void etc(String file, String content) throws IOException {
        Files.writeString(Files.createDirectories(etc(name)).resolve(file), content);
    }

    /**
     * Runs {@code body} inside, on the one thread that lives there, and waits for it. Threads and processes that it starts live there,
     * too. What it throws is thrown here.
     */
    public <T> T run(Callable<T> body) throws Exception {
        try {
            return thread.submit(body).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                cause.addSuppressed(new Exception("called from here"));
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** As {@link #run(Callable)}, for a body without a result. */
    public void run(Body body) throws Exception {
        run(() -> {
            body.run();
            return true;
        });
    }

    /**
     * Runs a command inside and waits for it.
     *
     * @return what it printed, standard error included
     * @throws AssertionError if its exit code is not zero
     */
    public String exec(String... command) {
        boolean ip = command[0].equals("ip");
        List<String> inside = new ArrayList<>(ip ? List.of("ip", "-n", name) : List.of("ip", "netns", "exec", name));
        inside.addAll(List.of(command).subList(ip ? 1 : 0, command.length));
        return execute("", inside);
    }

    /**
     * Has ip(8) run these commands inside, all in one process.
     *
     * @throws AssertionError if one of them fails
     */
    public void ip(String... commands) {
        execute(String.join("\n", commands) + "\n", List.of("ip", "-n", name, "-batch", "-"));
    }

    /** Sets what sysctl(8) calls by this key, which begins with {@code net}; a device's name may have dots if the key is a path. */
    public void sysctl(String key, int value) {
        unchecked(() -> Files.writeString(
                Path.of("/proc/sys", key.contains("/") ? key : key.replace('.', '/')), Integer.toString(value)));
    }

    /** The device in here with this name. */
    public Interface device(String device) {
        return unchecked(() -> {
            try (Netlink netlink = Netlink.open()) {
                return netlink.links().get(device).device();
            }
        });
    }

    private <T> T unchecked(Callable<T> body) {
        try {
            return run(body);
        } catch (Exception e) {
            throw new AssertionError("in " + name + ": " + e.getMessage(), e);
        }
    }

    /** Connects this namespace with another one by a veth pair. Both ends are up; neither has an address. */
    public void connect(String device, NetworkNamespace peer, String peerDevice) {
        ip(
                "link add " + device + " type veth peer name " + peerDevice + " netns " + peer.name,
                "link set " + device + " up");
        peer.ip("link set " + peerDevice + " up");
    }

    @Override
    public void close() {
        thread.shutdownNow();
        delete(name);
    }

    /** What {@link #run(Body)} runs. */
    @FunctionalInterface
    public interface Body {
        void run() throws Exception;
    }

    /** Removes the namespaces of processes that are dead, and ends what still runs in them. */
    private static void sweep() {
        for (String line : execute("", List.of("ip", "netns", "list")).split("\n", -1)) {
            Matcher name = NAME.matcher(line.split(" ", -1)[0]);
            if (name.matches()
                    && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()) {
                remove(name.group());
            }
        }
    }

    private static void remove(String dead) {
        try {
            for (String pid :
                    execute("", List.of("ip", "netns", "pids", dead)).lines().toList()) {
                ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
            }
            delete(dead);
        } catch (AssertionError another) {
            // Another run sweeps at the same time.
        }
    }

    private static void delete(String name) {
        execute("", List.of("ip", "netns", "delete", name));
        try (Stream<Path> files = Files.exists(etc(name)) ? Files.walk(etc(name)) : Stream.empty()) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What ip-netns(8) mounts over {@code /etc}. */
    private static Path etc(String name) {
        return Path.of("/etc/netns", name);
    }

    private static String execute(String input, List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            try (var to = process.getOutputStream()) {
                to.write(input.getBytes(StandardCharsets.UTF_8));
            }
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int exitCode = process.waitFor();
            if (exitCode != 0) {
                throw new AssertionError(String.join(" ", command) + ": exit code " + exitCode + ": " + output);
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
