package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Site B behind a NAT, as its provider's router has it: what comes from there to site A is masqueraded by nftables, and has a port of the
 * NAT's. The guest is a network namespace, whose own protocol stack answers.
 */
@Tag("e2e")
@DisplayName("RFC 3519: tunnels in UDP through a real NAT")
class NatTest {
    private static final Guest GUEST = Guest.ONE;
    private static final int PORT = 7000;
    private static final int OCTETS = 300_000;

    /** How soon the NAT forgets, and how often it is reminded, in seconds. */
    private static final int FORGETS = 15;

    private static final int KEEPALIVE = 10;

    /** Outer IP header, UDP, tunnel data, inner IP header, ICMP echo. */
    private static final int KEEPALIVE_LENGTH = 20 + 8 + 4 + 20 + 8;

    private final Lab lab;
    private final Namespace nat;
    private final Namespace body;

    NatTest() {
        lab = Testbed.raiseWithoutGuests(Site.PAIR, Set.of());
        nat = lab.namespace("inet");
        body = Namespace.create(lab.run().prefix() + "guest");
        masquerade(40_000);
        nat.sysctl(
                "net.netfilter.nf_conntrack_udp_timeout=" + FORGETS,
                "net.netfilter.nf_conntrack_udp_timeout_stream=" + FORGETS);
    }

    @AfterEach
    void removeEverything() {
        Testbed.close(lab, "nat");
    }

