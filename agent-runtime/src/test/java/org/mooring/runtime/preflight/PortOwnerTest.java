package org.mooring.runtime.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.protocol.wire.Ipv4Address;

@DisplayName("The owner of a UDP port")
class PortOwnerTest {
    /** As printed on a little-endian machine, which those are that this runs on. */
    private static final List<String> TABLE = List.of(
            "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer"
                    + " drops",
            " 1216: 0100010A:01B2 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 111 2 0 0",
            " 1216: 00000000:01B2 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 222 2 0 0",
            " 1217: 0100010A:01B3 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 333 2 0 0",
            " 1218: 0200010A:01B2 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 444 2 0 0");

    @Test
    void isLookedForByAddressAndByWildcard() {
        assertEquals(List.of("111", "222"), PortOwner.inodes(TABLE, socket("10.1.0.1", 434)));
        assertEquals(List.of("222"), PortOwner.inodes(TABLE, socket("10.1.0.9", 434)));
        assertEquals(List.of(), PortOwner.inodes(TABLE, socket("10.1.0.1", 999)));
    }

    @Test
    void isFoundAmongTheProcesses() throws Exception {
        try (DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET)) {
            channel.bind(socket("127.0.0.1", 0));
            InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
            assertEquals(
                    Optional.of(new PortOwner("java", ProcessHandle.current().pid())), PortOwner.of(local));
        }
    }

    private static InetSocketAddress socket(String address, int port) {
        return new InetSocketAddress(Ipv4Address.of(address).toInet(), port);
    }
}
