package org.mooring.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Makes the internet as wide as it is out there: whatever passes it from one site to another, be it data, registrations or redirected
 * packets, comes out in order and this much later, if it isn't lost. The correspondent is near all sites.
 */
final class DelayLine implements AutoCloseable {
    private static final String DEVICE = "line";
    private static final String TABLE = "100";

    private static final int RECORD = 8;

    private final Instrument line;
    private final Path lost;

    DelayLine(Lab lab, Path sources, Duration oneWay) {
        this(lab, sources, oneWay, 0);
    }

    /** @param lossPercent of all packets */
    DelayLine(Lab lab, Path sources, Duration oneWay, int lossPercent) {
        lost = lab.run().resolve("lost");
        Namespace internet = lab.namespace("inet");
        Path program = Instrument.compile(lab.run(), sources, "line");
        line = new Instrument(
                internet.inside(
                        program.toString(),
                        DEVICE,
                        Long.toString(oneWay.toNanos() / 1000),
                        Integer.toString(lossPercent)),
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

    /** From now on, of what agents and hooks say to each other: percentages that are lost, come twice, or up to half a second late. */
    void spoil(int lost, int twice, int late) {
        var unused = line.order("spoil " + lost + " " + twice + " " + late, "spoiling");
    }

    /** The numbers of a flow's packets that were lost here since this was last asked, be they on their way to the guest or back. */
    Set<Integer> lost(int flow) {
        var unused = line.order("save " + lost, "saved");
        try {
            ByteBuffer records = ByteBuffer.wrap(Files.readAllBytes(lost)).order(ByteOrder.nativeOrder());
            var sequences = new HashSet<Integer>();
            while (records.remaining() >= RECORD) {
                int of = records.getInt();
                int sequence = records.getInt();
                if (of == flow) {
                    sequences.add(sequence);
                }
            }
            return sequences;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it did up to now: {@code passed COUNT dropped COUNT lost COUNT latest MICROSECONDS}. */
    String quality() {
        return line.order("?", "");
    }

    @Override
    public void close() {
        line.close();
    }
}
