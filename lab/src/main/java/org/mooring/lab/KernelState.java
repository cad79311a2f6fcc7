package org.mooring.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What the programs may have made in the kernel of each machine of the testbed, as text; what comes and goes by itself is left out. */
record KernelState(Set<String> lines) {

    static KernelState of(Lab lab) {
        var lines = new TreeSet<String>();
        for (Site site : lab.sites()) {
            for (String machine : List.of(site.router(), site.host())) {
                String namespace = lab.namespace(machine).name();
                add(lines, machine, "ip", "-n", namespace, "route", "show", "table", "all");
                add(lines, machine, "ip", "-n", namespace, "rule");
                add(lines, machine, "ip", "-n", namespace, "neigh", "show", "nud", "permanent");
                add(lines, machine, "ip", "-n", namespace, "neigh", "show", "proxy");
                Command.run("ip", "-n", namespace, "-o", "link")
                        .lines()
                        .forEach(line -> lines.add(machine + " link " + line.split(": ", -1)[1]));
                Command.run("bridge", "-n", namespace, "fdb", "show")
                        .lines()
                        .filter(line -> line.contains("static"))
                        .forEach(line -> lines.add(machine + " fdb " + line.strip()));
            }
        }
        return new KernelState(lines);
    }

    private static void add(Set<String> lines, String machine, String... command) {
        Command.run(command)
                .lines()
                .forEach(line ->
                        lines.add(machine + " " + line.replace(" linkdown", "").strip()));
    }

    /** What is here and not there, after a plus, and the other way round, after a minus. */
    List<String> beside(KernelState other) {
        var differences = new ArrayList<String>();
        lines.stream().filter(line -> !other.lines.contains(line)).forEach(line -> differences.add("+ " + line));
        other.lines.stream().filter(line -> !lines.contains(line)).forEach(line -> differences.add("- " + line));
        return differences;
    }
}
