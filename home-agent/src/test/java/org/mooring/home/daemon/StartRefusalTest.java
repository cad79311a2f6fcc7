package org.mooring.home.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.home.daemon.HomeSite.HOME_AGENT;

import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

@Tag("netns")
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
@DisplayName("A home agent that cannot start says why, and what to do, in one line")
class StartRefusalTest {
    @TempDir
    private static Path directory;

    private static HomeSite site;

    @BeforeAll
    static void raise() throws Exception {
        site = new HomeSite(directory);
    }

    @AfterAll
    static void tearDown() {
        site.close();
    }

    @BeforeEach
    void forget() throws Exception {
        site.forgetLog();
    }

    @Test
    void thePortIsTaken() throws Exception {
        var taken = site.router()
                .run(() -> DatagramChannel.open(StandardProtocolFamily.INET)
                        .bind(new InetSocketAddress(HOME_AGENT.toInet(), 434)));
        try (taken) {
            assertRefuses("UDP 10.1.0.1:434 is taken by java (pid "
                    + ProcessHandle.current().pid() + ")");
        }
    }

    @Test
    void aCapabilityIsMissing() throws Exception {
        assertRefuses(
                "needs CAP_NET_ADMIN: run as root or grant it (AmbientCapabilities= in the unit)",
                "setpriv",
                "--bounding-set=-net_admin");
    }

    @Test
    void theHomeLinkIsMissing() throws Exception {
        site.router().ip("link set lan name lan2");
        try {
            assertRefuses("home-link: there is no interface lan: create it, or name another one");
        } finally {
            site.router().ip("link set lan2 name lan");
        }
    }

    @Test
    void theAddressIsNotHere() throws Exception {
        site.router().ip("address delete " + HOME_AGENT + "/24 dev lan");
        try {
            assertRefuses(
                    "10.1.0.1 is no address of this machine: add it to an interface, or correct the configuration");
        } finally {
            site.router().ip("address add " + HOME_AGENT + "/24 dev lan");
        }
    }

    @Test
    void theStateDirectoryIsNone() throws Exception {
        site.changeConfiguration("\"state\"", "\"file\"");
        try {
            assertRefuses("state-directory " + Files.writeString(directory.resolve("file"), "a file"));
        } finally {
            site.changeConfiguration("\"file\"", "\"state\"");
        }
    }

    private static void assertRefuses(String line, String... wrapper) throws Exception {
        assertEquals(1, site.run(wrapper).waitFor());
        assertEquals(1, site.log().lines().count(), site.log());
        assertTrue(site.log().startsWith("home-agent: " + line), site.log());
    }
}
