package org.mooring.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.mooring.lab.report.DatapathReport.Sample;

/** What a client sends to the guest at the other end of a {@link ForwardingPath} while it is measured. */
final class Load implements AutoCloseable {
    private static final int OCTET = 8;
    private static final double MILLION = 1e6;
    private static final double NANOSECONDS = 1e9;
    private static final double MICROSECOND = 1e3;

    private final ForwardingPath path;
    private final Instrument guest;
    private final Instrument client;

    /** @param program load.c, compiled */
    Load(ForwardingPath path, Path program, Path log) {
        this.path = path;
        Chain chain = path.chain();
        guest = new Instrument(chain.guest().inside(program.toString(), "serve", Chain.GUEST), log);
        var unused = guest.answer("serving");
        client = new Instrument(chain.client().inside(program.toString(), "drive", Chain.GUEST), log);
    }

    ForwardingPath path() {
        return path;
    }

    /** Measures for so long three times: throughput, round trip, packet rate. Empty if our counters don't agree with the guest's. */
    Optional<Sample> measure(Duration duration) {
        long[] tcp = order("tcp", duration);
        long[] echo = order("echo", duration);
        if (tcp[0] == 0 || echo[0] == 0) {
            throw new LabException(path.name() + " carries nothing");
        }
        List<Long> tunnelledBefore = path.tunnelled();
        long deliveredBefore = delivered();
        long[] packets = order("packets", duration);
        long delivered = settled() - deliveredBefore;
        List<Long> tunnelled = path.tunnelled();
        for (int i = 0; i < tunnelled.size(); i++) {
            if (tunnelled.get(i) - tunnelledBefore.get(i) != delivered) {
                return Optional.empty();
            }
        }
        return Optional.of(new Sample(
                tcp[0] * OCTET / MILLION / (tcp[1] / NANOSECONDS),
                delivered / (packets[1] / NANOSECONDS),
                echo[1] / MICROSECOND,
                (double) packets[2] / delivered));
    }

    private long[] order(String verb, Duration duration) {
        String answer = client.order(verb + " " + duration.toMillis(), verb);
        return Arrays.stream(answer.split(" ", -1)).mapToLong(Long::parseLong).toArray();
    }

    /** What came to the guest, once no more comes. */
    private long settled() {
        long[] last = {-1};
        Await.until("no more packets come to the guest", () -> {
            long before = last[0];
            last[0] = delivered();
            return last[0] == before;
        });
        return last[0];
    }

    /** IP packets that came to the guest and were for it. */
    private long delivered() {
        // Two lines begin with "Ip:": the names, and the values.
        List<String[]> lines = Command.run(path.chain().guest().inside("cat", "/proc/net/snmp"), "")
                .lines()
                .filter(line -> line.startsWith("Ip:"))
                .map(line -> line.split(" ", -1))
                .toList();
        return Long.parseLong(lines.get(1)[Arrays.asList(lines.get(0)).indexOf("InDelivers")]);
    }

    /** The path goes, too. */
    @Override
    public void close() {
        client.close();
        guest.close();
        path.close();
    }
}
