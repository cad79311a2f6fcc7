package org.mooring.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The testbed: the networks, the project's programs on routers and KVM hosts, and real guests. Closing it removes everything
 * that it made; so does the next run, if this one is killed.
 */
final class Lab implements AutoCloseable {
    /** The home agent's own default, in seconds. */
    private static final int MAX_LIFETIME = 600;

    /** What a guest's kernel says on its console. */
    private static final List<String> CRASHES =
            List.of(" Oops: ", "kernel BUG at", "Kernel panic", "general protection fault");

    private final RunDirectory run;
    private final List<Site> sites;
    private final Set<Site> coLocated;
    private final Topology topology;
    private final Configuration configuration;
    private final Map<Site, Daemon> homeAgents = new EnumMap<>(Site.class);
    private final Map<Site, Daemon> foreignAgents = new EnumMap<>(Site.class);
    private final Map<Site, Daemon> hooks = new EnumMap<>(Site.class);
    private @Nullable GuestImage image;
    private boolean closed;

    private Lab(RunDirectory run, List<Site> sites, Set<Site> coLocated, int maxLifetime) {
        this.run = run;
        this.sites = List.copyOf(sites);
        this.coLocated = Set.copyOf(coLocated);
        topology = new Topology(run.prefix(), sites);
        configuration = new Configuration(run, new Keys(), sites, coLocated, maxLifetime);
        sites.forEach(this::define);
    }

    /**
     * Raises the networks and writes the configurations; starts nothing of ours yet.
     *
     * @param run holds the programs in {@code mooring}
     */
    static Lab raise(RunDirectory run, Path imageScript) {
        Lab lab = raiseWithoutGuests(run, Site.PAIR);
        try {
            lab.equipForGuests(imageScript);
            return lab;
        } catch (RuntimeException e) {
            run.remove();
            throw e;
        }
    }

    /** As above, with these sites and all that they have but QEMU. */
    static Lab raiseWithoutGuests(RunDirectory run, List<Site> sites) {
        return raiseWithoutGuests(run, sites, Set.of());
    }

    /**
     * As above.
     *
     * @param coLocated those of the sites where the KVM host is the end of its visitors' tunnels
     */
    static Lab raiseWithoutGuests(RunDirectory run, List<Site> sites, Set<Site> coLocated) {
        return raiseWithoutGuests(run, sites, coLocated, MAX_LIFETIME);
    }

    /**
     * As above.
     *
     * @param maxLifetime that home agents grant, in seconds
     */
    static Lab raiseWithoutGuests(RunDirectory run, List<Site> sites, Set<Site> coLocated, int maxLifetime) {
        if (!Files.exists(Path.of("/dev/net/tun"))) {
            throw new LabException("this kernel has no /dev/net/tun: load the module tun");
        }
        try {
            return new Lab(run, sites, coLocated, maxLifetime);
        } catch (RuntimeException e) {
            run.remove();
            throw e;
        }
    }

    private void equipForGuests(Path imageScript) {
        var ssh = new SecureShell(run);
        GuestImage made = GuestImage.make(run, imageScript, ssh);
        image = made;
        for (Site site : sites) {
            ssh.hostKey(site.host(), site.hostAddress());
        }
        ssh.home(namespace("cn"), "cn");
        for (Site site : sites) {
            ssh.home(namespace(site.host()), site.host());
            ssh.home(namespace(site.neighbour()), site.neighbour());
            ssh.serve(namespace(site.host()), site.host(), site.hostAddress());
            secret(site.host() + "/kvm-migrator.toml", configuration.kvmMigrator(site, made));
        }
    }

    private void define(Site site) {
        homeAgents.put(site, daemon(site.router(), "home-agent", configuration.homeAgent(site)));
        foreignAgents.put(site, daemon(site.router(), "foreign-agent", configuration.foreignAgent(site)));
        Command.run(
                "chown",
                "-R",
                SystemdUnit.USER + ":" + SystemdUnit.USER,
                run.resolve(site.router()).toString());

        hooks.put(site, defineHook(site, site.host()));
    }

    private Daemon defineHook(Site site, String host) {
        run.directory(host + "/guests");
        return daemon(host, "guest-hook", configuration.guestHook(site, host));
    }

    /** Raises one more KVM host at a site; returns its hook. */
    Daemon addHost(Site site) {
        topology.addHost(site);
        return defineHook(site, site.secondHost());
    }

