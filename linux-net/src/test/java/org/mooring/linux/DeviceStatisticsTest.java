package org.mooring.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class DeviceStatisticsTest {
    private static final String ALL = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
             mt-web2:     1       1    0    0    0     0          0         0        1       1    0    1    0     0       0          0
            x-mt-web:     2       2    0    0    0     0          0         0        2       2    0    2    0     0       0          0
              mt-web:12345      67    0    0    0     0          0         0     9000      89    5    7    0     0       0          0
            """;

    @Test
    void areThoseOfTheDeviceWithThatVeryName() {
        TransmitCounters counters = DeviceStatistics.find("mt-web", ALL).orElseThrow();
        assertEquals(new TransmitCounters(89, 7), counters);
        assertEquals(96, counters.done());
        assertEquals(Optional.of(new TransmitCounters(2, 2)), DeviceStatistics.find("x-mt-web", ALL));
    }

    @Test
    void areThereForAsLongAsTheDeviceIs() {
        assertEquals(Optional.empty(), DeviceStatistics.find("mt-we", ALL));
        assertEquals(Optional.empty(), DeviceStatistics.find("web", ALL));
    }

    @Test
    void areReadAnewEachTime() throws Exception {
        try (DeviceStatistics loopback = DeviceStatistics.open("lo")) {
            long before = loopback.transmitted().orElseThrow().packets();
            assertTrue(loopback.transmitted().orElseThrow().packets() >= before);
        }
    }
}
