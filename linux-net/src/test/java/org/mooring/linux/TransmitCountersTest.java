package org.mooring.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TransmitCountersTest {
    private static final List<String> LINES = List.of(
            "Inter-|   Receive                                                |  Transmit",
            " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed",
            "    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0",
            "mt-web:   12345      67    0    0    0     0          0         0     9000      89    0    7    0     0       0          0",
            "mt-web2:      1       1    0    0    0     0          0         0        1       1    0    1    0     0       0          0");

    @Test
    void areThoseOfTheDeviceWithThatVeryName() {
        TransmitCounters counters = TransmitCounters.find("mt-web", LINES).orElseThrow();
        assertEquals(new TransmitCounters(89, 7), counters);
        assertEquals(96, counters.done());
    }

    @Test
    void areThereForAsLongAsTheDeviceIs() {
        assertEquals(Optional.empty(), TransmitCounters.find("mt-we", LINES));
    }
}
