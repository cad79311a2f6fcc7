package org.mooring.migrator.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.migrator.host.Guest.Accelerator;
import org.mooring.migrator.host.MigratorConfig.RemoteHost;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.config.ConfigException;
import org.mooring.runtime.config.ConfigReader;

class MigratorConfigTest {
    @TempDir
    Path directory;

    @Test
    void readsEverything() throws Exception {
        MigratorConfig config = read("""
                guests-directory = "/run/guests"
                hook-socket = "/run/hook.sock"
                state-directory = "/var/lib/kvm"
                qemu = "/opt/qemu"
                [network]
                bridge = "br0"
                uplink = "eth1"
                tap-queue = 20000
                [migration]
                address = "198.51.100.10"
                ports = "5000-5009"
                tls = "pki"
                downtime-limit = 30
                max-bandwidth = 100
                [[host]]
                name = "kb"
                ssh = "root@198.51.100.20"
                ssh-options = ["-p", "2222"]
                program = "/opt/kvm-migrator"
                config = "/opt/kvm-migrator.toml"
                tls-name = "kb.example.net"
                [[guest]]
                name = "web"
                memory = 512
                cpus = 2
                mac = "52:54:00:AB:CD:EF"
                accel = "tcg"
                machine = "q35"
                cpu = "Skylake-Server"
                kernel = "vmlinuz"
                initrd = "/boot/initrd"
                append = "console=ttyS0"
                disks = [{ file = "web.raw", shared = true }, { file = "/iso", format = "raw", read-only = true }]
                extra-args = ["-device", "virtio-rng-pci"]
                tap = "tap7"
                """);
        assertEquals(
                new MigratorConfig(
                        Path.of("/run/guests"),
                        Path.of("/run/hook.sock"),
                        Path.of("/var/lib/kvm"),
                        "/opt/qemu",
                        new MigratorConfig.Network("br0", Optional.of("eth1"), 20_000),
                        new MigratorConfig.Streams(
                                Optional.of(Ipv4Address.of("198.51.100.10")),
                                new PortRange(5000, 5009),
                                Optional.of(directory.resolve("pki")),
                                Duration.ofMillis(30),
                                OptionalInt.of(100)),
                        List.of(new RemoteHost(
                                "kb",
                                "root@198.51.100.20",
                                List.of("-p", "2222"),
                                "/opt/kvm-migrator",
                                "/opt/kvm-migrator.toml",
                                "kb.example.net")),
                        List.of(new Guest(
                                "web",
                                512,
                                2,
                                "52:54:00:ab:cd:ef",
                                Accelerator.TCG,
                                "q35",
                                "Skylake-Server",
                                directory.resolve("vmlinuz").toString(),
                                "/boot/initrd",
                                "console=ttyS0",
                                List.of(
                                        new Disk(directory.resolve("web.raw").toString(), "raw", true, false),
                                        new Disk("/iso", "raw", false, true)),
                                List.of("-device", "virtio-rng-pci"),
                                "tap7"))),
                config);
    }

    @Test
    void fillsInWhatIsLeftOut() throws Exception {
        MigratorConfig config = read("""
                [network]
                bridge = "br0"
                [[host]]
                name = "kb"
                [[guest]]
                name = "a-guest-with-a-long-name"
                memory = 512
                mac = "52:54:00:ab:cd:ef"
                """);
        assertEquals(Path.of("/run/mooring/guests"), config.guestsDirectory());
        assertEquals(new PortRange(49152, 49215), config.migration().ports());
        assertEquals(Duration.ofMillis(300), config.migration().downtimeLimit());
        assertEquals(10_000, config.network().tapQueue());
        assertEquals("kb", config.hosts().get(0).ssh());
        assertEquals("mt-a-guest-with", config.guests().get(0).tap());
        assertEquals(Accelerator.KVM, config.guests().get(0).accel());
    }

    @Test
    void reportsAllProblemsAtOnce() {
        ConfigException refused = assertThrows(ConfigException.class, () -> read("""
                        [migration]
                        ports = "5009-5000"
                        [[guest]]
                        name = "../etc"
                        memory = 0
                        mac = "ff:ff:ff:ff:ff:ff"
                        accel = "xen"
                        [[guest]]
                        name = "twelve-chars-1"
                        memory = 64
                        mac = "52:54:00:ab:cd:ef"
                        [[guest]]
                        name = "twelve-chars-2"
                        memory = 64
                        mac = "52:54:00:ab:cd:ee"
                        """));
        assertEquals(2, refused.exitCode());
        for (String key : List.of(
                "network: missing",
                ":2: migration.ports: ",
                ":4: guest.name: ",
                ":5: guest.memory: ",
                ":6: guest.mac: ",
                ":7: guest.accel: ",
                "its tap would be mt-twelve-char")) {
            assertTrue(
                    refused.lines().stream().anyMatch(line -> line.contains(key)),
                    () -> key + " in " + refused.lines());
        }
    }

    @Test
    void takesAHostThatIsNotConfiguredForAnSshDestination() {
        RemoteHost host = RemoteHost.find("root@kb.example.net", List.of());
        assertEquals("root@kb.example.net", host.ssh());
        assertEquals("kb.example.net", host.tlsName());
        assertEquals("kvm-migrator", host.program());
    }

    private MigratorConfig read(String toml) throws Exception {
        Path file = directory.resolve("kvm-migrator.toml");
        Files.writeString(file, toml);
        return ConfigReader.read(file, MigratorConfig::read);
    }
}
