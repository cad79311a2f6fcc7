package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.hook.daemon.ScriptedAgents.Heard;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.AgentAdvertisement.Router;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.control.ControlClient;

/** The program as a process that has to find its foreign agents, which know plain RFC 3344 and nothing more. */
@Tag("netns")
@DisplayName("guest-hook, RFC 3344 §2 Agent Discovery")
class DiscoveryProgramTest {
    static final String DISCOVERING = GuestHookProgramTest.VISITING.replaceFirst(
            "(?s)\\[foreign-agent].*?\\n(?=\\[\\[)", "[foreign-agent]\ndiscover = true\n");

    private static final MacAddress GUEST = MacAddress.of("52:54:00:01:00:50");
    private static final MacAddress OTHER_MAC = MacAddress.of("02:00:00:02:00:03");
    private static final String HOME_ADDRESS = "10.1.0.50";
    private static final String HOST = "10.2.0.10";
    private static final String AGENT = "10.2.0.2";
    private static final String OTHER_AGENT = "10.2.0.3";
    private static final int FOREIGN_AGENT = MobilityAgent.FOREIGN_AGENT | MobilityAgent.REVERSE_TUNNELING;
    private static final SecurityAssociation ASSOCIATION = new SecurityAssociation(
            256,
            new Key(Octets.ofHex("00112233445566778899aabbccddeeff")),
            Algorithm.HMAC_MD5,
            SecurityAssociation.DEFAULT_TOLERANCE);

    @TempDir
    Path directory;

    private final Opened opened = new Opened();
    private KvmHost kvmHost;
    private ScriptedAgents agents;

    @BeforeEach
    void raise() throws Exception {
        kvmHost = KvmHost.create();
        agents = ScriptedAgents.on(kvmHost, "10.2.0.1", AGENT);
        agents.add(OTHER_AGENT, OTHER_MAC);
    }

    @AfterEach
    void tearDown() {
        opened.close();
        kvmHost.close();
    }

    @Test
    void itAsksWithTheHostsAddressesAndRegistersWithWhomAnswers() throws Exception {
        agents.accept(ASSOCIATION);
        HookProcess hook = hook(DISCOVERING);
        EthernetFrame asked = agents.solicitation();
        Ipv4Packet packet = Ipv4Packet.parse(asked).orElseThrow();
        assertEquals(Ipv4.address(HOST), packet.source());
        assertEquals(Ipv4.address("224.0.0.2"), packet.destination());
        assertEquals(MacAddress.of("01:00:5e:00:00:02"), asked.destination());
        assertEquals(1, packet.ttl(), "§2.2");
        assertFalse(asked.source().equals(GUEST));
        agents.advertise(AGENT, advertisement(7, 1800, FOREIGN_AGENT, "198.51.100.2"), packet.source(), asked.source());
        hook.awaitLine("foreign agent heard agent=10.2.0.2 care-of=198.51.100.2");

        runs();
        Heard heard = agents.request();
        assertEquals(Ipv4.address(AGENT), heard.datagram().destination());
        assertEquals(ScriptedAgents.MAC, heard.frame().destination());
        assertEquals(Ipv4Address.of("198.51.100.2"), heard.request().careOfAddress());
        assertEquals(GUEST, heard.frame().source());
        hook.awaitLine("registration accepted guest=web");
        assertEquals(ScriptedAgents.MAC, routerOfTheGuest());

        JsonNode agent = control().get("/agents").path("agents").path(0);
        assertEquals(AGENT, agent.path("address").asText());
        assertEquals("FT", agent.path("flags").asText());
        assertEquals("serves", agent.path("state").asText());
        assertEquals("web", agent.path("guests").path(0).asText());
        JsonNode guest = control().get("/guests").path("guests").path(0);
        assertEquals(AGENT, guest.path("foreign-agent").asText());
        assertEquals("198.51.100.2", guest.path("care-of-address").asText());
        HookProcess shown = command("show", "agents", "--socket", socket());
        assertEquals(0, shown.exitCode());
        assertTrue(
                shown.lines().stream().anyMatch(line -> line.startsWith(AGENT)),
                () -> shown.lines().toString());
    }

    @Test
    @DisplayName("the guest hears of none of this, whomever the advertisements are sent to")
    void theGuestNeverNotices() throws Exception {
        agents.accept(ASSOCIATION);
        HookProcess hook = hook(DISCOVERING);
        AgentAdvertisement advertisement = advertisement(0, 1800, FOREIGN_AGENT, "198.51.100.2");
        agents.advertise(AGENT, advertisement);
        hook.awaitLine("foreign agent heard");
        runs();
        hook.awaitLine("registration accepted guest=web");
        untilTheProbe(); // What came before the guest did is nobody's.
        agents.advertise(AGENT, advertisement);
        agents.advertise(AGENT, advertisement, Ipv4Address.LIMITED_BROADCAST.toInet(), MacAddress.BROADCAST);
        agents.advertise(AGENT, advertisement, Ipv4.address(HOME_ADDRESS), GUEST);
        List<EthernetFrame> seen = untilTheProbe();
        assertEquals(1, seen.size(), seen::toString);
        assertEquals(
                1,
                control()
                        .get("/guests/web")
                        .path("port")
                        .path("advertisement-kept-away")
                        .asInt());
    }