    @Test
    void aKvmHostBehindIt() throws Exception {
        configure(lab.homeAgent(Site.A), "nat-keepalive = " + KEEPALIVE + "\nnat-max-lifetime = 3600\n");
        replace(
                lab.hook(Site.B),
                "(?s)\\[foreign-agent].*?\n\n",
                "[co-located]\ncare-of-address = \"" + Site.B.hostAddress() + "\"\n\n");
        lab.start(List.of(lab.homeAgent(Site.A), lab.hook(Site.B)));
        arrive();

        assertTrue(tunnel(40_000), () -> "no tunnel to a port of the NAT's: " + bindings());
        assertEquals(Site.B.hostAddress(), binding().path("care-of-address").asText());
        exchange();

        // Longer than the NAT remembers what says nothing.
        try (Capture keepalives = Capture.on(
                lab.run(), "inet", nat, Site.A.router(), 100, "udp dst port 434 and ip[2:2] = " + KEEPALIVE_LENGTH)) {
            Await.until("keepalives are sent", () -> keepalives.frames().size() >= 2);
        }
        exchange();
        assertTrue(tunnel(40_000), () -> "the mapping was lost: " + bindings());

        assertFalse(lab.hook(Site.B).logged().contains("keepalives unanswered"), lab.hook(Site.B)::logged);

        masquerade(50_000);
        forget();
        Await.until("the hook has noticed, and registered anew", () -> tunnel(50_000));
        exchange();
        assertTrue(lab.hook(Site.B).logged().contains("keepalives unanswered"), lab.hook(Site.B)::logged);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ebpf", "tun"})
    void aForeignAgentBehindIt(String datapath) throws Exception {
        for (Daemon agent : List.of(lab.homeAgent(Site.A), lab.foreignAgent(Site.B))) {
            configure(agent, "datapath = \"" + datapath + "\"\n");
        }
        lab.start(List.of(lab.homeAgent(Site.A), lab.foreignAgent(Site.B), lab.hook(Site.B)));
        arrive();

        assertTrue(tunnel(40_000), () -> "no tunnel to a port of the NAT's: " + bindings());
        JsonNode visitor = lab.foreignAgent(Site.B)
                .control()
                .get("/visitors")
                .path("visitors")
                .path(0);
        assertEquals("udp", visitor.path("tunnel").asText(), visitor::toString);
        exchange();

        masquerade(50_000);
        forget();
        // Registers anew, as it would when half of the lifetime is over.
        JsonNode answer = lab.hook(Site.B).control().post("/guests/" + GUEST.name() + "/check");
        assertTrue(answer.path("ok").asBoolean(), answer::toString);
        Await.until("the binding is that of the new mapping", () -> tunnel(50_000));
        exchange();
    }

    /** The guest runs at site B from now on. Returns when it is registered. */
    private void arrive() {
        Namespace host = lab.namespace(Site.B.host());
        Command.run(("ip link add name " + GUEST.tap() + " netns " + host.name() + " type veth peer name eth0 netns "
                        + body.name())
                .split(" ", -1));
        host.ip("link set " + GUEST.tap() + " master br0 up");
        body.ip(
                "link set eth0 address " + GUEST.mac() + " up",
                "addr add " + GUEST.address() + "/24 dev eth0",
                "route add default via " + GUEST.home().routerAddress());
        lab.hook(Site.B)
                .control()
                .post("/guests/" + GUEST.name() + "/events", Map.of("phase", "running", "tap", GUEST.tap()));
        Await.until(
                "the guest is registered",
                () -> lab.hook(Site.B)
                        .control()
                        .get("/guests/" + GUEST.name())
                        .path("guest")
                        .path("registration")
                        .asText()
                        .equals("accepted"));
    }

    /** Echoes and TCP sessions both ways. */
    private void exchange() throws Exception {
        Namespace correspondent = lab.namespace("cn");
        ping(correspondent, GUEST.address());
        ping(body, Topology.CORRESPONDENT_ADDRESS);
        session(correspondent, body, GUEST.address());
        session(body, correspondent, Topology.CORRESPONDENT_ADDRESS);
    }

    private static void ping(Namespace from, String to) {
        Command.run(from.inside("ping", "-c", "3", "-i", "0.05", "-W", "5", to), "");
    }

    /** Sends there and back what takes many full segments. */
    private static void session(Namespace client, Namespace server, String address) throws Exception {
        byte[] sent = new byte[OCTETS];
        new Random(3519).nextBytes(sent);
        try (ServerSocket listening = server.call(() -> new ServerSocket(PORT))) {
            var echo = CompletableFuture.runAsync(() -> {
                try (Socket accepted = listening.accept()) {
                    accepted.getOutputStream().write(accepted.getInputStream().readNBytes(OCTETS));
                } catch (IOException e) {
                    throw new LabException("echoing", e);
                }
            });
            try (Socket socket = client.call(() -> {
                var connecting = new Socket();
                connecting.connect(new InetSocketAddress(address, PORT), 20_000);
                return connecting;
            })) {
                socket.setSoTimeout(60_000);
                socket.getOutputStream().write(sent);
                assertArrayEquals(sent, socket.getInputStream().readNBytes(OCTETS));
            }
            echo.join();
        }
    }

    /** What comes from site B to site A gets the NAT's address, and one of a hundred ports; nothing else finds its way back. */
    private void masquerade(int firstPort) {
        Command.run(nat.inside("nft", "-f", "-"), """
                table ip nat
                delete table ip nat
                table ip nat {
                  chain postrouting {
                    type nat hook postrouting priority srcnat
                    iifname "%1$s" oifname "%2$s" meta l4proto udp masquerade to :%3$d-%4$d
                  }
                  chain forward {
                    type filter hook forward priority filter
                    iifname "%2$s" oifname "%1$s" ct state != established drop
                  }
                }
                """.formatted(
                        Site.B.router(), Site.A.router(), firstPort, firstPort + 99));
    }

    private void forget() {
        Command.run(nat.inside("conntrack", "-F"), "");
    }

    /** Whether the tunnel goes to a port of the NAT's in the range from here on. */
    private boolean tunnel(int firstPort) {
        String[] end = binding().path("tunnel").asText().split(":", -1);
        int port = end.length == 2 ? Integer.parseInt(end[1]) : 0;
        return end[0].equals(Site.A.internetAddress()) && port >= firstPort && port < firstPort + 100;
    }

    private JsonNode binding() {
        return bindings().path("bindings").path(0);
    }

    private JsonNode bindings() {
        return lab.homeAgent(Site.A).control().get("/bindings");
    }

    private static void configure(Daemon daemon, String first) throws IOException {
        Files.writeString(daemon.configuration(), first + Files.readString(daemon.configuration()));
    }

    private static void replace(Daemon daemon, String pattern, String replacement) throws IOException {
        String text = Files.readString(daemon.configuration());
        Files.writeString(daemon.configuration(), text.replaceFirst(pattern, replacement));
    }
}
