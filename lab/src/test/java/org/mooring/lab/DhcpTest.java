package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A guest that is a namespace, with BusyBox's DHCP client, and BusyBox's servers on both LANs; the rest is real. */
@Tag("e2e")
@DisplayName("A guest's DHCP client keeps its lease while it visits")
class DhcpTest {
    private static final Guest GUEST = Guest.ONE;

    /** Seconds; the client renews after half of it. */
    private static final int LEASE = 6;

    private static final Duration ONE_WAY = Duration.ofMillis(5);

    private static final String ON_CHANGE = """
            #!/bin/sh
            case $1 in
            bound|renew)
                ip address replace $ip/24 dev $interface
                ip route replace default via $router
                ;;
            esac
            echo "$1 ip=$ip from=$serverid"
            """;

    @Test
    void keepsItsLeaseAtAForeignAgent() throws Exception {
        assertKeepsItsLease("foreign-agent", Set.of());
    }

    @Test
    @Tag("soak")
    void keepsItsLeaseWithACoLocatedCareOfAddress() throws Exception {
        assertKeepsItsLease("co-located", Set.of(Site.B));
    }

    private static void assertKeepsItsLease(String tunnelEnd, Set<Site> coLocated) throws Exception {
        Lab lab = Testbed.raiseWithoutGuests(Site.PAIR, coLocated);
        try {
            lab.startDaemons();
            // With an answer in no time at all, the client may still hold the socket that it asked by, and miss it.
            try (DelayLine line =
                    new DelayLine(lab, Path.of("src/main/simulated").toAbsolutePath(), ONE_WAY)) {
                new Scene(lab).play();
                assertTrue(line.quality().contains("dropped 0 "), line::quality);
            }
        } finally {
            Testbed.close(lab, "dhcp-" + tunnelEnd);
        }
    }

    private static final class Scene {
        private final Lab lab;
        private final Namespace guest;
        private final Path log;
        private final Path other;

        Scene(Lab lab) {
            this.lab = lab;
            guest = Namespace.create(lab.run().prefix() + GUEST.name());
            log = lab.run().directory("dhcp").resolve("client.log");
            other = serve(Site.B, """
                    start 10.2.0.100
                    end 10.2.0.110
                    """);
            serve(Site.A, """
                    start %s
                    end %s
                    static_lease %s %s
                    """.formatted(GUEST.address(), GUEST.address(), GUEST.mac(), GUEST.address()));
            Command.run(
                    List.of(
                            "ip",
                            "link",
                            "add",
                            "name",
                            GUEST.tap(),
                            "netns",
                            host(Site.A).name(),
                            "type",
                            "veth",
                            "peer",
                            "name",
                            "eth0",
                            "address",
                            GUEST.mac(),
                            "netns",
                            guest.name()),
                    "");
            guest.ip("link set eth0 up");
            host(Site.A).ip("link set " + GUEST.tap() + " master br0 up");
        }

        void play() throws Exception {
            tell(Site.A, "running");
            Process client = client();
            Await.until("it has its lease at home", () -> events("bound") == 1);

            tell(Site.A, "leaving");
            tell(Site.A, "stopped");
            host(Site.A).ip("link set " + GUEST.tap() + " netns " + host(Site.B).name());
            host(Site.B).ip("link set " + GUEST.tap() + " master br0 up");
            tell(Site.A, "left");
            tell(Site.B, "arriving");
            tell(Site.B, "running");
            Await.until(
                    "it is registered",
                    () -> details().path("guest").path("registration").asText().equals("accepted"));
            awaitMore("renew", "it renews its lease with its server");
            assertEquals(0, lines("broadcasting renew"), this::log);

            // Without its address it can't ask its server, so it asks any.
            guest.ip("addr del " + GUEST.address() + "/24 dev eth0");
            signal(client, "USR1");
            Await.until("it asks any server", () -> lines("broadcasting renew") > 0);
            awaitMore("renew", "it is answered");
            assertEquals(1, events("bound"), this::log);
            assertEquals(1, events("deconfig"), this::log);

            client.destroy();
            assertTrue(client.waitFor(60, TimeUnit.SECONDS));
            guest.ip("addr flush dev eth0");
            client();
            Await.until("a client that starts anew gets the same address", () -> events("bound") == 2);
            assertFalse(log().contains("ip=10.2."), this::log);
            JsonNode port = details().path("port");
            assertTrue(port.path("dhcp-relayed").asInt() >= 4, port::toString);
            assertTrue(port.path("dhcp-answered").asInt() >= 3, port::toString);
            assertFalse(Files.readString(other).contains("sending"), "what the visited link's server said");
        }

        /** Starts a DHCP server on a site's LAN; returns the file with what it says. */
        private Path serve(Site site, String addresses) {
            String name = "dhcp/" + site.neighbour();
            Path leases = lab.run().write(name + ".leases", "");
            Path configuration = lab.run()
                    .write(
                            name + ".conf",
                            addresses
                                    + """
                                    interface eth0
                                    min_lease 1
                                    lease_file %s
                                    pidfile %s
                                    option subnet 255.255.255.0
                                    option router %s
                                    option lease %d
                                    """.formatted(
                                            leases, lab.run().resolve(name + ".pid"), site.routerAddress(), LEASE));
            Path said = lab.run().resolve(name + ".log");
            lab.namespace(site.neighbour())
                    .start(said.toFile(), List.of("busybox", "udhcpd", "-f", configuration.toString()));
            return said;
        }

        private Process client() {
            Path script = lab.run().write("dhcp/on-change", ON_CHANGE);
            Command.run("chmod", "+x", script.toString());
            return guest.start(
                    log.toFile(),
                    List.of("busybox", "udhcpc", "-f", "-i", "eth0", "-s", script.toString(), "-T", "1", "-A", "1"));
        }

        /** SIGUSR1 has the client renew now. */
        private static void signal(Process process, String signal) {
            Command.run("kill", "-" + signal, Long.toString(process.pid()));
        }

        private void awaitMore(String event, String what) throws IOException {
            int before = events(event);
            Await.until(what, () -> events(event) > before);
        }

        private int events(String event) throws IOException {
            return lines(event + " ip=");
        }

        private int lines(String containing) throws IOException {
            return (int)
                    (Files.exists(log)
                            ? Files.readString(log)
                                    .lines()
                                    .filter(line -> line.contains(containing))
                                    .count()
                            : 0);
        }

        private String log() {
            try {
                return Files.readString(log);
            } catch (IOException e) {
                throw new LabException("reading " + log, e);
            }
        }

        private JsonNode details() {
            return lab.hook(Site.B).control().get("/guests/" + GUEST.name());
        }

        private void tell(Site site, String phase) {
            lab.hook(site)
                    .control()
                    .post("/guests/" + GUEST.name() + "/events", Map.of("phase", phase, "tap", GUEST.tap()));
        }

        private Namespace host(Site site) {
            return lab.namespace(site.host());
        }
    }
}