    @Test
    @DisplayName("§2.4.2.1: when its agent is gone, the guest is registered with another, to which its packets go")
    void anAgentThatIsGoneIsReplaced() throws Exception {
        agents.accept(ASSOCIATION);
        HookProcess hook = hook(DISCOVERING);
        agents.advertise(AGENT, advertisement(0, 2, FOREIGN_AGENT, "198.51.100.2"));
        hook.awaitLine("foreign agent heard agent=10.2.0.2");
        runs();
        hook.awaitLine("registration accepted guest=web home=10.1.0.50 care-of=198.51.100.2");
        agents.advertise(OTHER_AGENT, advertisement(0, 1800, FOREIGN_AGENT, "198.51.100.3"));
        hook.awaitLine("foreign agent no longer heard agent=10.2.0.2");
        hook.awaitLine("registration accepted guest=web home=10.1.0.50 care-of=198.51.100.3");
        Heard heard = agents.request(request -> request.careOfAddress().equals(Ipv4Address.of("198.51.100.3")));
        assertEquals(OTHER_MAC, heard.frame().destination());
        assertEquals(OTHER_MAC, routerOfTheGuest());
    }

    @Test
    void onlyTheCareOfAddressesThatTheConfigurationAllowsAreBelieved() throws Exception {
        agents.accept(ASSOCIATION);
        HookProcess hook = hook(
                DISCOVERING.replace("discover = true", "discover = true\ncare-of-addresses = [\"198.51.100.0/28\"]"));
        agents.solicitation();
        agents.advertise(OTHER_AGENT, advertisement(0, 1800, FOREIGN_AGENT, "203.0.113.66"));
        hook.awaitLine("advertisement not believed agent=10.2.0.3 care-of=203.0.113.66");
        agents.advertise(AGENT, advertisement(0, 1800, FOREIGN_AGENT, "198.51.100.2"));
        hook.awaitLine("foreign agent heard agent=10.2.0.2");
        runs();
        assertEquals(Ipv4Address.of("198.51.100.2"), agents.request().request().careOfAddress());
    }

    private static AgentAdvertisement advertisement(int sequence, int lifetime, int flags, String careOfAddress) {
        return AgentAdvertisement.of(
                AgentAdvertisement.NO_COMMON_TRAFFIC,
                lifetime,
                List.of(new Router(Ipv4Address.of(AGENT), 0)),
                List.of(new MobilityAgent(sequence, 600, flags, List.of(Ipv4Address.of(careOfAddress)))));
    }

    /** Whom on the link the guest's packets go to. */
    private MacAddress routerOfTheGuest() throws Exception {
        kvmHost.guestSends(new UdpPacket(
                        Ipv4.address(HOME_ADDRESS), 9, Ipv4.address("203.0.113.2"), 9, 64, ByteBuffer.allocate(20))
                .toIpv4()
                .toFrame(GUEST, MacAddress.of("02:00:00:01:00:01")));
        return agents.forwarded().destination();
    }

    /** All that the guest gets before what is sent now, which comes last. */
    private List<EthernetFrame> untilTheProbe() throws Exception {
        kvmHost.linkSends(new UdpPacket(
                        Ipv4.address("203.0.113.2"), 9, Ipv4.address(HOME_ADDRESS), 9, 64, ByteBuffer.allocate(20))
                .toIpv4()
                .toFrame(ScriptedAgents.MAC, GUEST));
        return kvmHost.atGuestUntil(frame -> Ipv4Packet.parse(frame)
                .flatMap(UdpPacket::parse)
                .filter(datagram -> datagram.sourcePort() == 9)
                .isPresent());
    }

    private void runs() throws Exception {
        control().post("/guests/web/events", Map.of("phase", "running", "tap", "tap0"));
    }

    private HookProcess hook(String config) throws Exception {
        HookProcess hook = command(
                "run",
                "--config",
                SecretFile.write(directory.resolve("guest-hook.toml"), config).toString());
        hook.awaitLine("ready");
        return hook;
    }

    private HookProcess command(String... arguments) throws Exception {
        return opened.add(HookProcess.start(kvmHost.host, arguments));
    }

    private String socket() {
        return directory.resolve("hook.sock").toString();
    }

    private ControlClient control() {
        return new ControlClient("guest-hook", directory.resolve("hook.sock"), Duration.ofSeconds(30));
    }
}
