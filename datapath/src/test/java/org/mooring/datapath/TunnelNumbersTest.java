package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mooring.linux.Ipv4;

class TunnelNumbersTest {
    private final TunnelNumbers numbers = new TunnelNumbers();

    @Test
    void sufficeForAnyNumberOfHomeAgentsOneAfterTheOther() throws Exception {
        for (int i = 0; i < 2 * TunnelNumbers.MOST; i++) {
            int number = numbers.free();
            numbers.put(tunnel(i), number);
            assertEquals(List.of(Map.entry(tunnel(i), number)), numbers.unused(Set.of()));
            numbers.remove(tunnel(i));
        }
    }

    @Test
    void areNoTwoTunnels() throws Exception {
        for (int i = 0; i < TunnelNumbers.MOST; i++) {
            int number = numbers.free();
            assertEquals(i, number);
            numbers.put(tunnel(i), number);
        }
        assertThrows(IOException.class, numbers::free);
        numbers.unused(Set.of(0, 2)).forEach(unused -> numbers.remove(unused.getKey()));
        assertEquals(1, numbers.free());
        assertEquals(Optional.of(2), numbers.of(tunnel(2)));
        assertEquals(Optional.empty(), numbers.of(tunnel(1)));
    }

    private static Tunnel tunnel(int number) {
        Inet4Address remote = Ipv4.address("192.0." + number / 256 + "." + number % 256);
        return Tunnel.ipip(remote);
    }
}
