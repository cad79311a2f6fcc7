package org.mooring.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the internet as wide as it is out there: whatever passes it from one site to another, be it data, registrations or redirected
 * packets, comes out in order and this much later. The correspondent is near all sites.
 */
final class DelayLine implements AutoCloseable {
    private static final String DEVICE = "line";
    private static final String TABLE = "100";

    private final Instrument line;

    DelayLine(Lab lab, Path sources, Duration oneWay) {
        Namespace internet = lab.namespace("inet");
        Path program = Instrument.compile(lab.run(), sources, "line");
        line = new Instrument(
                internet.inside(program.toString(), DEVICE, Long.toString(oneWay.toNanos() / 1000)),
                lab.run().resolve("line.log"));
        var unused = line.answer("ready");
        // What comes out of the line has its sources behind the other devices, which go on to filter (RFC 3704 §2.2).
        internet.sysctl("net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf." + DEVICE + ".rp_filter=0");
        var commands = new ArrayList<>(List.of(
                "link set " + DEVICE + " txqueuelen 20000 mtu 1500 up", "route add throw default table " + TABLE));
        for (Site site : lab.sites()) {
            commands.add("route add " + site.network() + " dev " + DEVICE + " table " + TABLE);
            commands.add("route add " + site.careOfAddress() + " dev " + DEVICE + " table " + TABLE);
            commands.add("rule add iif " + site.router() + " lookup " + TABLE);
        }
        internet.ip(commands.toArray(String[]::new));
    }

    /** What it did up to now: {@code passed COUNT dropped COUNT latest MICROSECONDS}. */
    String quality() {
        return line.order("?", "");
    }

    @Override
    public void close() {
        line.close();
    }
}
