package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.linux.Ipv4;
import org.mooring.linux.netlink.Netlink;
import org.mooring.runtime.Failure;
import org.mooring.runtime.config.ConfigReader;

@Tag("netns")
class HookLinkTest {
    @TempDir
    Path directory;

    @Test
    void whatTheConfigurationNamesIsFound() throws Exception {
        HookLink link = find(GuestHookProgramTest.VISITING);
        assertEquals("br0", link.bridge().name());
        assertEquals("up0", link.uplink().name());
        assertEquals(Ipv4.address("10.2.0.10"), link.hostAddress());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void whatIsNotThereIsTold(String name, String right, String wrong, String line) {
        String config = GuestHookProgramTest.VISITING.replace(right, wrong);
        Failure failure = assertThrows(Failure.class, () -> find(config));
        assertEquals(1, failure.lines().size());
        assertTrue(failure.lines().get(0).startsWith(line), failure.lines().get(0));
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                Arguments.of("no such bridge", "\"br0\"", "\"br7\"", "link.bridge: there is no interface br7: "),
                Arguments.of("no bridge", "\"br0\"", "\"lo\"", "link.bridge: lo is no bridge: "),
                Arguments.of("no such uplink", "\"up0\"", "\"up7\"", "link.uplink: there is no interface up7: "),
                Arguments.of("no port of it", "\"up0\"", "\"lo\"", "link.uplink: lo is no port of br0: "),
                Arguments.of("no address", "10.2.0", "10.3.0", "link.network: br0 has no address in 10.3.0.0/24: "));
    }

    private HookLink find(String config) throws Exception {
        Path file = SecretFile.write(directory.resolve("guest-hook.toml"), config);
        HookConfig parsed = ConfigReader.read(file, HookConfig::read);
        try (KvmHost kvmHost = KvmHost.create();
                Netlink netlink = kvmHost.host.run(Netlink::open)) {
            return HookLink.find(parsed, netlink);
        }
    }
}
