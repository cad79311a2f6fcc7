package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mooring.lab.report.Delays;

class ReceivedFlowTest {
    @Test
    void countsLostDuplicatedAndReorderedPacketsAsTheGuestProgramDoes() {
        // Of 0 to 9: 3 and 9 are lost, 5 overtakes 4, and 6 comes twice, the second time late.
        var flow = new ReceivedFlow(IntStream.of(0, 1, 2, 5, 4, 6, 7, 8, 6)
                .mapToObj(sequence -> new ReceivedFlow.Packet(sequence, 0, 0))
                .toList());

        assertEquals(new GuestCount(9, 1, 1), flow.count());
        assertEquals(2, flow.count().lost(10));
    }

    @Test
    void delaysAreThoseThatSoManyPercentDoNotExceed() {
        long[] delays =
                IntStream.rangeClosed(1, 200).mapToLong(i -> i * 1_000_000L).toArray();

        assertEquals(new Delays(100, 198, 200), Delays.of(delays));
        assertEquals(new Delays(0, 0, 0), Delays.of(new long[0]));
    }
}
