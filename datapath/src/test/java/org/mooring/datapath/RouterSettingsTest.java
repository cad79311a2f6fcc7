package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mooring.linux.NetworkNamespace;

@Tag("netns")
@DisplayName("The kernel's settings of a tunnel end")
class RouterSettingsTest {
    private static final List<String> DEVICES = List.of("br0", "mip-fa");

    private NetworkNamespace host;

    @BeforeEach
    void raise() throws Exception {
        host = NetworkNamespace.create();
        for (String device : DEVICES) {
            host.exec("ip", "link", "add", device, "type", "bridge");
            set(device, "forwarding", 1);
            set(device, "rp_filter", 2);
        }
        set("all", "rp_filter", 1);
    }

    @AfterEach
    void tearDown() {
        host.close();
    }

    @Test
    void areWell() throws Exception {
        assertWrong();
    }

    @Test
    @DisplayName("without a filter anywhere, too")
    void areWellWithoutAFilter() throws Exception {
        set("all", "rp_filter", 0);
        set("br0", "rp_filter", 0);
        assertWrong();
    }

    @Test
    void tellWhatElseHasChangedThem() throws Exception {
        set("br0", "forwarding", 0);
        set("mip-fa", "rp_filter", 1);
        assertWrong(
                "net/ipv4/conf/br0/forwarding is off, so that guests' packets are dropped: sysctl -w"
                        + " net/ipv4/conf/br0/forwarding=1",
                "net/ipv4/conf/mip-fa/rp_filter is strict, so that packets from afar are dropped: sysctl -w"
                        + " net/ipv4/conf/mip-fa/rp_filter=2");
    }

    @Test
    @DisplayName("the stricter one of all's and the device's own is in force")
    void areStrictWhereAllAre() throws Exception {
        set("br0", "rp_filter", 0);
        assertWrong("net/ipv4/conf/br0/rp_filter is strict, so that packets from afar are dropped: sysctl -w"
                + " net/ipv4/conf/br0/rp_filter=2");
    }

    private void assertWrong(String... settings) throws Exception {
        assertEquals(List.of(settings), host.run(() -> new RouterSettings(DEVICES, DEVICES).wrong()));
    }

    private void set(String device, String key, int value) {
        host.sysctl("net/ipv4/conf/" + device + "/" + key, value);
    }
}
