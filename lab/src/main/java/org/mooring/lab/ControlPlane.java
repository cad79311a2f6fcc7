package org.mooring.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.mooring.datapath.DatapathException;
import org.mooring.datapath.EbpfHomeDatapath;
import org.mooring.datapath.HomeForwarding;
import org.mooring.datapath.Tunnel;
import org.mooring.lab.report.DatapathReport.Changes;
import org.mooring.lab.report.Spread;
import org.mooring.linux.Ipv4;

/** How fast a home agent's bindings get into the kernel, and what they take there. */
final class ControlPlane {
    private static final int FIRST_HOME_ADDRESS = 0x0a_10_00_00; // 10.16.0.0
    private static final double MILLISECOND = 1e6;
    private static final int KIBIBYTE = 1024;

    private ControlPlane() {}

    /** So many bindings of home addresses one after the other, none of them {@link Chain#GUEST}. */
    static List<HomeForwarding> bindings(int count, Tunnel tunnel) {
        return IntStream.range(0, count)
                .mapToObj(i -> new HomeForwarding(Ipv4.address(FIRST_HOME_ADDRESS + i), tunnel))
                .toList();
    }

    /**
     * Installs bindings that a starting home agent finds in its store, and then gives some of them another care-of address, one by one.
     *
     * @param chain that nothing else is measured on
     * @param repetitions of all that
     */
    static Changes measure(Chain chain, int installed, int changed, int repetitions) {
        Tunnel first = Tunnel.ipip(Ipv4.address(Chain.CARE_OF_ADDRESS));
        Tunnel second = Tunnel.ipip(Ipv4.address("198.51.103.2"));
        var installing = new ArrayList<Double>();
        var changing = new ArrayList<Double>();
        for (int i = 0; i < repetitions; i++) {
            List<HomeForwarding> bindings = bindings(installed, first);
            List<HomeForwarding> moved = bindings(changed, second);
            long began = System.nanoTime();
            EbpfHomeDatapath datapath = ForwardingPath.homeAgent(chain, false, bindings);
            installing.add((System.nanoTime() - began) / MILLISECOND);
            try {
                began = System.nanoTime();
                for (HomeForwarding binding : moved) {
                    datapath.install(binding);
                }
                changing.add((System.nanoTime() - began) / MILLISECOND);
            } catch (DatapathException e) {
                throw new LabException("re-pointing bindings: " + e.getMessage(), e);
            } finally {
                datapath.close();
            }
            ForwardingPath.homeAgent(chain, false, List.of()).close();
        }
        return new Changes(installed, Spread.of(installing), changed, Spread.of(changing));
    }

    /** What the kernel has allocated for itself and does not give back when somebody asks, in octets. */
    static long kernelMemory() {
        try {
            return Files.readAllLines(Path.of("/proc/meminfo")).stream()
                    .filter(line -> line.matches("(SUnreclaim|Percpu|VmallocUsed):.*"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * KIBIBYTE)
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
