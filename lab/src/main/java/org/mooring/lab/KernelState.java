package org.mooring.lab;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What the programs may have made in the kernel of machines of the testbed, as text; what comes and goes by itself is left out. */
record KernelState(Set<String> lines) {
    private static final String QUESTIONS = """
            route show table all
            rule
            neigh show nud permanent
            neigh show proxy
            link
            """;

    /** As in {@code 2: up0@if5: <BROADCAST,...}, of which only the name is of interest. */
    private static final Pattern LINK = Pattern.compile("[0-9]+: ([^:@]+)[^:]*: <.*");

    /** Of the routers and KVM hosts of all sites. */
    static KernelState of(Lab lab) {
        return of(lab, machines(lab));
    }

    static List<String> machines(Lab lab) {
        var machines = new ArrayList<String>();
        for (Site site : lab.sites()) {
            machines.add(site.router());
            machines.add(site.host());
        }
        return machines;
    }

    static KernelState of(Lab lab, Collection<String> machines) {
        var lines = new TreeSet<String>();
        for (String machine : machines) {
            String namespace = lab.namespace(machine).name();
            Command.run(List.of("ip", "-n", namespace, "-o", "-batch", "-"), QUESTIONS)
                    .lines()
                    .map(line -> LINK.matcher(line).replaceFirst("link $1"))
                    .forEach(line -> lines.add(
                            machine + " " + line.replace(" linkdown", "").strip()));
            Command.run("bridge", "-n", namespace, "fdb", "show")
                    .lines()
                    .filter(line -> line.contains("static"))
                    .forEach(line -> lines.add(machine + " fdb " + line.strip()));
        }
        return new KernelState(lines);
    }

    /** Of these machines only. */
    KernelState only(Collection<String> machines) {
        return new KernelState(lines.stream()
                .filter(line -> machines.contains(line.substring(0, line.indexOf(' '))))
                .collect(Collectors.toCollection(TreeSet::new)));
    }

    /** What is here and not there, after a plus, and the other way round, after a minus. */
    List<String> beside(KernelState other) {
        var differences = new ArrayList<String>();
        lines.stream().filter(Predicate.not(other.lines::contains)).forEach(line -> differences.add("+ " + line));
        other.lines.stream().filter(Predicate.not(lines::contains)).forEach(line -> differences.add("- " + line));
        return differences;
    }
}