    private Daemon daemon(String machine, String program, String text) {
        Path file = secret(machine + "/" + program + ".toml", text);
        return Daemon.of(
                namespace(machine),
                run,
                program,
                file,
                file.resolveSibling(program + ".log"),
                file.resolveSibling(program + ".sock"));
    }

    private Path secret(String name, String text) {
        Path file = run.write(name, text);
        Command.run("chmod", "600", file.toString());
        return file;
    }

    /** Starts the agents and the hooks, and returns when all of them are ready. */
    void startDaemons() {
        start(daemons());
    }

    /** As above, these only. */
    void start(List<Daemon> some) {
        some.forEach(Daemon::start);
        some.forEach(Daemon::awaitReady);
    }

    List<Daemon> daemons() {
        var all = new ArrayList<Daemon>();
        all.addAll(homeAgents.values());
        all.addAll(foreignAgents.values());
        all.addAll(hooks.values());
        return all;
    }

    /** Where visitors have their care-of address. */
    boolean hasForeignAgent(Site site) {
        return !coLocated.contains(site);
    }

    /** Of the guests that visit this site. */
    String careOfAddress(Site site) {
        return hasForeignAgent(site) ? site.careOfAddress() : site.hostAddress();
    }

    /** Whose tunnels end there. */
    Daemon tunnelEnd(Site site) {
        return hasForeignAgent(site) ? foreignAgent(site) : hook(site);
    }

    Daemon homeAgent(Site site) {
        return of(homeAgents, site);
    }

    Daemon foreignAgent(Site site) {
        return of(foreignAgents, site);
    }

    Daemon hook(Site site) {
        return of(hooks, site);
    }

    private static Daemon of(Map<Site, Daemon> daemons, Site site) {
        Daemon daemon = daemons.get(site);
        if (daemon == null) {
            throw new AssertionError(site);
        }
        return daemon;
    }

    List<Site> sites() {
        return sites;
    }

    RunDirectory run() {
        return run;
    }

    Namespace namespace(String name) {
        return topology.namespace(name);
    }

    /** Of the guests, where there may be any. */
    GuestImage image() {
        if (image == null) {
            throw new LabException("this testbed was raised without guests");
        }
        return image;
    }

    Configuration configuration() {
        return configuration;
    }

    Path program(String name) {
        Path program = run.resolve("mooring/bin/" + name);
        if (!Files.isExecutable(program)) {
            throw new LabException("no " + program + ": the programs have to be built first, by mvn package");
        }
        return program;
    }

    /** Runs a verb of the migrator on a KVM host, to its end. */
    Command migrator(Site host, String... words) {
        var command = new ArrayList<>(List.of(program("kvm-migrator").toString()));
        command.addAll(List.of(words));
        command.addAll(List.of(
                "--config", run.resolve(host.host() + "/kvm-migrator.toml").toString()));
        return Command.attempt(namespace(host.host()).inside(command), "");
    }

    /** Starts a guest at home, by the migrator, and returns when it has booted. */
    void start(Guest guest) {
        Command started = migrator(guest.home(), "startup", guest.name());
        if (started.status() != 0) {
            throw new LabException(started.toString());
        }
        Path console = console(guest, guest.home());
        Await.until(
                guest.name() + " has booted, see " + console,
                () -> Files.exists(console) && Files.readString(console).contains("GUEST-READY"));
    }

    /**
     * Fails if the guest's own kernel has crashed, which no agent can mend: an emulated processor may write to a page just after QEMU has looked whether it did,
     * and the copy that arrives at the other host then lacks it.
     */
    void assertKernelRuns(Guest guest, Site at) {
        assertKernelRuns(guest, console(guest, at));
    }

    static void assertKernelRuns(Guest guest, Path console) {
        String said;
        try {
            said = Files.exists(console) ? Files.readString(console) : "";
        } catch (IOException e) {
            throw new LabException("can't read " + console, e);
        }
        if (CRASHES.stream().anyMatch(said::contains)) {
            throw new LabException("the kernel of " + guest.name() + " crashed, see " + console);
        }
    }

    private Path console(Guest guest, Site at) {
        return run.resolve(at.host() + "/guests/" + guest.name() + ".log");
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            run.remove();
        }
    }
}
