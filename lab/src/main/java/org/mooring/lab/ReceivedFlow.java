package org.mooring.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a simulated guest had of one UDP flow: its packets, in the order in which it read them. */
final class ReceivedFlow {
    private static final int RECORD = 24;

    /** A packet, with the times when it was sent and when the guest's tap was given it, in nanoseconds since 1970. */
    record Packet(int sequence, long sent, long given) {}

    private final List<Packet> packets = new ArrayList<>();

    ReceivedFlow() {}

    ReceivedFlow(List<Packet> packets) {
        this.packets.addAll(packets);
    }

    /** Adds those of flow {@code number} in a file that body.c has saved. */
    void add(Path file, int number) {
        try {
            ByteBuffer records = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder());
            while (records.remaining() >= RECORD) {
                int flow = records.getInt();
                var packet = new Packet(records.getInt(), records.getLong(), records.getLong());
                if (flow == number) {
                    packets.add(packet);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<Packet> packets() {
        return List.copyOf(packets);
    }

    /** How many different packets there are whose number is a multiple of {@code share}. */
    int distinct(int share) {
        return (int) packets.stream()
                .mapToInt(Packet::sequence)
                .filter(sequence -> sequence % share == 0)
                .distinct()
                .count();
    }

    /** How many of these numbers are of packets that aren't here. */
    int missing(Set<Integer> sequences) {
        Set<Integer> missing = new HashSet<>(sequences);
        packets.forEach(packet -> missing.remove(packet.sequence()));
        return missing.size();
    }

    /** Counted as probe.c does: reordered as in RFC 4737 §3. */
    GuestCount count() {
        var seen = new BitSet();
        int expected = 0;
        int duplicated = 0;
        int reordered = 0;
        for (Packet packet : packets) {
            if (seen.get(packet.sequence())) {
                duplicated++;
            } else if (packet.sequence() < expected) {
                reordered++;
            }
            seen.set(packet.sequence());
            expected = Math.max(expected, packet.sequence() + 1);
        }
        return new GuestCount(packets.size(), duplicated, reordered);
    }
}
